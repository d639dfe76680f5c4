import {
  type IncomingHttpHeaders,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import { type EngineOptions, maxStreams, prefaceMs } from './engine.js';
import { frameHeadBytes } from './message-frame.js';
import { NodeStream } from './node-stream.js';
import { openCall } from './open-call.js';

const mebibyte = 2 ** 20;

/**
 * The metadata that a call may have, in bytes. Beyond it Node refuses the call alone, until it ends the connection: that of
 * a client that sends more than 64 KiB in one header, or a block of more than nine frames. No option changes that, but most
 * clients keep to what they are told here.
 */
const largestMetadata = 64 * 1024;

/** A connection on Node's own HTTP/2. */
export class NodeConnection {
  readonly #socket: Socket;
  readonly #session: ServerHttp2Session;

  constructor(socket: Socket, options: EngineOptions) {
    this.#socket = socket;
    this.#session = performServerHandshake(socket, {
      // What is held is bounded below; Node's own bound, in megabytes, would refuse calls that come together.
      maxSessionMemory: 1000,
      maxHeaderListPairs: largestMetadata / 32,
      settings: { maxConcurrentStreams: maxStreams, initialWindowSize: mebibyte, maxHeaderListSize: largestMetadata },
    });
    this.#serve(options);
    this.#watch(options.keepaliveMs);
  }

  /** Takes no more calls, and closes when those under way are answered. */
  close(): void {
    if (!this.#session.destroyed) this.#session.close();
  }

  /** Closes at once. */
  destroy(): void {
    this.#session.destroy();
    this.#socket.destroy();
  }

  #serve(options: EngineOptions): void {
    const { largestMessage } = options;
    const budget = { left: 4 * largestMessage + mebibyte };
    const largestBody = frameHeadBytes + largestMessage;
    const open = (stream: ServerHttp2Stream, _: IncomingHttpHeaders, __: number, rawHeaders: string[]): void => {
      const call = new NodeStream(stream, { rawHeaders, largestBody, budget });
      call.listen(openCall(call, options));
    };
    this.#session.on('stream', open);
    // A client that broke the protocol was told so, and its streams end by themselves.
    this.#session.on('error', () => {});
    this.#socket.on('error', () => {});
    // Node sends its GOAWAY and then waits for the client to close too, which it may never do.
    this.#socket.once('finish', () => this.#socket.destroy());
  }

  /** Ends the connection of a client that never begins, or gives no sign of life when it is asked for one. */
  #watch(keepaliveMs: number): void {
    let begun = false;
    let silent = false;
    this.#session.once('remoteSettings', () => {
      begun = true;
    });
    const patience = setTimeout(() => {
      if (!begun) this.destroy();
    }, prefaceMs).unref();
    const alive = setInterval(() => {
      const asked =
        !silent &&
        !this.#session.destroyed &&
        this.#session.ping(() => {
          silent = false;
        });
      silent = true;
      if (!asked) this.destroy();
    }, keepaliveMs).unref();
    this.#socket.once('close', () => {
      clearTimeout(patience);
      clearInterval(alive);
    });
  }
}
