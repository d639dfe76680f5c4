import type { ImportProgress } from '../../rpc/client/index.js';
import type { OutputStream } from '../io.js';
import { escapeText } from './escape.js';
import { shortName } from './short-name.js';
import { formatBytes } from './units.js';

/** Goes to the beginning of the line and clears it. */
const CLEAR_LINE = '\r\u001b[K';

/** So many milliseconds lie between two looks at a line that changes. */
const REDRAW_MS = 100;

/**
 * Shows how far an import is, on a stream: on a terminal a line that changes while a layer is unpacked, elsewhere nothing but a
 * line for each layer that is there.
 */
export class ImportProgressLines {
  readonly #stream: OutputStream;
  readonly #now: () => number;
  /** When each layer was first told of; several are under way at the same time. */
  readonly #begun = new Map<number, number>();
  #drawn = Number.NEGATIVE_INFINITY;

  /** @param now A clock in milliseconds; for tests. */
  constructor(stream: OutputStream, now: () => number = () => performance.now()) {
    this.#stream = stream;
    this.#now = now;
  }

  /** Takes what is told of a layer. */
  readonly show = (progress: ImportProgress): void => {
    const { state, position, layer, bytes, total } = progress;
    const begun = this.#begun.get(position) ?? this.#now();
    if (state === 'unpacking') this.#begun.set(position, begun);
    else this.#begun.delete(position);
    const head = `layer ${position}/${progress.layers} ${escapeText(shortName(layer))}`;
    // What has been read is still to be put on disk.
    const rate = bytes === total ? ', finishing' : this.#rate(bytes, begun);
    if (state === 'unpacking') this.#redraw(`${head}  ${formatBytes(bytes)} of ${formatBytes(total)}${rate}`);
    else this.#line(`${head}  ${state === 'exists' ? 'is there' : doneText(total)}`);
  };

  /** Takes the line that changes away. */
  end(): void {
    if (this.#stream.isTTY === true) this.#stream.write(CLEAR_LINE);
  }

  #rate(bytes: number, begun: number): string {
    const milliseconds = this.#now() - begun;
    return milliseconds < REDRAW_MS ? '' : `, ${formatBytes((bytes / milliseconds) * 1000)}/s`;
  }

  #redraw(text: string): void {
    const { isTTY, columns = 0 } = this.#stream;
    if (isTTY !== true || this.#now() - this.#drawn < REDRAW_MS) return;
    this.#drawn = this.#now();
    // A line that is broken could not be cleared.
    this.#stream.write(`${CLEAR_LINE}${columns > 0 ? text.slice(0, columns - 1) : text}`);
  }

  #line(text: string): void {
    this.#stream.write(`${this.#stream.isTTY === true ? CLEAR_LINE : ''}${text}\n`);
  }
}

/** A directory has no size that is known before. */
function doneText(total: number): string {
  return total === 0 ? 'done' : `done, ${formatBytes(total)}`;
}
