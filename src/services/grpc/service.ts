import type { Server } from '@grpc/grpc-js';
import { type RequestOf, type ResponseOf, type ServiceDefinition, wireMethod } from '../../proto/index.js';
import type { CallRuntime } from './runtime.js';
import { type StreamHandler, serverStream } from './server-stream.js';
import { type UnaryHandler, unary } from './unary.js';

/** The handlers of a service, one for each of its methods. */
export type Handlers<Definition extends ServiceDefinition> = {
  readonly [Method in keyof Definition['methods']]: Handler<Definition['methods'][Method]>;
};

type Handler<Method> = Method extends { readonly responseStream: true }
  ? StreamHandler<RequestOf<Method>, ResponseOf<Method>>
  : UnaryHandler<RequestOf<Method>, ResponseOf<Method>>;

/** A service that a server can offer. */
export interface GrpcService {
  /** The full name, such as `containerd.services.snapshots.v1.Snapshots`. */
  readonly name: string;
  /** Makes its methods callable. */
  register(server: Server, runtime: CallRuntime): void;
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
  const register = (server: Server, runtime: CallRuntime): void => {
    for (const [key, method] of Object.entries(definition.methods)) {
      const wire = wireMethod(definition, method);
      // The type of `handlers` has matched each handler with its method; going through them by name loses that.
      const handler: unknown = handlers[key];
      const call = wire.responseStream
        ? serverStream(handler as StreamHandler<unknown, unknown>, runtime, { endless: endless.includes(key) })
        : unary(handler as UnaryHandler<unknown, unknown>, runtime);
      const type = wire.responseStream ? 'serverStream' : 'unary';
      server.register(wire.path, call, wire.encodeResponse, wire.decodeRequest, type);
    }
  };
  return { name: definition.fullName, register };
}
