/** An HTTP/2 server that is made for gRPC: see `Http2Server`. */
export { type HeaderBlock, headerBlock } from './header-encoder.js';
export type { HeaderField } from './hpack/encode.js';
export type { ErrorCodeName } from './protocol-error.js';
export type { RequestHeaders } from './request-headers.js';
export { Http2Server, type Http2ServerOptions } from './server.js';
export type { ServerStream, StreamListener } from './stream.js';
export type { StreamHandler } from './streams.js';
export type { ServerLimits } from './windows.js';
