/**
 * The other process of `claim.test.ts`: waits for a byte on its standard input, tries to claim the directory that is
 * its argument, and says `owner`, or why not. Then it stays until it is killed or its input ends.
 */
import { once } from 'node:events';
import { messageOf } from '../../errors/index.js';
import { claimDirectory } from './claim.js';

process.stdout.write('ready\n');
await once(process.stdin, 'data');
try {
  const claim = await claimDirectory(process.argv[2] ?? '');
  process.stdout.write('owner\n');
  await once(process.stdin, 'end');
  await claim[Symbol.asyncDispose]();
} catch (error) {
  process.stdout.write(`${messageOf(error)}\n`);
  process.stdin.destroy();
}
