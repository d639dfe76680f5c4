import { Http2Server } from '../http2/index.js';
import { largestMetadata, metadataTooLarge } from './answer-headers.js';
import { type EngineOptions, type GrpcEngine, maxStreams, prefaceMs } from './engine.js';
import { frameHeadBytes } from './message-frame.js';
import { openCall } from './open-call.js';

const mebibyte = 2 ** 20;

/** What a call's path and the headers that make it one may take beside its metadata, in bytes. */
const ownHeaderBytes = 16 * 1024;

/**
 * The engine on our own HTTP/2 server, for many small calls: nothing is made per call that the call does not need, and
 * the answers to requests that came together leave together. docs/decisions says why, with figures.
 */
export function directEngine(options: EngineOptions): GrpcEngine {
  const { keepaliveMs, largestMessage, runtime } = options;
  const server = new Http2Server({
    limits: {
      streams: maxStreams,
      headerBytes: largestMetadata + ownHeaderBytes,
      heldHeaderBytes: 64 * mebibyte,
      bodyBytes: frameHeadBytes + largestMessage,
      bufferedBytes: 4 * largestMessage + mebibyte,
      answerBytes: 4 * largestMessage + mebibyte,
      streamWindow: mebibyte,
      keepaliveMs,
      prefaceMs,
    },
    handler: (stream) => openCall(stream, options),
    headersTooLarge: metadataTooLarge,
    onDefect: (error) => runtime.log.error({ err: error }, 'a connection was closed because of a defect'),
  });
  return {
    listen: (path) => server.listen(path),
    close: () => server.close(),
    destroy: () => server.destroy(),
  };
}
