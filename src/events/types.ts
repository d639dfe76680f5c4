/** An encoded message and the name of its type. */
export interface AnyMessage {
  /** The full name of the message; containerd puts no prefix before it. */
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

/** A moment, to the nanosecond. */
export interface Timestamp {
  /** Since 1970; negative before. */
  readonly seconds: number;
  /** 0 to 999,999,999, forward from `seconds`. */
  readonly nanos: number;
}

/** An event on its way (containerd: core/events). */
export interface Envelope {
  readonly timestamp: Timestamp;
  /** Where it happened. */
  readonly namespace: string;
  /** What happened, such as `/snapshot/prepare`. */
  readonly topic: string;
  readonly event: AnyMessage | undefined;
}
