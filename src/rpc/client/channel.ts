import { Client, connectivityState, credentials, type Metadata, type ServiceError } from '@grpc/grpc-js';
import { abortError, type StrataError, throwIfAborted, UnavailableError } from '../../errors/index.js';
import type { CallContext } from '../../snapshots/api/index.js';
import type { WireMethod } from '../proto/index.js';
import { callError } from './call-error.js';
import { callMetadata } from './call-metadata.js';
import { MessageStream } from './message-stream.js';
import { requireOwnSocket } from './socket-owner.js';

/** The largest message in either direction, in bytes, as in containerd (defaults/defaults.go). */
const maxMessageBytes = 16 * 1024 * 1024;

const channelOptions = {
  'grpc.max_receive_message_length': maxMessageBytes,
  'grpc.max_send_message_length': maxMessageBytes,
  // A daemon that was restarted is found again soon.
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 3000,
  // A closed client leaves no connection behind that others in this process share.
  'grpc.use_local_subchannel_pool': 1,
  'grpc.service_config_disable_resolution': 1,
  'grpc.enable_http_proxy': 0,
};

/** What every channel is made of. */
export interface ChannelOptions {
  /** The path of the socket. */
  readonly path: string;
  /** For calls that name none. */
  readonly namespace: string | undefined;
}

/** One connection to a daemon, made with the first call and made again when it breaks. */
export class Channel {
  readonly #client: Client;
  readonly #options: ChannelOptions;
  readonly #unary = new Set<Promise<unknown>>();
  readonly #streams = new Set<MessageStream<unknown>>();
  #closed = false;

  constructor(options: ChannelOptions) {
    this.#options = options;
    this.#client = new Client(`unix:${options.path}`, credentials.createInsecure(), channelOptions);
  }

  /** One request, one response. Throws as `StrataClient` says. */
  async unary<Request, Response>(
    method: WireMethod<Request, Response>,
    request: Request,
    call: CallContext,
  ): Promise<Response> {
    const metadata = this.#begin(call);
    const response = this.#send({ method, request, metadata, signal: call.signal });
    this.#unary.add(response);
    try {
      return await response;
    } finally {
      this.#unary.delete(response);
    }
  }

  #send<Request, Response>(sent: SentRequest<Request, Response>): Promise<Response> {
    const { method, request, metadata, signal } = sent;
    return new Promise((resolve, reject) => {
      const cancel = (): void => rpc.cancel();
      const { path, encodeRequest, decodeResponse } = method;
      const answered = (error: ServiceError | null, response?: Response): void => {
        signal?.removeEventListener('abort', cancel);
        if (error === null && response !== undefined) resolve(response);
        else reject(signal?.aborted === true ? abortError(signal) : callError(error, this.#options.path));
      };
      const rpc = this.#client.makeUnaryRequest(path, encodeRequest, decodeResponse, request, metadata, answered);
      signal?.addEventListener('abort', cancel, { once: true });
    });
  }

  /**
   * One request, any number of responses. The request is sent at once; responses are taken from the daemon as they are
   * iterated, which can be done once. While iterating it throws as `StrataClient` says.
   */
  stream<Request, Response>(
    method: WireMethod<Request, Response>,
    request: Request,
    call: CallContext,
  ): MessageStream<Response> {
    const metadata = this.#begin(call);
    const { path, encodeRequest, decodeResponse } = method;
    const rpc = this.#client.makeServerStreamRequest(path, encodeRequest, decodeResponse, request, metadata);
    const stream = new MessageStream<Response>(rpc, {
      signal: call.signal,
      errorOf: (error) => callError(error, this.#options.path),
      onEnd: () => this.#streams.delete(stream),
    });
    this.#streams.add(stream);
    return stream;
  }

  /** Refuses further calls, ends streams with Unavailable, lets unary calls finish, and disconnects. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const stream of this.#streams) stream.abort(this.#closedError());
    await Promise.allSettled(this.#unary);
    this.#client.close();
  }

  #begin(call: CallContext): Metadata {
    if (this.#closed) throw this.#closedError();
    throwIfAborted(call.signal);
    // A connection that is there was looked at when it was made.
    if (this.#client.getChannel().getConnectivityState(false) !== connectivityState.READY)
      requireOwnSocket(this.#options.path);
    return callMetadata(call, this.#options.namespace);
  }

  #closedError(): StrataError {
    return new UnavailableError(`client of ${this.#options.path} is closed`);
  }
}

interface SentRequest<Request, Response> {
  readonly method: WireMethod<Request, Response>;
  readonly request: Request;
  readonly metadata: Metadata;
  readonly signal: AbortSignal | undefined;
}
