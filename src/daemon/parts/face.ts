import { FailedPreconditionError } from '../../errors/index.js';
import { snapshotsTable } from '../../snapshots/index.js';
import { defineTable, type Store, textCodec } from '../../store/index.js';

/** How a daemon shows its snapshots: with namespaces of its own, or bare, to a containerd in front of it. */
export type Face = 'namespaced' | 'proxy';

/** Which face a root has been served with. */
export const faceTable = defineTable<readonly [name: string], string>({
  name: 'server.face',
  shape: ['string'],
  codec: textCodec,
});

const key = ['face'] as const;
const howToServe: Readonly<Record<Face, string>> = {
  namespaced: 'serve it without --proxy',
  proxy: 'serve it with --proxy',
};

/** Which face a root has been served with; undefined when it has not been, or nobody knows. */
export function faceOf(store: Pick<Store, 'read'>): Face | undefined {
  const held = store.read((tx) => tx.get(faceTable, key));
  return held === 'namespaced' || held === 'proxy' ? held : undefined;
}

/**
 * Notes which face the root is served with. Both faces name snapshots in the back end by numbers of their own, so on one
 * root they would run into each other; an empty root may change over.
 * @throws FailedPreconditionError when the root holds snapshots of the other face.
 */
export async function claimFace(store: Store, face: Face): Promise<void> {
  await store.write((tx) => {
    const held = tx.get(faceTable, key);
    if (held === face) return;
    if (held !== undefined && [...tx.range(snapshotsTable, { limit: 1 })].length > 0) {
      const other: Face = face === 'proxy' ? 'namespaced' : 'proxy';
      throw new FailedPreconditionError(
        `the store ${store.path} holds snapshots of the ${other} face: ${howToServe[other]}, or choose another --root`,
      );
    }
    tx.put(faceTable, key, face);
  });
}
