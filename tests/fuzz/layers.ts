/**
 * Layers: whatever an archive holds, nothing outside of the root changes; and a layer that can be unpacked without those below
 * it gives, put upon them by overlay, the same tree as over them.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { TarReader } from '../../src/images/tar/reader.js';
import { LayerApplier } from '../../src/images/unpack/layer-applier.js';
import { InvalidArgumentError } from '../../src/index.js';
import { temporaryMount } from '../../src/linux/index.js';
import { type MadeEntry, makeTar } from '../support/make-tar.js';
import type { Random } from '../support/random.js';
import { treeOf } from '../support/tree-of.js';
import type { Fuzzed, FuzzTarget } from './target.js';

const limits = { entries: 1000, bytes: 1e6 };
const steps = ['a', 'b', 'c', 'l', '..', '.'] as const;
const links = ['a', '../a', '/b', '..', 'l', 'a/b', '../../../outside', '/outside'] as const;

/** Directories that layers list mostly, so that most need nothing of those below. */
const listed = ['a', 'b', 'c', 'l', 'a/a', 'a/b', 'a/c', 'b/a', 'b/b', 'b/c', 'c/a', 'c/b', 'l/a', 'l/b'].map(
  (name) => ({
    name,
    type: '5',
    mode: 0o755,
    mtime: 1,
  }),
);

/** The target. */
export const layers: FuzzTarget = {
  name: 'layers',
  needs: ['root', 'overlay'],
  attempts: 300,
  open: async (directory) =>
    ({ attempt: (random) => attempt(random, directory), [Symbol.asyncDispose]: async () => {} }) satisfies Fuzzed,
};

async function attempt(random: Random, directory: string): Promise<void> {
  const at = (name: string) => path.join(directory, name);
  for (const name of readdirSync(directory)) rmSync(at(name), { recursive: true });
  for (const name of ['outside', 'upper', 'work']) mkdirSync(at(name));
  writeFileSync(at('outside/file'), 'untouched');
  // The same below both.
  const lower = random.fork();
  const again = random.fork();
  makeLower(at('lower'), lower, at('outside'));
  const outside = treeOf(at('outside'));
  const any = Array.from({ length: 1 + again.below(8) }, () => anyEntry(again, at('outside')));
  const entries = again.chance(0.7) ? [...listed, ...any] : any;
  const archive = makeTar(entries);

  const alone = apply(archive, { root: at('upper'), droppedAttributes: [], opaqueAttribute: 'trusted.overlay.opaque' });
  const options = [`workdir=${at('work')}`, `upperdir=${at('upper')}`, `lowerdir=${at('lower')}`];
  const together: string[] = [];
  if (alone === true) {
    await using mount = await temporaryMount([{ type: 'overlay', source: 'overlay', target: '', options }], {
      directory,
    });
    together.push(...seen(mount.path));
  }
  const over = apply(archive, { root: at('lower'), droppedAttributes: [] });
  assert.deepEqual(treeOf(at('outside')), outside, 'outside of the root');
  const shown = JSON.stringify(entries);
  if (alone === true && over === true) assert.deepEqual(together, seen(at('lower')), shown);
  if (alone === true) assert.equal(over, true, shown);
}

/** Whether a layer was applied as a whole; its error when it was refused. */
function apply(
  archive: Buffer,
  options: ConstructorParameters<typeof LayerApplier>[0],
): boolean | InvalidArgumentError {
  using applier = new LayerApplier(options);
  const reader = new TarReader(applier, limits);
  try {
    reader.write(archive);
    reader.end();
    return applier.finish();
  } catch (error) {
    if (error instanceof InvalidArgumentError) return error;
    throw error;
  }
}

/** Everything but times, which are those of the attempt, and what belongs to overlay. */
function seen(top: string): string[] {
  return treeOf(top).map((line) => line.replace(/^(\S+ \d+ \d+ \d+ \d+) -?\d+/, '$1').replace(/ trusted\.\S+/g, ''));
}

function makeLower(top: string, random: Random, outside: string): void {
  mkdirSync(top);
  const fill = (directory: string, depth: number): void => {
    for (const name of ['a', 'b', 'c', 'l']) {
      const file = path.join(directory, name);
      const kind = random.below(5);
      if (kind === 0) writeFileSync(file, 'below');
      else if (kind === 1) symlinkSync(random.pick([...links, outside]), file);
      else if (kind < 4 && depth < 3) {
        mkdirSync(file);
        fill(file, depth + 1);
      }
    }
  };
  fill(top, 0);
}

function anyEntry(random: Random, outside: string): MadeEntry {
  const name = Array.from({ length: 1 + random.below(3) }, () => random.pick(steps)).join('/');
  const link = random.pick([...links, outside]);
  const common = { name, mtime: 1 };
  switch (random.below(8)) {
    case 0:
    case 1:
    case 2:
      return { ...common, type: '5', mode: 0o755 };
    case 3:
      return { ...common, type: '2', link };
    case 4:
      return { ...common, type: '1', link };
    case 5:
      return { ...common, name: `${name}/.wh.${random.pick(['a', 'b', 'l', '.wh..opq'])}` };
    case 6:
      return { ...common, name: `.wh.${random.pick(['a', 'b', 'l'])}` };
    default:
      return { ...common, content: 'new' };
  }
}
