import { InvalidArgumentError } from '../../errors/index.js';

/** What is looked at, byte by byte, what is only counted, and the end of a frame (RFC 8878, 3.1). */
type Step = { readonly look: number } | { readonly pass: number } | 'end';

const ZSTD_MAGIC = 0xfd2f_b528;
const SKIPPABLE_MAGIC = 0x184d_2a50;
const SKIPPABLE_MASK = 0xffff_fff0;

/** Sizes of fields by the bits that announce them. */
const DICTIONARY_BYTES = [0, 1, 2, 4] as const;
const SIZE_BYTES = [0, 2, 4, 8] as const;
const CHECKSUM_BYTES = 4;

function* frames(): Generator<Step, never, Buffer> {
  for (;;) {
    const magic = (yield { look: 4 }).readUInt32LE();
    if ((magic & SKIPPABLE_MASK) >>> 0 === SKIPPABLE_MAGIC) yield { pass: (yield { look: 4 }).readUInt32LE() };
    else if (magic === ZSTD_MAGIC) yield* frame();
    else throw new InvalidArgumentError('layer has something else than zstd frames in its zstd stream');
    yield 'end';
  }
}

function* frame(): Generator<Step, void, Buffer> {
  const descriptor = (yield { look: 1 }).readUInt8();
  const single = (descriptor >> 5) & 1;
  const sizeFlag = descriptor >> 6;
  const sizeBytes = sizeFlag === 0 ? single : (SIZE_BYTES[sizeFlag] ?? 0);
  yield { pass: 1 - single + (DICTIONARY_BYTES[descriptor & 3] ?? 0) + sizeBytes };
  for (let last = false; !last; ) {
    const header = (yield { look: 3 }).readUIntLE(0, 3);
    const type = (header >> 1) & 3;
    if (type === 3) throw new InvalidArgumentError('layer has a damaged zstd frame');
    // A block of one byte again and again stores that byte alone.
    yield { pass: type === 1 ? 1 : header >> 3 };
    last = (header & 1) === 1;
  }
  if (((descriptor >> 2) & 1) === 1) yield { pass: CHECKSUM_BYTES };
}

/**
 * The same bytes, cut so that no piece has parts of two zstd frames: Node 22 decodes one frame of a piece and drops what is
 * behind it.
 * @throws InvalidArgumentError when something else stands between frames, or the last one is cut off, which Node 22 does
 * not notice.
 */
export async function* zstdFrames(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const splitter = new FrameSplitter();
  for await (const chunk of chunks) yield* splitter.pieces(chunk);
  splitter.end();
}

class FrameSplitter {
  readonly #frames = frames();
  #step: Step = this.#next(Buffer.alloc(0));
  #looked = Buffer.alloc(0);
  #passed = 0;
  /** Whether nothing of a frame has come since the end of the one before. */
  #between = true;

  *pieces(chunk: Buffer): Generator<Buffer> {
    let start = 0;
    for (let at = 0; at < chunk.length; ) {
      at += this.#take(chunk.subarray(at));
      if (this.#step !== 'end') continue;
      yield chunk.subarray(start, at);
      start = at;
      this.#step = this.#next(Buffer.alloc(0));
      this.#between = true;
    }
    if (start < chunk.length) yield chunk.subarray(start);
  }

  end(): void {
    if (!this.#between) throw new InvalidArgumentError('layer ends inside a zstd frame');
  }

  #take(bytes: Buffer): number {
    this.#between = false;
    if (this.#step === 'end') return 0;
    if ('pass' in this.#step) {
      const taken = Math.min(bytes.length, this.#step.pass - this.#passed);
      this.#passed += taken;
      if (this.#passed === this.#step.pass) this.#advance(Buffer.alloc(0));
      return taken;
    }
    const piece = bytes.subarray(0, this.#step.look - this.#looked.length);
    const looked = Buffer.concat([this.#looked, piece]);
    if (looked.length === this.#step.look) this.#advance(looked);
    else this.#looked = looked;
    return piece.length;
  }

  /** Goes on to the next step that takes bytes. */
  #advance(looked: Buffer): void {
    this.#looked = Buffer.alloc(0);
    this.#passed = 0;
    do this.#step = this.#next(looked);
    while (this.#step !== 'end' && 'pass' in this.#step && this.#step.pass === 0);
  }

  #next(looked: Buffer): Step {
    return this.#frames.next(looked).value;
  }
}
