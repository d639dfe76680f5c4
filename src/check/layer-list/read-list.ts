import { createReadStream, existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fromSystemError, systemErrorCode, throwIfAborted } from '../../errors/index.js';
import { type ListedLayer, type ListLine, parseLine } from './entry.js';

/** Where the list of the layers of a snapshotter lies, beside their files. */
export function layerListPath(root: string): string {
  return `${root}/layers`;
}

/** A list that was read. */
export interface LayerList {
  /** Which face of the daemon its layers were made with; undefined when that is not told. */
  readonly face: string | undefined;
  /** The last that was said of each. */
  readonly layers: readonly ListedLayer[];
  /** The numbers of lines that are damaged, or of another snapshotter. */
  readonly bad: readonly number[];
}

/** A line of a list. */
export interface NumberedLine {
  /** Beginning with 1. */
  readonly number: number;
  /** Absent when it is damaged, or of another snapshotter. */
  readonly line: ListLine | undefined;
}

/** The lines of the list of a snapshotter, in their order; none when there is no list. @throws the error of the system. */
export async function* linesOfList(
  root: string,
  snapshotter: string,
  signal?: AbortSignal,
): AsyncGenerator<NumberedLine> {
  let isOurs = true;
  let number = 0;
  try {
    for await (const text of createInterface({ input: createReadStream(layerListPath(root)), crlfDelay: Infinity })) {
      throwIfAborted(signal);
      number += 1;
      const line = parseLine(text);
      if (line?.type === 'begin') isOurs = line.snapshotter === snapshotter;
      yield { number, line: isOurs ? line : undefined };
    }
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw fromSystemError(error);
  }
}

/**
 * Reads the list of a snapshotter; what is damaged is passed over. All of it is in memory.
 * @returns undefined when there is none. @throws the error of the system when it cannot be read.
 */
export async function readLayerList(
  root: string,
  snapshotter: string,
  signal?: AbortSignal,
): Promise<LayerList | undefined> {
  if (!existsSync(layerListPath(root))) return undefined;
  const layers = new Map<number, ListedLayer>();
  const bad: number[] = [];
  let face: string | undefined;
  for await (const { number, line } of linesOfList(root, snapshotter, signal)) {
    if (line === undefined) bad.push(number);
    else if (line.type === 'begin') face = line.face;
    else if (line.type === 'layer') layers.set(line.layer.record.id, line.layer);
  }
  return { face, layers: [...layers.values()], bad };
}

/** More than the last line of a list that is complete. */
const END_LENGTH = 128;

/** Whether a list was ended by a daemon that ended as it should, so that nothing lacks in it; and how long it is. */
export async function endOfList(root: string): Promise<{ readonly complete: boolean; readonly bytes: number }> {
  try {
    await using file = await open(layerListPath(root), 'r');
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(
      Buffer.alloc(END_LENGTH),
      0,
      END_LENGTH,
      Math.max(0, size - END_LENGTH),
    );
    const lines = buffer.toString('utf8', 0, bytesRead).split('\n');
    return { complete: lines.at(-1) === '' && parseLine(lines.at(-2) ?? '')?.type === 'end', bytes: size };
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return { complete: false, bytes: 0 };
    throw fromSystemError(error);
  }
}
