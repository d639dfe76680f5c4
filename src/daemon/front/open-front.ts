import { realpathSync } from 'node:fs';
import { socketPath } from '../../base/index.js';
import {
  FailedPreconditionError,
  messageOf,
  throwIfAborted,
  UnavailableError,
  withContext,
} from '../../errors/index.js';
import type { ContainerdClient } from '../../rpc/client/index.js';
import type { CallContext } from '../../snapshots/index.js';
import { ContainerdFront } from './containerd-front.js';
import type { StatWatch } from './stat-watch.js';

/** Where containerd listens unless it is told otherwise. */
const usualAddress = '/run/containerd/containerd.sock';

/** How long a containerd that nobody named may take to say what it is, in milliseconds. */
const patience = 5000;

/** Where to look for a containerd in front. */
export interface FrontSearch {
  /** The socket that it was named with; the usual one when not given. */
  readonly address: string | undefined;
  /** The socket of this daemon. */
  readonly own: string;
  readonly stats: StatWatch;
}

/** A containerd in front, or why it cannot be asked. */
export type FoundFront = { readonly front: ContainerdFront } | { readonly frontProblem: string };

/**
 * Connects to the containerd that has this daemon as a proxy snapshotter.
 * @throws for a containerd that was named: UnavailableError when it cannot be reached, FailedPreconditionError when it does not
 * have this daemon as a proxy snapshotter, InvalidArgumentError when the address is none.
 */
export async function openFront({ address, own, stats }: FrontSearch, call: CallContext): Promise<FoundFront> {
  const { connectContainerd } = await import('../../rpc/client/index.js');
  const client = connectContainerd({ address: address ?? usualAddress });
  try {
    const limits = address === undefined ? [AbortSignal.timeout(patience)] : [];
    const signals = [...limits, ...(call.signal === undefined ? [] : [call.signal])];
    const proxies = await proxiesOf(client, own, { signal: AbortSignal.any(signals) });
    return { front: new ContainerdFront({ address: address ?? usualAddress, client, proxies, stats }) };
  } catch (error) {
    await client.close();
    throwIfAborted(call.signal);
    // It is not the daemon that cannot be reached.
    if (address !== undefined) throw error instanceof UnavailableError ? withContext(error, 'containerd') : error;
    return { frontProblem: messageOf(error) };
  }
}

/** The names of the proxy plugins with the address of this daemon. */
async function proxiesOf(client: ContainerdClient, own: string, call: CallContext): Promise<string[]> {
  const plugins = await client.plugins(['type==io.containerd.snapshotter.v1'], call);
  const proxies = plugins.filter(({ exports }) => isSocket(exports.get('address'), own)).map(({ id }) => id);
  if (proxies.length > 0) return proxies;
  throw new FailedPreconditionError(`no proxy snapshotter of that containerd has the address ${own}`);
}

function isSocket(address: string | undefined, own: string): boolean {
  if (address === undefined) return false;
  const found = socketPath(address);
  return 'path' in found && realPath(found.path) === realPath(own);
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
