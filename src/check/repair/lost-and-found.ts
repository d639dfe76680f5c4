import { closeSync, fsyncSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type FaultPoints, makeDirectoriesNow, noFaults } from '../../base/index.js';
import { fromSystemError, systemErrorCode } from '../../errors/index.js';
import { renameProtected } from '../../linux/index.js';

/** Something that is taken away, and why. */
export interface Lost {
  /** What it is called: the id, or the name of what lies there. */
  readonly name: string;
  /** Where it lies; none when there is nothing but records. */
  readonly from: readonly string[];
  /** How it is moved; rename(2) when absent, with the protection of chattr(1) taken off if need be. */
  readonly rename?: ((from: string, to: string) => void) | undefined;
  /** The content of `whence.json`, beside the time and the place. */
  readonly story: object;
  /** Told before and after it is moved. Default: nobody is. */
  readonly faults?: FaultPoints | undefined;
}

/** Something that was taken away. */
export interface Kept {
  /** Where it is now. */
  readonly path: string;
  /** Puts it back where it was. */
  putBack(): void;
}

/**
 * Moves something to a directory of its own in lost+found, `<time>-<name>`, with a `whence.json` that says where it comes
 * from; the file is there first. When it throws, everything is where it was.
 * @param place The directory lost+found; made, for its owner only, when it is missing.
 * @throws the error of the system, as a Strata error.
 */
export function takeAway(
  place: string,
  { name, from, rename = renameProtected, story, faults = noFaults }: Lost,
): Kept {
  const now = new Date();
  try {
    makeDirectoriesNow(place);
    const directory = makeNew(path.join(place, `${compact(now)}-${name}`));
    const moved: Move[] = [];
    try {
      const whence = from.length > 1 ? from : from[0];
      write(path.join(directory, 'whence.json'), { version: 1, moved: now.toISOString(), from: whence, ...story });
      faults.reach('repair.told');
      for (const move of movesTo(directory, from)) {
        rename(move.from, move.to);
        moved.push(move);
      }
    } catch (error) {
      putBack(directory, moved, rename);
      throw error;
    }
    faults.reach('repair.moved');
    sync(directory);
    sync(place);
    return { path: directory, putBack: () => putBack(directory, moved, rename) };
  } catch (error) {
    throw fromSystemError(error, `failed to move ${from.join(', ') || name} to ${place}`);
  }
}

interface Move {
  readonly from: string;
  readonly to: string;
}

/** Of several that have one name each is called after the directory that it was in, too. */
function movesTo(directory: string, from: readonly string[]): Move[] {
  const names = from.map((each) => path.basename(each));
  return from.map((each, index) => {
    const name = names[index] ?? '';
    const isOnly = names.indexOf(name) === names.lastIndexOf(name);
    const to = isOnly ? name : `${path.basename(path.dirname(each))}-${name}`;
    return { from: each, to: path.join(directory, to) };
  });
}

function putBack(directory: string, moved: readonly Move[], rename: (from: string, to: string) => void): void {
  for (const { from, to } of [...moved].reverse()) rename(to, from);
  rmSync(directory, { recursive: true });
}

/** `20260131T120000Z`: sorts by time, and needs no quoting anywhere. */
function compact(time: Date): string {
  return time.toISOString().replace(/[-:]|\.\d+/g, '');
}

/** Makes a directory that was not there, with a number behind its name if need be. */
function makeNew(wanted: string): string {
  for (let count = 1; ; count++) {
    const directory = count === 1 ? wanted : `${wanted}-${count}`;
    try {
      mkdirSync(directory, { mode: 0o700 });
      return directory;
    } catch (error) {
      if (systemErrorCode(error) !== 'EEXIST') throw error;
    }
  }
}

function write(file: string, content: object): void {
  const toText = (_: string, value: unknown) => (value instanceof Map ? Object.fromEntries(value) : value);
  writeFileSync(file, `${JSON.stringify(content, toText, 2)}\n`, { mode: 0o600 });
  sync(file);
}

function sync(file: string): void {
  const fd = openSync(file, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
