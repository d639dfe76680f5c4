import { FailedPreconditionError, NotFoundError, throwIfAborted, withContext } from '../../errors/index.js';
import type { ImportProgress } from '../api/index.js';
import { chainIds } from '../oci/digest.js';
import type { SourceImage, SourceLayer } from '../oci/source-image.js';
import type { ApplyOptions } from '../unpack/layer-applier.js';
import { unpackLayer } from '../unpack/unpack.js';
import { makeLayer } from './new-layer.js';
import type { ImportPlace } from './place.js';
import { commitStaged, dropStaged, stageLayer } from './staged-layer.js';

/** Told how far a layer is. */
export type TellProgress = (progress: ImportProgress) => void;

/** How many layers are unpacked at the same time: there are as many threads for it. */
const unpackedAtOnce = 4;

/** A layer of an image that is imported. */
interface NamedLayer {
  readonly layer: SourceLayer;
  readonly name: string;
  readonly parent: string | undefined;
  readonly told: Omit<ImportProgress, 'state' | 'bytes'>;
}

/**
 * Makes the layers of an image; those that are there are left as they are. Where layers are upper directories of overlays, several
 * are unpacked at the same time, and each is put upon the one below when that is committed. Elsewhere, and for a layer that
 * needs what is below it, that comes first.
 * @returns the names of the snapshots, the lowest first.
 * @throws as `Images.import`; layers that were committed by then stay.
 */
export async function importLayers(
  place: ImportPlace,
  { layers }: SourceImage,
  tell: TellProgress,
): Promise<readonly string[]> {
  const named = namedLayers(layers);
  const missing: NamedLayer[] = [];
  for (const each of named) {
    throwIfAborted(place.signal);
    if (await isThere(place, each.name)) tell({ ...each.told, state: 'exists', bytes: 0 });
    else missing.push(each);
  }
  await makeLayers(place, missing, tell);
  return named.map(({ name }) => name);
}

function namedLayers(layers: readonly SourceLayer[]): NamedLayer[] {
  const chain = chainIds(layers.map(({ diffId }) => diffId));
  return layers.map((layer, index) => ({
    layer,
    name: chain[index] ?? '',
    parent: chain[index - 1],
    told: { layer: layer.diffId, position: index + 1, layers: layers.length, total: layer.place.length },
  }));
}

async function isThere({ snapshotter, namespace, signal }: ImportPlace, name: string): Promise<boolean> {
  try {
    return (await snapshotter.stat(name, { namespace, signal })).kind === 'committed';
  } catch (error) {
    if (error instanceof NotFoundError) return false;
    throw error;
  }
}

async function makeLayers(place: ImportPlace, layers: readonly NamedLayer[], tell: TellProgress): Promise<void> {
  const failed = new AbortController();
  const signals = place.signal === undefined ? [failed.signal] : [place.signal, failed.signal];
  const stage = new Stage({ ...place, signal: AbortSignal.any(signals) }, tell);
  // The first has what it needs below it.
  const [, ...later] = layers;
  const staged = new Map(later.map((each) => [each, stage.run(each)]));
  try {
    for (const each of layers) {
      throwIfAborted(place.signal);
      const key = await staged.get(each);
      staged.delete(each);
      if (key !== undefined && each.parent !== undefined) {
        await commitStaged(place, key, { name: each.name, parent: each.parent }).catch(async (error: unknown) => {
          await dropStaged(place, key);
          throw named(error, each);
        });
      } else await importLayer(place, each, tell);
      tell({ ...each.told, state: 'done', bytes: each.told.total });
    }
  } catch (error) {
    failed.abort();
    const left = await Promise.allSettled(staged.values());
    for (const each of left) {
      if (each.status === 'fulfilled' && each.value !== undefined) await dropStaged(place, each.value);
    }
    throw error;
  }
}

/** Stages layers, a few at a time, as long as the back end can do that. */
class Stage {
  readonly #place: ImportPlace;
  readonly #tell: TellProgress;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #cannot = false;

  constructor(place: ImportPlace, tell: TellProgress) {
    this.#place = place;
    this.#tell = tell;
  }

  /** @returns the key of a staged layer; undefined when it has to wait for the one below. */
  run(layer: NamedLayer): Promise<string | undefined> {
    const staged = this.#inTurn(layer);
    // Looked at when its turn comes; another layer may fail before that.
    staged.catch(() => undefined);
    return staged;
  }

  async #inTurn(layer: NamedLayer): Promise<string | undefined> {
    if (this.#running >= unpackedAtOnce) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running += 1;
    try {
      return this.#cannot ? undefined : await this.#stage(layer);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  async #stage(layer: NamedLayer): Promise<string | undefined> {
    let wasAsked = false;
    try {
      throwIfAborted(this.#place.signal);
      const key = await stageLayer(this.#place, layer.parent ?? '', async (target) => {
        wasAsked = true;
        return await unpackInto(this.#place, layer, { target, tell: this.#tell });
      });
      this.#cannot ||= !wasAsked;
      return key;
    } catch (error) {
      throw named(error, layer);
    }
  }
}

async function importLayer(place: ImportPlace, layer: NamedLayer, tell: TellProgress): Promise<void> {
  const fill = async (target: ApplyOptions): Promise<string> => {
    await unpackInto(place, layer, { target, tell });
    return layer.name;
  };
  try {
    await makeLayer(place, { parent: layer.parent, fill });
  } catch (error) {
    throw named(error, layer);
  }
}

/** @returns whether the layer is complete. @throws FailedPreconditionError when it is not what its digests say. */
async function unpackInto(
  { limits, signal }: ImportPlace,
  { layer, told }: NamedLayer,
  { target, tell }: { readonly target: ApplyOptions; readonly tell: TellProgress },
): Promise<boolean> {
  const onRead = (bytes: number): void => tell({ ...told, state: 'unpacking', bytes });
  onRead(0);
  const { digest, diffId, isComplete } = await unpackLayer(layer.place, target, { limits, signal, onRead });
  requireSame('digest', digest, layer.digest);
  requireSame('diff ID', diffId, layer.diffId);
  return isComplete;
}

function requireSame(what: string, found: string, wanted: string): void {
  if (found !== wanted) throw new FailedPreconditionError(`its ${what} is ${found} and not ${wanted}`);
}

function named(error: unknown, { layer }: NamedLayer): Error {
  return withContext(error, `layer ${layer.diffId}`);
}
