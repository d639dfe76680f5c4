import type { CallContext } from '../../snapshots/index.js';
import { type RequestOf, type ResponseOf, type ServiceDefinition, wireMethod } from '../proto/index.js';

/** Answers one request with one response. Whatever it throws becomes the status of the call. */
export type UnaryHandler<Request, Response> = (request: Request, call: CallContext) => Promise<Response> | Response;

/**
 * Answers one request with any number of responses. They are drawn only as fast as the client takes them: one is
 * drawn while another is being sent. When the client leaves, the iterator is returned.
 */
export type StreamHandler<Request, Response> = (request: Request, call: CallContext) => AsyncIterable<Response>;

/** The handlers of a service, one for each of its methods. */
export type Handlers<Definition extends ServiceDefinition> = {
  readonly [Method in keyof Definition['methods']]: Handler<Definition['methods'][Method]>;
};

type Handler<Method> = Method extends { readonly responseStream: true }
  ? StreamHandler<RequestOf<Method>, ResponseOf<Method>>
  : UnaryHandler<RequestOf<Method>, ResponseOf<Method>>;

interface WireCodec {
  /** `/<service>/<method>`. */
  readonly path: string;
  /** @throws Error when the bytes stand for no such message. */
  decodeRequest(bytes: Uint8Array): unknown;
  /** The bytes are the caller's own. */
  encodeResponse(response: unknown): Buffer;
}

/** A method that answers once. */
export interface UnaryMethod extends WireCodec {
  readonly type: 'unary';
  readonly handler: UnaryHandler<unknown, unknown>;
}

/** A method that answers any number of times. */
export interface StreamMethod extends WireCodec {
  readonly type: 'stream';
  readonly handler: StreamHandler<unknown, unknown>;
  /** Its streams have no end of their own, so that a shutdown does not wait for them. */
  readonly endless: boolean;
}

/** A method that can be called. Its handler takes what its codec decodes. */
export type ServedMethod = UnaryMethod | StreamMethod;

/** A service that a server can offer. */
export interface GrpcService {
  /** The full name, such as `containerd.services.snapshots.v1.Snapshots`. */
  readonly name: string;
  readonly methods: readonly ServedMethod[];
}

/** What `defineService` takes beside the handlers. */
export interface ServiceOptions<Definition extends ServiceDefinition> {
  /** Streams without an end of their own. */
  readonly endless?: readonly (keyof Definition['methods'])[];
}

/** Makes a service of its description and its handlers. */
export function defineService<Definition extends ServiceDefinition>(
  definition: Definition,
  handlers: Handlers<Definition>,
  { endless = [] }: ServiceOptions<Definition> = {},
): GrpcService {
  const methods = Object.entries(definition.methods).map(([key, method]): ServedMethod => {
    const wire = wireMethod(definition, method);
    // The type of `handlers` has matched each handler with its method; going through them by name loses that.
    const handler: unknown = handlers[key];
    return wire.responseStream
      ? { ...wire, type: 'stream', handler: handler as StreamMethod['handler'], endless: endless.includes(key) }
      : { ...wire, type: 'unary', handler: handler as UnaryMethod['handler'] };
  });
  return { name: definition.fullName, methods };
}
