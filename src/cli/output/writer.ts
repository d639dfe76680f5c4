import { once } from 'node:events';
import type { Writable } from 'node:stream';

/** How much is gathered before it is handed on, in characters. */
const CHUNK = 64 * 1024;

/**
 * Writes lines, as fast as they are taken: however many there are, only a chunk of them waits in memory.
 * @throws what the stream failed with.
 */
export async function writeLines(stream: Writable, lines: Iterable<string>): Promise<void> {
  let chunk = '';
  for (const line of lines) {
    chunk += `${line}\n`;
    if (chunk.length < CHUNK) continue;
    await write(stream, chunk);
    chunk = '';
  }
  if (chunk !== '') await write(stream, chunk);
}

/** Writes bytes, as fast as they are taken. @throws what the source throws, or the stream failed with. */
export async function writeBytes(stream: Writable, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of chunks) await write(stream, chunk);
}

async function write(stream: Writable, chunk: string | Uint8Array): Promise<void> {
  if (!stream.write(chunk)) await once(stream, 'drain');
}
