import { socketPath } from '../../base/api/index.js';
import { InvalidArgumentError } from '../../errors/index.js';
import { Channel } from './channel.js';
import { clientContainerd } from './containerd.js';
import { clientEvents } from './events.js';
import { clientImages } from './images.js';
import { clientIntrospection } from './introspection.js';
import { clientLeases } from './leases.js';
import { clientMaintenance } from './maintenance.js';
import { clientNamespaces } from './namespaces.js';
import { RemoteSnapshotter } from './remote-snapshotter.js';
import type { ContainerdClient, StrataClient } from './types.js';
import { clientWorkspaces } from './workspaces.js';

/** Where the daemon is, and how to speak to it. */
export interface ConnectOptions {
  /** The socket: an absolute path, or `unix:<path>`. */
  readonly address: string;
  /** The namespace of calls that name none. Default `default`, as that of `openStrata` and of the command. */
  readonly namespace?: string;
}

/** What a daemon of Strata calls the snapshotter of its setting `snapshotter`. */
const defaultSnapshotter = 'auto';

/**
 * A client of the daemon at an address. The connection is made with the first call, and made again when it breaks; an
 * idle one does not keep the process alive.
 *
 * @example Run something over a layer
 * ```ts
 * await using client = connect({ address: '/run/strata/strata.sock' });
 * const mounts = await client.snapshotter().prepare({ key: 'sandbox-1', parent: chainId });
 * ```
 * @throws InvalidArgumentError for an address that is none, or whose path is longer than 107 bytes.
 */
export function connect(options: ConnectOptions): StrataClient {
  return clientOver(channelTo(options));
}

/** A client of a containerd, otherwise as `connect` makes it. @throws InvalidArgumentError as `connect`. */
export function connectContainerd(options: ConnectOptions): ContainerdClient {
  const channel = channelTo(options);
  return { ...clientOver(channel), ...clientContainerd(channel) };
}

function channelTo({ address, namespace = 'default' }: ConnectOptions): Channel {
  const found = socketPath(address);
  if ('problem' in found) throw new InvalidArgumentError(found.problem);
  return new Channel({ path: found.path, namespace });
}

function clientOver(channel: Channel): StrataClient {
  return {
    snapshotter: (name = defaultSnapshotter) => new RemoteSnapshotter(channel, name),
    events: clientEvents(channel),
    namespaces: clientNamespaces(channel),
    leases: clientLeases(channel),
    images: clientImages(channel),
    maintenance: clientMaintenance(channel),
    workspaces: clientWorkspaces(channel),
    ...clientIntrospection(channel),
    close: () => channel.close(),
    [Symbol.asyncDispose]: () => channel.close(),
  };
}
