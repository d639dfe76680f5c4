import { FailedPreconditionError, NotFoundError, throwIfAborted, withContext } from '../../errors/index.js';
import type { ImportProgress } from '../api/index.js';
import { chainIds } from '../oci/digest.js';
import type { SourceImage, SourceLayer } from '../oci/source-image.js';
import { unpackLayer } from '../unpack/unpack.js';
import { makeLayer } from './new-layer.js';
import type { ImportPlace } from './place.js';

/** Told how far a layer is. */
export type TellProgress = (progress: ImportProgress) => void;

/**
 * Makes the layers of an image, from the lowest up; those that are there are left as they are.
 * @returns the names of the snapshots, the lowest first.
 * @throws as `Images.import`; layers that were complete by then stay.
 */
export async function importLayers(
  place: ImportPlace,
  { layers }: SourceImage,
  tell: TellProgress,
): Promise<readonly string[]> {
  const chain = chainIds(layers.map(({ diffId }) => diffId));
  for (const [index, layer] of layers.entries()) {
    throwIfAborted(place.signal);
    const told = toldOf(layer, { position: index + 1, layers: layers.length });
    const name = chain[index] ?? '';
    if (await isThere(place, name)) tell({ ...told, state: 'exists', bytes: 0 });
    else {
      const onRead = (bytes: number): void => tell({ ...told, state: 'unpacking', bytes });
      await importLayer(place, { layer, name, parent: chain[index - 1] }, onRead);
      tell({ ...told, state: 'done', bytes: told.total });
    }
  }
  return chain;
}

function toldOf(
  { diffId, place }: SourceLayer,
  position: Pick<ImportProgress, 'position' | 'layers'>,
): Omit<ImportProgress, 'state' | 'bytes'> {
  return { layer: diffId, ...position, total: place.length };
}

async function isThere({ snapshotter, namespace, signal }: ImportPlace, name: string): Promise<boolean> {
  try {
    return (await snapshotter.stat(name, { namespace, signal })).kind === 'committed';
  } catch (error) {
    if (error instanceof NotFoundError) return false;
    throw error;
  }
}

interface NamedLayer {
  readonly layer: SourceLayer;
  readonly name: string;
  readonly parent: string | undefined;
}

async function importLayer(
  place: ImportPlace,
  { layer, name, parent }: NamedLayer,
  onRead: (bytes: number) => void,
): Promise<void> {
  const { limits, signal } = place;
  try {
    await makeLayer(place, {
      parent,
      async fill(target) {
        onRead(0);
        const { digest, diffId } = await unpackLayer(layer.place, target, { limits, signal, onRead });
        requireSame('digest', digest, layer.digest);
        requireSame('diff ID', diffId, layer.diffId);
        return name;
      },
    });
  } catch (error) {
    throw withContext(error, `layer ${layer.diffId}`);
  }
}

function requireSame(what: string, found: string, wanted: string): void {
  if (found !== wanted) throw new FailedPreconditionError(`its ${what} is ${found} and not ${wanted}`);
}
