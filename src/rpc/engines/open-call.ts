import type { HeaderBlock, StreamListener } from '../http2/index.js';
import { failureAnswer, unsupportedMediaType } from './answer-headers.js';
import type { CallStream } from './call-stream.js';
import { DirectCall } from './direct-call.js';
import type { EngineOptions } from './engine.js';

const unimplementedCode = 12;

/** Takes a request: begins the call that it asks for, or answers that there is none such. */
export function openCall(stream: CallStream, { methods, runtime, largestMessage }: EngineOptions): StreamListener {
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

function refuse(stream: CallStream, answer: HeaderBlock): StreamListener {
  stream.end(answer);
  stream.release();
  return deaf;
}
