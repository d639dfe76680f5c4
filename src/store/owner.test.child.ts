/**
 * The other process of `owner.test.ts`: waits for a byte on its standard input, tries to own the directory that is its
 * argument, and says its process id, or why not. Then it stays until it is killed or its input ends.
 */
import { once } from 'node:events';
import { messageOf } from '../errors/index.js';
import { ownDirectory } from './owner.js';

await once(process.stdin, 'data');
try {
  using _ = ownDirectory(process.argv[2] ?? '');
  process.stdout.write(`${process.pid}\n`);
  await once(process.stdin, 'end');
} catch (error) {
  process.stdout.write(`${messageOf(error)}\n`);
  process.stdin.destroy();
}
