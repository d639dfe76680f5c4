import type { Readable } from 'node:stream';

/** Everything that a stream has at this moment; newer lines of Node give a chunk with each `read`. */
export function taken(stream: Readable): string {
  let all = '';
  for (let chunk: unknown = stream.read(); chunk !== null; chunk = stream.read()) all += String(chunk);
  return all;
}
