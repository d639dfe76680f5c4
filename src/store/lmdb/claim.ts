/**
 * One process at a time: LMDB itself lets several processes write, but Strata's own state beside the records does not.
 *
 * Node has no flock, and a file with a process id goes stale, is fooled by reused ids and is wrong across PID
 * namespaces. So the owner listens on a Unix socket inside the directory: whoever can connect knows that it lives, and
 * the kernel stops it from listening when it dies, however it dies. (An abstract socket would be simpler, but anyone
 * on the machine could take its name, and it does not reach across network namespaces.)
 *
 * The sockets are called `owner.1`, `owner.2` and so on; `election.ts` says who becomes the owner. A candidate listens
 * under a name of its own first and then links the socket to the number, so that it never looks dead.
 */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, link, open, readdir, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { FailedPreconditionError, systemErrorCode } from '../../errors/index.js';
import { elect, type Numbers } from './election.js';

/** How long a living owner may take to tell its process id, in milliseconds; after that it stays unnamed. */
const answerTimeout = 1000;

/** Whoever listens, and what it says of itself: its process id, or nothing when it is stopped or too busy. */
interface Holder {
  readonly answer: string;
}

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
    const holder = await elect(new SocketNumbers(base, own));
    if (holder !== undefined) throw inUse(path, holder);
    await rm(own, { force: true });
    return claim;
  } catch (error) {
    await rm(own, { force: true });
    await claim[Symbol.asyncDispose]();
    throw error;
  }
}

function inUse(path: string, { answer }: Holder): FailedPreconditionError {
  const who = answer === '' ? 'another process' : `process ${answer}`;
  return new FailedPreconditionError(`store ${path} is in use by ${who}`);
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

/** The numbers of the election, as sockets in a directory. */
class SocketNumbers implements Numbers<Holder> {
  readonly #base: string;
  readonly #own: string;

  /** @param base The directory, by a short path. @param own The socket on which the candidate listens. */
  constructor(base: string, own: string) {
    this.#base = base;
    this.#own = own;
  }

  async highest(): Promise<number> {
    return Math.max(0, ...(await this.#all()));
  }

  holderOf(number: number): Promise<'dead' | 'gone' | Holder> {
    return probe(this.#socket(number));
  }

  async take(number: number): Promise<boolean> {
    try {
      await link(this.#own, this.#socket(number));
      return true;
    } catch (error) {
      if (systemErrorCode(error) === 'EEXIST') return false;
      throw error;
    }
  }

  async giveBack(number: number): Promise<void> {
    await rm(this.#socket(number), { force: true });
  }

  async removeBelow(number: number): Promise<void> {
    const lower = (await this.#all()).filter((each) => each < number);
    await Promise.all(lower.map((each) => this.giveBack(each)));
  }

  async #all(): Promise<number[]> {
    const names = await readdir(this.#base);
    return names.flatMap((name) => /^owner\.(\d+)$/.exec(name)?.slice(1) ?? []).map(Number);
  }

  #socket(number: number): string {
    return `${this.#base}/owner.${number}`;
  }
}

/** Whether somebody listens on a socket. Anything but a refusal is taken for a yes, also a queue that is full. */
function probe(path: string): Promise<'dead' | 'gone' | Holder> {
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
