/** The requests of containerd's Snapshots service, by hand. */
import assert from 'node:assert/strict';
import { mapFields, message, readFields, textOf } from './protobuf.js';
import { type Answer, type CallOptions, codes, type Wire } from './wire.js';

/** The paths of the methods. */
export const methods = {
  prepare: '/containerd.services.snapshots.v1.Snapshots/Prepare',
  view: '/containerd.services.snapshots.v1.Snapshots/View',
  mounts: '/containerd.services.snapshots.v1.Snapshots/Mounts',
  commit: '/containerd.services.snapshots.v1.Snapshots/Commit',
  remove: '/containerd.services.snapshots.v1.Snapshots/Remove',
  stat: '/containerd.services.snapshots.v1.Snapshots/Stat',
  update: '/containerd.services.snapshots.v1.Snapshots/Update',
  list: '/containerd.services.snapshots.v1.Snapshots/List',
  usage: '/containerd.services.snapshots.v1.Snapshots/Usage',
  cleanup: '/containerd.services.snapshots.v1.Snapshots/Cleanup',
  forward: '/containerd.services.events.v1.Events/Forward',
  subscribe: '/containerd.services.events.v1.Events/Subscribe',
  createNamespace: '/containerd.services.namespaces.v1.Namespaces/Create',
  updateNamespace: '/containerd.services.namespaces.v1.Namespaces/Update',
} as const;

/** The snapshotter that is asked for when a request does not say otherwise. */
export const snapshotter = 'overlayfs';

/** What a Prepare or View says. */
export interface Creation {
  readonly key: string;
  readonly parent?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** The messages of the requests. */
export const requests = {
  create: ({ key, parent = '', labels = {} }: Creation) =>
    message([1, snapshotter], [2, key], [3, parent], ...mapFields(4, labels)),
  commit: ({ name, key, labels = {}, parent = '' }: Omit<Creation, 'key'> & { name: string; key: string }) =>
    message([1, snapshotter], [2, name], [3, key], ...mapFields(4, labels), [5, parent]),
  key: (key: string) => message([1, snapshotter], [2, key]),
  update: ({ name, labels = {}, paths = [] }: UpdateFields) =>
    message(
      [1, snapshotter],
      [2, message([1, name], ...mapFields(6, labels))],
      [3, message(...paths.map((path): [number, string] => [1, path]))],
    ),
  list: (...filters: readonly string[]) =>
    message([1, snapshotter], ...filters.map((text): [number, string] => [2, text])),
  snapshotter: (name: string) => message([1, name]),
} as const;

interface UpdateFields {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly paths?: readonly string[];
}

/** Sends a call that has to succeed. */
export async function mustCall(wire: Wire, method: string, body: Buffer, options?: CallOptions): Promise<Answer> {
  const answer = await wire.call(method, body, options);
  assert.equal(answer.code, codes.ok, `${method}: ${answer.text}`);
  return answer;
}

/** The names of all snapshots, in the order in which List has them. */
export async function namesOf(wire: Wire): Promise<string[]> {
  const { messages } = await mustCall(wire, methods.list, requests.list());
  const infos = messages.flatMap((fields) => fields.filter(({ number }) => number === 1));
  return infos.map(({ bytes }) => textOf(readFields(bytes), 1));
}
