import { chmodSync, chownSync, linkSync, lutimesSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import type { Image, ImageEntry } from './image.js';

/** Makes the files of an image in a directory. @param deadSocket A socket, on the same file system, that nobody has. */
export function placeImage(image: Image, directory: string, deadSocket: string): void {
  for (const entry of image) place(entry, path.join(directory, entry.path), deadSocket);
  // What is put into a directory changes its time.
  for (const { path: name, time } of [...image].reverse()) {
    if (time !== undefined) lutimesSync(path.join(directory, name), Number(time) / 1e9, Number(time) / 1e9);
  }
}

function place({ type, mode, uid, gid, content, target }: ImageEntry, file: string, deadSocket: string): void {
  if (type === 'link') symlinkSync(target ?? '', file);
  else if (type === 'socket') linkSync(deadSocket, file);
  else if (type === 'directory') mkdirSync(file);
  else writeFileSync(file, content ?? '');
  if (type === 'link' || type === 'socket') return;
  if (uid !== 0 || gid !== 0) chownSync(file, uid, gid);
  chmodSync(file, mode);
}

/** Makes a socket on which nobody listens. Its path must be short. */
export async function makeDeadSocket(file: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(`${file}.listening`, resolve));
  linkSync(`${file}.listening`, file);
  await new Promise((resolve) => server.close(resolve));
}
