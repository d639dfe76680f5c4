/** What a client of HTTP/2 may send: whole requests in frames of all shapes, in any order that the protocol allows. */
import type { Random } from '../support/random.js';
import {
  dataFrame,
  fieldBlock,
  frameFlags,
  frameTypes,
  headersFrame,
  headersFrames,
  lengthBytes,
  type RawFrame,
  uint32,
} from '../support/raw-http2.js';

/** A session, and what must be answered in it. */
export interface Session {
  readonly frames: readonly Partial<RawFrame>[];
  /** The body of each request that gets it back, by its stream. */
  readonly bodies: ReadonlyMap<number, Buffer>;
}

/** Those whose requests get their bodies back, and the others. */
const paths = ['/echo', '/later', '/now', '/never'] as const;

/** A few requests, their frames shuffled into each other as they may be. */
export function anySession(random: Random): Session {
  const bodies = new Map<number, Buffer>();
  const headers = new HeaderWriter(random);
  const frames: Partial<RawFrame>[] = [];
  const open: Partial<RawFrame>[][] = [];
  const count = 1 + random.below(6);
  for (let stream = 1; stream < 2 * count; stream += 2) {
    const path = random.pick(paths);
    const body = Buffer.alloc(random.pick([0, 1, 5, 1000, 20_000]), `${stream} `);
    if (path === '/echo' || path === '/later') bodies.set(stream, body);
    const block = headers.request(path, body.length);
    const rest = random.chance(0.2) && body.length === 0 ? [] : bodyFrames(random, stream, body);
    // A block is not interrupted, and blocks come in the order in which they were written.
    frames.push(...headersFrames(stream, block, { last: rest.length === 0, bytes: random.pick([40, 500, 16_384]) }));
    open.push(rest);
    while (random.chance(0.6)) advance(random, open, frames);
    if (random.chance(0.3)) frames.push(between(random, stream));
  }
  while (open.length > 0) advance(random, open, frames);
  return { frames, bodies };
}

/** Goes on with one of the requests that are not complete. */
function advance(random: Random, open: Partial<RawFrame>[][], frames: Partial<RawFrame>[]): void {
  const index = random.below(open.length);
  const next = open[index]?.shift();
  if (next === undefined) open.splice(index, 1);
  else frames.push(next);
}

/** A frame that is allowed between any others. */
function between(random: Random, stream: number): Partial<RawFrame> {
  return random.pick<() => Partial<RawFrame>>([
    () => ({ type: frameTypes.PING, payload: Buffer.alloc(8, 1) }),
    () => ({ type: frameTypes.PRIORITY, stream, payload: Buffer.alloc(5) }),
    () => ({ type: frameTypes.WINDOW_UPDATE, stream: random.pick([0, stream]), payload: uint32(1 + random.below(9)) }),
    () => ({ type: frameTypes.SETTINGS, payload: Buffer.concat([Buffer.from([0, 4]), uint32(70_000)]) }),
    () => ({ type: 0x20, flags: 0xff, stream, payload: Buffer.from('unknown') }),
  ])();
}

function bodyFrames(random: Random, stream: number, body: Buffer): Partial<RawFrame>[] {
  const trailers = random.chance(0.2);
  const size = Math.max(random.pick([1, 10, 1000, 16_000]), Math.ceil(body.length / 40));
  const frames: Partial<RawFrame>[] = [];
  for (let start = 0; start === 0 || start < body.length; start += size) {
    const last = !trailers && start + size >= body.length;
    frames.push(maybePadded(random, dataFrame(stream, body.subarray(start, start + size), last)));
  }
  if (trailers) frames.push(headersFrame(stream, fieldBlock([['checksum', '1']])));
  return frames;
}

function maybePadded(random: Random, frame: Partial<RawFrame>): Partial<RawFrame> {
  const { payload = Buffer.alloc(0), flags = 0 } = frame;
  if (random.chance(0.8)) return frame;
  const padding = random.below(256);
  const padded = Buffer.concat([Buffer.from([padding]), payload, Buffer.alloc(padding)]);
  return { ...frame, flags: flags | frameFlags.PADDED, payload: padded };
}

const tableBytes = 4096;
const staticEntries = 61;

/** Writes the header blocks of one connection, some fields of which refer to earlier ones (RFC 7541). */
class HeaderWriter {
  readonly #random: Random;
  /** What the server remembers, newest first. */
  readonly #table: string[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  request(path: string, length: number): Buffer {
    const random = this.#random;
    // Written in their order: later ones refer to what the earlier ones taught.
    const fields = [this.#field(':method', 'POST'), this.#field(':scheme', 'http'), this.#field(':path', path)];
    if (random.chance(0.2)) fields.push(this.#field('content-length', String(length)));
    for (let more = random.below(4); more > 0; more--) {
      fields.push(this.#field(random.pick(['a', 'meta', 'x-bin']), 'v'.repeat(random.pick([0, 1, 30, 2000]))));
    }
    return Buffer.concat(fields);
  }

  #field(name: string, value: string): Buffer {
    const entry = `${name}\0${value}`;
    const age = this.#table.indexOf(entry);
    if (age >= 0 && this.#random.chance(0.7)) {
      const index = staticEntries + 1 + age;
      return index < 127 ? Buffer.from([0x80 | index]) : Buffer.from([0xff, index - 127]);
    }
    const remembered = this.#random.chance(0.5);
    if (remembered) this.#remember(entry);
    return Buffer.concat([Buffer.from([remembered ? 0x40 : 0]), text(name), text(value)]);
  }

  #remember(entry: string): void {
    this.#table.unshift(entry);
    const bytes = (): number => this.#table.reduce((sum, each) => sum + each.length - 1 + 32, 0);
    while (bytes() > tableBytes) this.#table.pop();
  }
}

function text(value: string): Buffer {
  return Buffer.concat([lengthBytes(value.length), Buffer.from(value, 'latin1')]);
}
