/**
 * Claims the path of a unix socket: never takes it from a running daemon, never deletes anything but a socket, and never lets
 * clients reach the socket before it has its final permissions.
 */
import { chmod, chown, link, lstat, mkdtemp, rm, stat, unlink } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { dirname, join } from 'node:path';
import { makeDirectories, maxSocketPathBytes } from '../../base/index.js';
import {
  AlreadyExistsError,
  FailedPreconditionError,
  fromSystemError,
  InvalidArgumentError,
  PermissionDeniedError,
  systemErrorCode,
} from '../../errors/index.js';

const OTHERS = 0o077;
const PRIVATE_DIRECTORY = 0o700;
const PASSABLE_DIRECTORY = 0o711;

/** Who may use the socket. */
export interface SocketAccess {
  /** Permission bits, such as 0o600. */
  readonly mode: number;
  /** The owner; absent leaves the user of the process. */
  readonly uid?: number;
  /** The group; absent leaves that of the process. */
  readonly gid?: number;
}

/** A path that is about to become a socket, and then is one. */
export interface SocketClaim extends AsyncDisposable {
  /** Where to bind: a name in a directory that nobody else can enter. */
  readonly bindPath: string;
  /**
   * Gives the bound socket its owner and permissions, and only then its public name. From here on clients reach it.
   * @throws AlreadyExistsError when another daemon took the name in the meantime.
   */
  publish(): Promise<void>;
  /** Whether the public name leads to this socket. Somebody may have deleted or replaced it. */
  isPublished(): Promise<boolean>;
  /** Takes away the name, if it still leads to this socket, and the private directory. Calling it again does nothing. */
  release(): Promise<void>;
}

interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
}

/**
 * Claims a path for a socket. Its directory is made when missing: for the owner alone, or, when the mode lets others
 * use the socket, passable for them but not listable. A socket that nobody listens on any more is replaced on publish.
 * @throws InvalidArgumentError when the path is longer than 107 bytes.
 * @throws AlreadyExistsError when somebody listens there.
 * @throws FailedPreconditionError when something lies there that is no socket.
 * @throws PermissionDeniedError when the directory cannot be used, or somebody else could replace what lies in it.
 */
export async function claimSocket(path: string, access: SocketAccess): Promise<SocketClaim> {
  requireShort(path);
  try {
    const directory = dirname(path);
    await makeDirectories(directory, (access.mode & OTHERS) === 0 ? PRIVATE_DIRECTORY : PASSABLE_DIRECTORY);
    await requireSafe(directory, access);
    await requireUnused(path);
    return await Claim.open(path, access);
  } catch (error) {
    throw fromSystemError(error, `cannot listen on ${path}`);
  }
}

function requireShort(path: string): void {
  const bytes = Buffer.byteLength(path);
  if (bytes <= maxSocketPathBytes) return;
  throw new InvalidArgumentError(`socket path ${path} is ${bytes} bytes long, want at most ${maxSocketPathBytes}`);
}

const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/** @throws PermissionDeniedError when others than root and the owners of process and socket can put a socket of theirs there. */
async function requireSafe(directory: string, access: SocketAccess): Promise<void> {
  const { uid, mode } = await stat(directory);
  // In a user namespace the system's directories belong to the user who stands for everybody outside.
  const { uid: system } = await stat('/');
  if (![0, system, process.geteuid?.(), access.uid].includes(uid)) {
    throw new PermissionDeniedError(`directory ${directory} belongs to user ${uid}`);
  }
  if ((mode & WRITABLE_BY_OTHERS) !== 0 && (mode & STICKY) === 0) {
    const bits = (mode & 0o777).toString(8);
    throw new PermissionDeniedError(
      `directory ${directory} has mode ${bits}, so that others can write to it; try: chmod go-w`,
    );
  }
}

/** What lies at a path; undefined when nothing does. */
async function identify(path: string): Promise<(FileIdentity & { readonly isSocket: boolean }) | undefined> {
  try {
    const stats = await lstat(path, { bigint: true });
    return { dev: stats.dev, ino: stats.ino, isSocket: stats.isSocket() };
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Looks for an obstacle at a path: a dead socket, which may be replaced, or nothing. Anything else throws. */
async function requireUnused(path: string): Promise<FileIdentity | undefined> {
  const found = await identify(path);
  if (found === undefined) return undefined;
  if (!found.isSocket) throw new FailedPreconditionError('a file that is no socket lies there; move it away');
  if (await isLive(path)) throw new AlreadyExistsError('another daemon listens there');
  return found;
}

/**
 * Whether somebody listens on a socket.
 * @throws what connecting failed with, unless that says that nobody does.
 */
export function isLive(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = createConnection({ path });
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', (error) => {
      probe.destroy();
      const code = systemErrorCode(error);
      // A full backlog is the sign of a listener that is busy.
      if (code === 'EAGAIN') resolve(true);
      else if (code === 'ECONNREFUSED' || code === 'ENOENT') resolve(false);
      else reject(error);
    });
  });
}

class Claim implements SocketClaim {
  readonly bindPath: string;
  readonly #path: string;
  readonly #access: SocketAccess;
  readonly #directory: string;
  #published: FileIdentity | undefined;

  private constructor(path: string, access: SocketAccess, directory: string) {
    this.#path = path;
    this.#access = access;
    this.#directory = directory;
    this.bindPath = join(directory, 's');
  }

  static async open(path: string, access: SocketAccess): Promise<Claim> {
    const claim = new Claim(path, access, await mkdtemp(`${dirname(path)}/.s-`));
    try {
      requireShort(claim.bindPath);
      return claim;
    } catch (error) {
      await claim.release();
      throw error;
    }
  }

  async publish(): Promise<void> {
    try {
      await chmod(this.bindPath, this.#access.mode);
      await this.#giveAway();
      const bound = await identify(this.bindPath);
      await this.#replaceStale();
      // Unlike rename(2), link(2) refuses a name that is taken: of two daemons that start at once, one wins.
      await link(this.bindPath, this.#path);
      this.#published = bound;
    } catch (error) {
      if (systemErrorCode(error) === 'EEXIST') {
        throw new AlreadyExistsError(`cannot listen on ${this.#path}: another daemon listens there`, { cause: error });
      }
      throw fromSystemError(error, `cannot listen on ${this.#path}`);
    }
    await this.#removeDirectory();
  }

  async #giveAway(): Promise<void> {
    const { uid, gid } = this.#access;
    const own = await lstat(this.bindPath);
    const owner = { uid: uid ?? own.uid, gid: gid ?? own.gid };
    if (owner.uid !== own.uid || owner.gid !== own.gid) await chown(this.bindPath, owner.uid, owner.gid);
  }

  async #replaceStale(): Promise<void> {
    const stale = await requireUnused(this.#path);
    if (stale !== undefined) await unlinkIfSame(this.#path, stale);
  }

  async isPublished(): Promise<boolean> {
    return this.#published !== undefined && isSame(await identify(this.#path), this.#published);
  }

  async release(): Promise<void> {
    const published = this.#published;
    this.#published = undefined;
    if (published !== undefined) await unlinkIfSame(this.#path, published);
    await this.#removeDirectory();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }

  async #removeDirectory(): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
  }
}

async function unlinkIfSame(path: string, identity: FileIdentity): Promise<void> {
  if (isSame(await identify(path), identity)) await unlink(path);
}

function isSame(found: FileIdentity | undefined, wanted: FileIdentity): boolean {
  return found?.dev === wanted.dev && found.ino === wanted.ino;
}
