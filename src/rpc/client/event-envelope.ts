/** An encoded event: the name of its type, and its bytes in that type's encoding. */
export interface EncodedEvent {
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

/** An event on its way. */
export interface EventEnvelope {
  /** Seconds since 1970 and nanoseconds. */
  readonly timestamp: { readonly seconds: number; readonly nanos: number };
  readonly namespace: string;
  /** A path such as `/snapshot/prepare`. */
  readonly topic: string;
  readonly event: EncodedEvent | undefined;
}
