/**
 * One process at a time: LMDB itself lets several processes write, but Strata's own state beside the records does not.
 *
 * Node has no flock, and a file with a process id goes stale, is fooled by reused ids and is wrong across PID
 * namespaces. So the owner listens on a Unix socket inside the directory: whoever can connect knows that it lives, and
 * the kernel stops it from listening when it dies, however it dies. (An abstract socket would be simpler, but anyone
 * on the machine could take its name, and it does not reach across network namespaces.)
 *
 * The sockets are called `owner.1`, `owner.2` and so on; the highest number is the owner's, and it stays behind, dead,
 * when the owner ends. To become the owner: see that the highest one is dead, link an own, already listening socket to
 * the next number (only one process can), and see that no higher number appeared meanwhile. A number can only be given
 * away by someone who has found the one before it dead, so that no two owners live at once; and since the highest
 * number is never removed, someone who acts on an old view of the directory notices it afterwards.
 */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, link, open, readdir, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { FailedPreconditionError, systemErrorCode } from '../../errors/index.js';

/** How long a living owner may take to tell its process id, in milliseconds; after that it stays unnamed. */
const answerTimeout = 1000;

/**
 * Makes this process the only user of a directory until the result is disposed of or the process ends.
 * @throws FailedPreconditionError when it is in use, by another process or by this one.
 */
export async function claimDirectory(path: string): Promise<AsyncDisposable> {
  // Names of sockets are limited to 107 bytes, and Node cuts longer ones off: go through the descriptor.
  const directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  const base = `/proc/self/fd/${directory.fd}`;
  const own = `${base}/.claim-${randomUUID()}`;
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end(`${process.pid}\n`);
  });
  const claim = { [Symbol.asyncDispose]: () => release(server, directory) };
  try {
    await listen(server, own);
    await become({ path, base, own });
    return claim;
  } catch (error) {
    await claim[Symbol.asyncDispose]();
    throw error;
  } finally {
    await rm(own, { force: true });
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.unref();
      resolve();
    });
  });
}

async function release(server: Server, directory: FileHandle): Promise<void> {
  if (server.listening) await new Promise((resolve) => server.close(resolve));
  await directory.close();
}

interface Candidate {
  /** The directory, as the caller named it. */
  readonly path: string;
  /** A short path of the same directory. */
  readonly base: string;
  /** The socket to link. */
  readonly own: string;
}

async function become({ path, base, own }: Candidate): Promise<void> {
  for (;;) {
    const highest = await highestNumber(base);
    if (highest > 0 && (await refuseIfAlive(path, `${base}/owner.${highest}`)) === 'gone') continue;
    const mine = highest + 1;
    if (!(await linkNew(own, `${base}/owner.${mine}`))) continue;
    if ((await highestNumber(base)) === mine) return await removeBelow(base, mine);
    await rm(`${base}/owner.${mine}`, { force: true });
  }
}

async function numbers(base: string): Promise<number[]> {
  const names = await readdir(base);
  return names.flatMap((name) => /^owner\.(\d+)$/.exec(name)?.slice(1) ?? []).map(Number);
}

async function highestNumber(base: string): Promise<number> {
  return Math.max(0, ...(await numbers(base)));
}

async function removeBelow(base: string, mine: number): Promise<void> {
  const dead = (await numbers(base)).filter((number) => number < mine);
  await Promise.all(dead.map((number) => rm(`${base}/owner.${number}`, { force: true })));
}

/** Whether the link could be made; not when there is one of that name. */
async function linkNew(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

async function refuseIfAlive(path: string, socket: string): Promise<'dead' | 'gone'> {
  const state = await probe(socket);
  if (typeof state === 'string') return state;
  const who = state.answer === '' ? 'another process' : `process ${state.answer}`;
  throw new FailedPreconditionError(`store ${path} is in use by ${who}`);
}

/** Whether somebody listens, and what it says of itself: nothing when it is stopped or too busy. */
function probe(path: string): Promise<'dead' | 'gone' | { readonly answer: string }> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(path);
    socket.setEncoding('utf8').setTimeout(answerTimeout, () => socket.destroy());
    socket.on('data', (text: string) => {
      answer += text;
    });
    socket.on('error', (error) => {
      const code = systemErrorCode(error);
      if (code === 'ECONNREFUSED') resolve('dead');
      if (code === 'ENOENT') resolve('gone');
    });
    socket.on('close', () => resolve({ answer: answer.trim() }));
  });
}
