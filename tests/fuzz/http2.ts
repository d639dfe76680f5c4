/**
 * HTTP/2 to our own server, frame by frame: sound sessions are answered in full; damaged ones as well, or they are told
 * what is wrong; and whatever comes, every request has an end, and the server says only what HTTP/2 allows.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { Http2Server, headerBlock, type ServerStream, type StreamListener } from '../../src/rpc/http2/index.js';
import type { Random } from '../support/random.js';
import { dataFrame, frameBytes, frameTypes, preface, type RawFrame, uint32 } from '../support/raw-http2.js';
import { anyBytes, damaged } from './bytes.js';
import { AnswerReader } from './http2-answers.js';
import { anySession, type Session } from './http2-session.js';
import type { Fuzzed, FuzzTarget } from './target.js';

/** The target. */
export const http2: FuzzTarget = {
  name: 'http2',
  attempts: 3000,
  async open(directory) {
    const fuzzed = new Http2(path.join(directory, 's'));
    await fuzzed.listen();
    return fuzzed;
  },
};

/** Windows for all answers. */
const settings = { type: frameTypes.SETTINGS, payload: Buffer.concat([Buffer.from([0, 4]), uint32(100_000)]) };
const wideWindow = { type: frameTypes.WINDOW_UPDATE, payload: uint32(1_000_000) };

const ok = headerBlock([[':status', '200']], { common: true });
const done = headerBlock([['result', 'done']], { common: true });
const notFound = headerBlock([[':status', '404']], { common: false });

class Http2 implements Fuzzed {
  readonly #path: string;
  readonly #server: Http2Server;
  readonly #defects: unknown[] = [];
  /** Requests that have not come to an end. */
  readonly #open = new Set<ServerStream>();

  constructor(socket: string) {
    this.#path = socket;
    this.#server = new Http2Server({
      limits: {
        streams: 50,
        headerBytes: 10_000,
        heldHeaderBytes: 100_000,
        bodyBytes: 30_000,
        bufferedBytes: 200_000,
        answerBytes: 200_000,
        streamWindow: 25_000,
        keepaliveMs: 60_000,
        prefaceMs: 60_000,
      },
      handler: (stream) => this.#serve(stream),
      headersTooLarge: headerBlock([[':status', '431']], { common: false }),
      onDefect: (error) => this.#defects.push(error),
    });
  }

  listen(): Promise<void> {
    return this.#server.listen(this.#path);
  }

  async attempt(random: Random): Promise<void> {
    const session = anySession(random);
    const sound = random.chance(0.3);
    const socket = connect(this.#path);
    socket.on('error', () => {});
    const answers = new AnswerReader(socket);
    await once(socket, 'connect');
    const frames = sound ? session.frames : changed(random, session.frames);
    const greeting = sound || random.chance(0.5) ? [settings, wideWindow] : [settings];
    const bytes = Buffer.concat([preface, ...[...greeting, ...frames].map(frameBytes)]);
    const torn = !sound && random.chance(0.2);
    await send(random, socket, torn ? damaged(random, bytes) : bytes);
    if (sound) await complete(session, answers);
    else if (random.chance(0.8)) await settled(socket, { answers, torn });
    socket.destroy();
    while (this.#open.size > 0) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(answers.violations, []);
    assert.deepEqual(this.#defects, []);
  }

  #serve(stream: ServerStream): StreamListener {
    this.#open.add(stream);
    const end = (): void => {
      assert.ok(this.#open.delete(stream), 'a request ended twice');
      stream.release();
    };
    // Answers also when nobody wants it any more, as a server may that does not know yet.
    const answer = (bytes: Buffer): void => {
      stream.respond(ok);
      stream.finish(bytes, done);
      if (this.#open.has(stream)) end();
    };
    if (stream.headers.path === '/now') {
      stream.end(notFound);
      end();
    }
    let whole = false;
    return {
      body(bytes) {
        assert.ok(!whole, 'a body came twice');
        whole = true;
        if (stream.headers.path === '/later') setImmediate(() => answer(bytes));
        else if (stream.headers.path !== '/never') answer(bytes);
      },
      overflow: () => answer(Buffer.alloc(0)),
      // An answer that was given may not have gone out.
      gone: () => void (this.#open.has(stream) && end()),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.#server.close();
    this.#server.destroy();
    await closed;
  }
}

/** Sees that the server still answers on the connection, or that it said why not. */
async function settled(socket: Socket, { answers, torn }: { answers: AnswerReader; torn: boolean }): Promise<void> {
  socket.write(frameBytes({ type: frameTypes.PING, payload: Buffer.from('the end!') }));
  // The server may wait for the rest of a frame that was torn.
  if (torn) socket.end();
  await answers.until(() => answers.pongs.has('the end!') || answers.closed);
  const told = answers.errors.some((error) => error.startsWith('goodbye'));
  // A socket that fails to write does not read the last word any more.
  const deaf = socket.errored !== null;
  assert.ok(torn || told || deaf || answers.pongs.has('the end!'), 'the connection was closed without a word');
}

/** Every request that is to get its body back does. */
async function complete(session: Session, answers: AnswerReader): Promise<void> {
  await answers.until(() => answers.closed || [...session.bodies.keys()].every((stream) => answers.ended.has(stream)));
  for (const [stream, body] of session.bodies) {
    const answer = Buffer.concat(answers.bodies.get(stream) ?? []);
    assert.ok(answer.equals(body), `${answer.length} of ${body.length} bytes on stream ${stream}`);
  }
  assert.deepEqual(answers.errors, []);
}

/** In parts of any size, each of which the server may see by itself. */
async function send(random: Random, socket: Socket, bytes: Buffer): Promise<void> {
  const most = random.pick([100, 5000, 100_000]);
  for (let start = 0; start < bytes.length; ) {
    const end = start + 1 + random.below(most);
    socket.write(bytes.subarray(start, end));
    if (random.chance(0.3)) await new Promise((resolve) => setImmediate(resolve));
    start = end;
  }
}

/** A session with some frames left out, doubled, exchanged, changed, or made up. */
function changed(random: Random, sound: readonly Partial<RawFrame>[]): Partial<RawFrame>[] {
  const frames = [...sound];
  for (let times = 1 + random.below(5); times > 0; times--) {
    const at = random.below(frames.length);
    const frame = frames[at] ?? {};
    const changes: readonly (() => readonly Partial<RawFrame>[])[] = [
      () => [],
      () => [frame, frame],
      () => [{ ...frame, type: random.below(11) }],
      () => [{ ...frame, flags: random.below(256) }],
      () => [{ ...frame, stream: random.pick([0, 1, 2, 3, 5, 7, 9, 11, 13, 2 ** 31 - 1]) }],
      () => [{ ...frame, payload: damaged(random, frame.payload ?? Buffer.alloc(0)) }],
      () => [frame, anyFrame(random)],
      () => [frame, ...Array.from({ length: random.below(300) }, () => anyFrame(random.fork()))],
      () => [random.pick(sound), frame],
      // More than its window.
      () => [frame, ...[10_000, 16_384].map((bytes) => dataFrame(frame.stream ?? 1, Buffer.alloc(bytes)))],
    ];
    frames.splice(at, 1, ...random.pick(changes)());
  }
  return frames;
}

function anyFrame(random: Random): Partial<RawFrame> {
  const payload = random.chance(0.5) ? anyBytes(random, 12) : Buffer.alloc(random.pick([4, 5, 6, 8]), random.below(3));
  return { type: random.below(11), flags: random.pick([0, 1, 4, 5, 8, 0x20, 0x2d]), stream: random.below(14), payload };
}
