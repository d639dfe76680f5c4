import { Http2Server, type ServerStream, type StreamListener } from '../http2/index.js';
import { failureAnswer, unsupportedMediaType } from './answer-headers.js';
import { DirectCall } from './direct-call.js';
import { type EngineOptions, type GrpcEngine, maxStreams } from './engine.js';
import { frameHeadBytes } from './message-frame.js';

const mebibyte = 2 ** 20;

/** How long a new connection may take to say what it is, in milliseconds. */
const prefaceMs = 10_000;

const unimplementedCode = 12;

/**
 * The engine on our own HTTP/2 server, for many small calls: nothing is made per call that the call does not need, and
 * the answers to requests that came together leave together. docs/decisions says why, with figures.
 */
export function directEngine(options: EngineOptions): GrpcEngine {
  const { keepaliveMs, largestMessage, runtime } = options;
  const server = new Http2Server({
    limits: {
      streams: maxStreams,
      headerBytes: 64 * 1024,
      bodyBytes: frameHeadBytes + largestMessage,
      bufferedBytes: 4 * largestMessage + mebibyte,
      streamWindow: mebibyte,
      keepaliveMs,
      prefaceMs,
    },
    handler: (stream) => open(stream, options),
    onDefect: (error) => runtime.log.error({ err: error }, 'a connection was closed because of a defect'),
  });
  return {
    listen: (path) => server.listen(path),
    close: () => server.close(),
    destroy: () => server.destroy(),
  };
}

function open(stream: ServerStream, { methods, runtime, largestMessage }: EngineOptions): StreamListener {
  const { path, method: verb } = stream.headers;
  if (verb !== 'POST' || !isGrpc(stream.headers.get('content-type'))) return refuse(stream, unsupportedMediaType);
  const method = methods.get(path);
  if (method === undefined) {
    const details = `The server does not implement the method ${path}`;
    return refuse(stream, failureAnswer({ code: unimplementedCode, details }));
  }
  return new DirectCall({ stream, method, runtime, largestMessage });
}

function isGrpc(contentType: string | undefined): boolean {
  return contentType === 'application/grpc' || /^application\/grpc[+;]/.test(contentType ?? '');
}

const deaf: StreamListener = { body() {}, overflow() {}, gone() {} };

function refuse(stream: ServerStream, answer: Parameters<ServerStream['end']>[0]): StreamListener {
  stream.end(answer);
  stream.release();
  return deaf;
}
