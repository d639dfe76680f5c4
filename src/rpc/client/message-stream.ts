import type { ClientReadableStream, ServiceError } from '@grpc/grpc-js';
import { abortError, CanceledError, type StrataError } from '../../errors/index.js';

/** What a stream of messages needs to know of its call. */
export interface MessageStreamOptions {
  readonly signal: AbortSignal | undefined;
  /** Says what a failed call means. */
  readonly errorOf: (error: ServiceError) => StrataError;
  /** Told when the call is over. */
  readonly onEnd: () => void;
}

/** The responses of a call under way, which can be iterated once. */
export class MessageStream<T> implements AsyncIterable<T>, AsyncDisposable {
  readonly #call: ClientReadableStream<T>;
  readonly #options: MessageStreamOptions;
  /** Why this side ended the call; goes before what the other side says then. */
  #aborted: StrataError | undefined;
  #failed: ServiceError | undefined;

  constructor(call: ClientReadableStream<T>, options: MessageStreamOptions) {
    this.#call = call;
    this.#options = options;
    const { signal, onEnd } = options;
    const onAbort = (): void => {
      if (signal !== undefined) this.abort(abortError(signal));
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    // Kept, because a call may fail before anybody iterates.
    call.on('error', (error: ServiceError) => {
      this.#failed = error;
    });
    call.on('status', () => {
      signal?.removeEventListener('abort', onAbort);
      onEnd();
    });
  }

  /** Ends the call; whoever iterates gets this error. Does nothing when it is over. */
  abort(error: StrataError): void {
    this.#aborted ??= error;
    this.#call.cancel();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    try {
      yield* this.#call as AsyncIterable<T>;
    } catch (thrown) {
      throw this.#failure() ?? thrown;
    } finally {
      this.#call.cancel();
    }
    const failure = this.#failure();
    if (failure !== undefined) throw failure;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.abort(new CanceledError('the stream was left'));
  }

  #failure(): StrataError | undefined {
    if (this.#failed === undefined) return undefined;
    return this.#aborted ?? this.#options.errorOf(this.#failed);
  }
}
