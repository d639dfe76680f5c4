/**
 * Events: what happened to what, sent by whoever did it, to whoever listens at that moment (containerd: core/events).
 */

/** A protobuf message with the name of its type. */
export interface AnyMessage {
  /** Such as `containerd.events.SnapshotPrepare`. */
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

/** A moment, as protobuf has it. */
export interface Timestamp {
  /** Since 1970 in UTC; negative before. */
  readonly seconds: number;
  /** From 0 to 999,999,999, added to the seconds whatever their sign. */
  readonly nanos: number;
}

/** An event on its way. */
export interface Envelope {
  readonly timestamp: Timestamp;
  readonly namespace: string;
  /** A path such as `/snapshot/prepare`. */
  readonly topic: string;
  /** What happened. */
  readonly event: AnyMessage | undefined;
}

/** Takes events. The exchange is one; a client that publishes through a daemon is another. */
export interface EventPublisher {
  /**
   * Hands out an event, stamped with the present time. When it returns, or resolves, every subscriber's queue has it.
   * @throws FailedPreconditionError without a namespace.
   * @throws InvalidArgumentError for a malformed namespace or topic.
   * @throws UnavailableError after the publisher was closed.
   */
  publish(topic: string, event: AnyMessage, call: { readonly namespace?: string }): void | Promise<void>;
}
