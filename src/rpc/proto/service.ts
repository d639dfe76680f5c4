import { decodeMessage, encodeMessage, type MessageType } from './codec.js';

/** A method of a service, as the generated code describes it. */
export interface MethodDefinition<Request, Response> {
  readonly name: string;
  readonly requestType: MessageType<Request>;
  readonly requestStream: boolean;
  readonly responseType: MessageType<Response>;
  readonly responseStream: boolean;
}

/** A service, as the generated code describes it. */
export interface ServiceDefinition {
  readonly fullName: string;
  readonly methods: Readonly<Record<string, MethodDefinition<unknown, unknown>>>;
}

/** The message that a method of a definition takes. */
export type RequestOf<M> = M extends { readonly requestType: MessageType<infer Request> } ? Request : never;

/** The message, or each of the messages, that a method of a definition answers with. */
export type ResponseOf<M> = M extends { readonly responseType: MessageType<infer Response> } ? Response : never;

/** How a method goes over the wire. The codecs throw as `encodeMessage` and `decodeMessage` do. */
export interface WireMethod<Request, Response> {
  /** `/<service>/<method>`. */
  readonly path: string;
  readonly responseStream: boolean;
  encodeRequest(request: Request): Buffer;
  decodeRequest(bytes: Uint8Array): Request;
  encodeResponse(response: Response): Buffer;
  decodeResponse(bytes: Uint8Array): Response;
}

/** How a method of a service goes over the wire. */
export function wireMethod<Request, Response>(
  service: { readonly fullName: string },
  method: MethodDefinition<Request, Response>,
): WireMethod<Request, Response> {
  const { requestType, responseType } = method;
  return {
    path: `/${service.fullName}/${method.name}`,
    responseStream: method.responseStream,
    encodeRequest: (request) => encodeMessage(requestType, request),
    decodeRequest: (bytes) => decodeMessage(requestType, bytes),
    encodeResponse: (response) => encodeMessage(responseType, response),
    decodeResponse: (bytes) => decodeMessage(responseType, bytes),
  };
}
