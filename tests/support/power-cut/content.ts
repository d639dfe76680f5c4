import { createHash, randomBytes, randomInt } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const maxFileBytes = 48 * 1024;

/** Fills the directory of a layer with some files of any content, without synchronising any of them. */
export function fill(directory: string): void {
  const count = randomInt(1, 8);
  for (let n = 0; n < count; n += 1) {
    const folder = randomInt(3) === 0 ? path.join(directory, `folder-${n}`) : directory;
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, `file-${n}`), randomBytes(randomInt(maxFileBytes)), { mode: 0o640 });
  }
  symlinkSync(`file-${count}`, path.join(directory, 'link'));
}

/** A digest over everything below a directory: names, types, modes and content. */
export function digestOf(directory: string): string {
  const hash = createHash('sha256');
  const add = (name: string): void => {
    const file = path.join(directory, name);
    const { mode, size } = lstatSync(file);
    hash.update(`${name}\0${mode}\0`);
    if ((mode & 0o170000) === 0o040000) for (const entry of readdirSync(file).sort()) add(path.join(name, entry));
    else if ((mode & 0o170000) === 0o120000) hash.update(readlinkSync(file));
    else hash.update(`${size}\0`).update(readFileSync(file));
  };
  add('.');
  return hash.digest('hex');
}
