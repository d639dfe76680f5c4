/**
 * The file that lists what is in a layer: lines of JSON, so that it can be written and read as a stream.
 *
 *     {"strata-file-list":1}
 *     {"path":"","type":"directory","mode":493,"uid":0,"gid":0,"mtime":"1790000000000000000"}
 *     {"path":"etc/motd","type":"file","mode":420,...,"size":5,"sha256":"..."}
 *     {"end":true,"entries":2,"sha256":"..."}
 *
 * The order is that of `entriesOf`. The last line has the number of entries and the SHA-256 of all lines before it. A
 * name that is not UTF-8 is written in base64 behind a NUL. Times are nanoseconds since 1970, modes decimal.
 */
import { createHash } from 'node:crypto';
import { closeSync, constants, fsyncSync, openSync, readSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { type EntryFacts, entriesOf, type ListedEntry, nameOfText, nameText } from './listed-entry.js';

const header = { 'strata-file-list': 1 };
const bufferBytes = 256 * 1024;

/** What to list, and where. */
export interface FileListRequest {
  /** The top of the tree. */
  readonly tree: string;
  /** The file to write. It is written under another name in the same directory first. */
  readonly fileList: string;
}

/** Where a file list lies until it is complete; a process that is killed leaves it there. */
export function draftOf(fileList: string): string {
  return `${fileList}.new`;
}

/**
 * Writes the file list of a tree: it is there as a whole and on disk, or not at all. Blocks the calling thread.
 * @returns false when it was stopped; then nothing is left.
 * @throws a system error when something in the tree cannot be read; nothing is left.
 */
export function writeFileListNow({ tree, fileList }: FileListRequest, stop: () => boolean): boolean {
  const draft = draftOf(fileList);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
  const fd = openSync(draft, flags, 0o600);
  try {
    writeLines(fd, tree, stop);
    fsyncSync(fd);
    if (!stop()) renameSync(draft, fileList);
    else unlinkSync(draft);
  } catch (error) {
    unlinkSync(draft);
    throw error;
  } finally {
    closeSync(fd);
  }
  syncDirectory(dirname(fileList));
  return !stop();
}

function writeLines(fd: number, tree: string, stop: () => boolean): void {
  const hash = createHash('sha256');
  let text = `${JSON.stringify(header)}\n`;
  let entries = 0;
  const flush = (): void => {
    hash.update(text);
    writeAll(fd, text);
    text = '';
  };
  for (const entry of entriesOf(tree, stop)) {
    if ('error' in entry) throw new Error(`${nameText(entry.path)}: ${entry.error}`);
    text += `${JSON.stringify({ path: nameText(entry.path), ...entry.facts })}\n`;
    entries += 1;
    if (text.length > bufferBytes) flush();
  }
  flush();
  writeAll(fd, `${JSON.stringify({ end: true, entries, sha256: hash.digest('hex') })}\n`);
}

function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
}

function syncDirectory(path: string): void {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** The lines of an open file, each with its end. */
function* linesOf(fd: number): Generator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  const buffer = Buffer.allocUnsafe(bufferBytes);
  for (let read = readSync(fd, buffer); read > 0; read = readSync(fd, buffer)) {
    rest = Buffer.concat([rest, buffer.subarray(0, read)]);
    let start = 0;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10, start)) {
      yield rest.subarray(start, end + 1);
      start = end + 1;
    }
    rest = rest.subarray(start);
  }
  if (rest.length > 0) yield rest;
}

/** What the last line says. */
interface End {
  readonly end: true;
  readonly sha256: string;
}

function isEnd(line: unknown): line is End {
  return typeof line === 'object' && line !== null && 'end' in line && 'sha256' in line;
}

/**
 * The entries of a file list, after all of it was read once to see that it is whole.
 * @throws Error saying what is wrong with it, or a system error; ENOENT when there is none.
 */
export function* readFileList(fileList: string): Generator<ListedEntry> {
  const fd = openSync(fileList, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    requireWhole(fd);
  } finally {
    closeSync(fd);
  }
  const again = openSync(fileList, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    for (const line of linesOf(again)) {
      const parsed: unknown = JSON.parse(line.toString());
      if (isEntryLine(parsed)) yield entryOf(parsed);
    }
  } finally {
    closeSync(again);
  }
}

function requireWhole(fd: number): void {
  const hash = createHash('sha256');
  let isFirst = true;
  for (const line of linesOf(fd)) {
    const parsed = isFirst || line.includes('"end":true') ? parse(line) : undefined;
    if (isFirst && JSON.stringify(parsed) !== JSON.stringify(header))
      throw new Error('it does not begin as a file list');
    isFirst = false;
    if (isEnd(parsed)) {
      if (parsed.sha256 !== hash.digest('hex')) throw new Error('its checksum is wrong');
      return;
    }
    hash.update(line);
  }
  throw new Error('its end is missing');
}

function parse(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString());
  } catch {
    return undefined;
  }
}

type EntryLine = EntryFacts & { readonly path: string };

/** The checksum has shown that a line is as it was written. */
function isEntryLine(line: unknown): line is EntryLine {
  return typeof line === 'object' && line !== null && 'path' in line && 'type' in line;
}

function entryOf({ path, ...facts }: EntryLine): ListedEntry {
  return { path: nameOfText(path), facts };
}
