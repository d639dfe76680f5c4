/**
 * How a stream came to its end: the client had sent all of its request (`complete`), gave it up (`reset`), or was cut
 * short by the server, so that frames of it may still be on their way (`cut`).
 */
export type Ending = 'complete' | 'reset' | 'cut';

/** How many streams are remembered. What arrives later for older ones is ignored, which is right for each of them. */
const remembered = 256;

/** Remembers of the latest streams of a connection how they ended, in a kilobyte or two and without a search. */
export class ClosedStreams {
  readonly #ids = new Uint32Array(remembered);
  readonly #endings: Ending[] = [];

  /** A stream has ended. */
  add(stream: number, ending: Ending): void {
    const place = placeOf(stream);
    this.#ids[place] = stream;
    this.#endings[place] = ending;
  }

  /** How a stream ended; undefined when it is too long ago, or it never was. */
  get(stream: number): Ending | undefined {
    const place = placeOf(stream);
    return this.#ids[place] === stream ? this.#endings[place] : undefined;
  }
}

/** A client's streams have odd numbers. */
function placeOf(stream: number): number {
  return (stream >>> 1) % remembered;
}
