/** Reads what a server says on a connection, and sees whether HTTP/2 allows it. */
import type { Socket } from 'node:net';
import { FrameParser, frameFlags, frameTypes, type RawFrame } from '../support/raw-http2.js';

const goAwayCodes = 14;

/** What a server said on one connection. */
export class AnswerReader {
  /** What it should not have said. */
  readonly violations: string[] = [];
  /** GOAWAY and RST_STREAM with a code that is not NO_ERROR. */
  readonly errors: string[] = [];
  readonly bodies = new Map<number, Buffer[]>();
  /** The streams on which it has said everything. */
  readonly ended = new Set<number>();
  readonly pongs = new Set<string>();
  closed = false;
  readonly #begun = new Set<number>();
  readonly #parser = new FrameParser();
  #first = true;
  #wake: () => void = () => {};

  constructor(socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      for (const frame of this.#parser.push(chunk)) this.#take(frame);
      this.#wake();
    });
    socket.on('close', () => {
      this.closed = true;
      this.#wake();
    });
  }

  /** Waits until something holds, which is asked whenever something has come. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #take(frame: RawFrame): void {
    const { type, flags, stream, payload } = frame;
    this.#require(!this.#first || type === frameTypes.SETTINGS, 'settings come first', frame);
    this.#first = false;
    this.#require(payload.length <= 16_384, 'a frame is not larger than the client takes', frame);
    if (type === frameTypes.HEADERS || type === frameTypes.DATA) this.#answer(frame);
    else if (type === frameTypes.RST_STREAM) this.#error('reset', payload.readUInt32BE(0), frame);
    else if (type === frameTypes.GOAWAY) this.#error('goodbye', payload.readUInt32BE(4), frame);
    else if (type === frameTypes.PING && flags === frameFlags.ACK) this.pongs.add(payload.toString());
    else this.#require(isNeutral(type, stream), 'the type fits the stream', frame);
  }

  #answer(frame: RawFrame): void {
    const { type, flags, stream, payload } = frame;
    this.#require(stream % 2 === 1, 'answers are on streams of the client', frame);
    this.#require(!this.ended.has(stream), 'nothing follows the end of an answer', frame);
    if (type === frameTypes.HEADERS) {
      this.#require((flags & frameFlags.END_HEADERS) !== 0, 'headers are in one frame', frame);
      const again = this.#begun.has(stream);
      this.#require(!again || (flags & frameFlags.END_STREAM) !== 0, 'second headers are trailers', frame);
      this.#begun.add(stream);
    } else {
      this.#require(this.#begun.has(stream), 'data follows headers', frame);
      this.bodies.set(stream, [...(this.bodies.get(stream) ?? []), payload]);
    }
    if (flags & frameFlags.END_STREAM) this.ended.add(stream);
  }

  #error(what: string, code: number, { stream }: RawFrame): void {
    if (code >= goAwayCodes) this.violations.push(`${what} with code ${code}`);
    if (what === 'reset') {
      // A reset that ends a whole answer asks for no more of the request.
      this.ended.add(stream);
    }
    if (code !== 0) this.errors.push(`${what} ${code} on stream ${stream}`);
  }

  #require(holds: boolean, rule: string, { type, flags, stream, payload }: RawFrame): void {
    if (!holds)
      this.violations.push(`${rule}: type ${type}, flags ${flags}, stream ${stream}, ${payload.length} bytes`);
  }
}

function isNeutral(type: number, stream: number): boolean {
  if (type === frameTypes.WINDOW_UPDATE) return true;
  return stream === 0 && (type === frameTypes.SETTINGS || type === frameTypes.PING);
}
