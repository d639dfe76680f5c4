import { CanceledError, DeadlineExceededError, type StrataError } from '../../errors/index.js';
import type { StreamListener } from '../http2/index.js';
import { type ActiveCall, leaseHeader, namespaceHeader } from './active-calls.js';
import { failureAnswer, failureTrailers, responseHeaders, successTrailers } from './answer-headers.js';
import type { CallStream } from './call-stream.js';
import { announcedLength, frameOf, tooLarge, unframe } from './message-frame.js';
import type { CallRuntime } from './runtime.js';
import type { ServedMethod, StreamMethod, UnaryMethod } from './service.js';
import { type CallStatus, StatusError } from './status.js';
import { pumpStream, type ResponseSink } from './stream-pump.js';
import { longestTimer, parseTimeout } from './timeout.js';

/** What a call is made of. */
export interface DirectCallOptions {
  readonly stream: CallStream;
  readonly method: ServedMethod;
  readonly runtime: CallRuntime;
  readonly largestMessage: number;
}

const internalCode = 13;

/** One call, from its headers to its end. */
export class DirectCall implements StreamListener {
  readonly #stream: CallStream;
  readonly #method: ServedMethod;
  readonly #runtime: CallRuntime;
  readonly #largestMessage: number;
  readonly #call: ActiveCall;
  #timer: NodeJS.Timeout | undefined;
  #serving = false;
  #begun = false;
  #answered = false;

  constructor({ stream, method, runtime, largestMessage }: DirectCallOptions) {
    this.#stream = stream;
    this.#method = method;
    this.#runtime = runtime;
    this.#largestMessage = largestMessage;
    const { headers } = stream;
    const endless = method.type === 'stream' && method.endless;
    this.#call = runtime.calls.begin({
      path: method.path,
      namespace: headers.get(namespaceHeader),
      lease: headers.get(leaseHeader),
      endless,
    });
    const timeout = headers.get('grpc-timeout');
    if (timeout !== undefined) this.#limitTime(timeout);
  }

  body(bytes: Buffer): void {
    if (this.#answered) return;
    try {
      const message = unframe(bytes, {
        encoding: this.#stream.headers.get('grpc-encoding'),
        largestMessage: this.#largestMessage,
      });
      if (Buffer.isBuffer(message)) this.#serve(message);
      else void message.then((plain) => this.#serve(plain)).catch((error: unknown) => this.#finish(error));
    } catch (error) {
      this.#finish(error);
    }
  }

  overflow(head: Buffer): void {
    this.#finish(tooLarge(announcedLength(head) ?? this.#largestMessage, this.#largestMessage));
  }

  gone(): void {
    // The caller that waits for it then ends the call.
    if (this.#waiting()) this.#end();
    else this.#abort(new CanceledError(''));
  }

  /** Whether the request has not arrived, so that no handler runs yet. */
  #waiting(): boolean {
    return !this.#serving && !this.#answered;
  }

  #limitTime(header: string): void {
    const milliseconds = parseTimeout(header);
    if (milliseconds === undefined) {
      const message = `malformed grpc-timeout ${JSON.stringify(header)}`;
      this.#finish(new StatusError({ code: internalCode, message }));
      return;
    }
    if (milliseconds > longestTimer) return;
    this.#timer = setTimeout(() => this.#expire(), milliseconds);
  }

  #expire(): void {
    const reason = new DeadlineExceededError('');
    if (this.#waiting()) this.#finish(reason);
    else this.#abort(reason);
  }

  /** Aborts the handler, and answers the client at once, since the handler may be slow to stop. */
  #abort(reason: StrataError): void {
    this.#call.abort(reason);
    if (this.#method.type === 'unary') this.#fail(this.#runtime.statusOf(reason, this.#method.path));
  }

  #serve(message: Buffer): void {
    if (this.#answered) return;
    const request = this.#decode(message);
    this.#call.request = request;
    this.#serving = true;
    if (this.#method.type === 'unary') this.#serveUnary(this.#method, request);
    else this.#serveStream(this.#method, request);
  }

  #decode(message: Buffer): unknown {
    try {
      return this.#method.decodeRequest(message);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      throw new StatusError({ code: internalCode, message: `cannot decode the request: ${text}` });
    }
  }

  #serveUnary({ handler }: UnaryMethod, request: unknown): void {
    try {
      const response = handler(request, this.#call.context);
      if (response instanceof Promise) response.then(this.#succeed, this.#finish);
      else this.#succeed(response);
    } catch (error) {
      this.#finish(error);
    }
  }

  readonly #succeed = (response: unknown): void => {
    const { reason } = this.#call;
    if (reason !== undefined) {
      this.#finish(reason);
      return;
    }
    if (!this.#answered) {
      try {
        const framed = this.#encode(response);
        this.#answered = true;
        this.#stream.respond(responseHeaders);
        this.#stream.finish(framed, successTrailers);
      } catch (error) {
        this.#finish(error);
        return;
      }
    }
    this.#end();
  };

  #encode(response: unknown): Buffer {
    const message = this.#method.encodeResponse(response);
    if (message.length <= this.#largestMessage) return frameOf(message);
    const text = `attempted to send message with a size larger than ${this.#largestMessage}`;
    throw new StatusError({ code: 8, message: text });
  }

  #serveStream(method: StreamMethod, request: unknown): void {
    const sink: ResponseSink = {
      send: async (response) => {
        const framed = this.#encode(response);
        this.#begin();
        await this.#stream.write(framed);
      },
      end: () => {
        this.#begin();
        this.#answered = true;
        this.#stream.end(successTrailers);
      },
      fail: (status) => this.#fail(status),
    };
    void pumpStream({ method, request, call: this.#call }, sink, this.#runtime).then(() => this.#release());
  }

  #begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#stream.respond(responseHeaders);
  }

  /** Answers with an error, and ends the call. */
  readonly #finish = (thrown: unknown): void => {
    if (!this.#answered) this.#fail(this.#runtime.statusOf(this.#call.reason ?? thrown, this.#method.path));
    this.#end();
  };

  #fail(status: CallStatus): void {
    if (this.#answered) return;
    this.#answered = true;
    this.#stream.end(this.#begun ? failureTrailers(status) : failureAnswer(status));
  }

  #end(): void {
    this.#call.end();
    this.#release();
  }

  #release(): void {
    clearTimeout(this.#timer);
    this.#stream.release();
  }
}
