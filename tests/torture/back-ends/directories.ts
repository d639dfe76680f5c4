/** Files in directories that anybody can look into. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { WrittenFile } from './back-end.js';

/** Writes a file into a directory. */
export function writeInto(directory: string, { name, content }: WrittenFile): void {
  writeFileSync(path.join(directory, name), content);
}

/** The files of a directory by their names, with what is in them. */
export function readAll(directory: string): ReadonlyMap<string, string> {
  return new Map(readdirSync(directory).map((name) => [name, readFileSync(path.join(directory, name), 'utf8')]));
}
