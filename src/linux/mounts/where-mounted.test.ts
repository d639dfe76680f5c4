import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { reasonToSkip } from '../../../tests/support/needs/index.js';
import { mountAll, unmountAll } from './mount.js';
import type { MountSpec } from './mount-options.js';
import { whereMounted } from './where-mounted.js';

const skip = await reasonToSkip(['root', 'overlay']);

/** Directories of layers, and a place to mount at, that go with the test. */
function place(t: TestContext) {
  const directory = mkdtempSync(path.join(tmpdir(), 'strata-where-'));
  const at = (name: string) => path.join(directory, name);
  for (const name of ['lower', 'upper', 'work', 'target']) mkdirSync(at(name));
  t.after(async () => {
    await unmountAll(at('target'));
    rmSync(directory, { recursive: true, force: true });
  });
  return at;
}

const overlay = (at: (name: string) => string): MountSpec => ({
  type: 'overlay',
  source: 'overlay',
  target: '',
  options: [`workdir=${at('work')}`, `upperdir=${at('upper')}`, `lowerdir=${at('lower')}`],
});

describe('whereMounted', { skip }, () => {
  it('finds an overlay that writes into an upper directory, and no other', async (t) => {
    const at = place(t);
    assert.equal(whereMounted([overlay(at)]), undefined);
    await mountAll([overlay(at)], at('target'));
    assert.equal(whereMounted([overlay(at)]), `is mounted at ${at('target')}`);
    const readOnly = { ...overlay(at), options: [`lowerdir=${at('upper')}:${at('lower')}`] };
    assert.equal(whereMounted([readOnly]), undefined);
    await unmountAll(at('target'));
    assert.equal(whereMounted([overlay(at)]), undefined);
  });

  it('finds a directory that is bound, or a part of it', async (t) => {
    const at = place(t);
    const bind = (source: string): MountSpec => ({ type: 'bind', source, target: '', options: ['rbind', 'rw'] });
    assert.equal(whereMounted([bind(at('upper'))]), undefined);
    mkdirSync(path.join(at('upper'), 'part'));
    await mountAll([bind(path.join(at('upper'), 'part'))], at('target'));
    assert.equal(whereMounted([bind(at('upper'))]), `is mounted at ${at('target')}`);
    assert.equal(whereMounted([bind(at('lower'))]), undefined);
  });

  it('finds nothing where nothing is', () => {
    assert.equal(whereMounted([]), undefined);
  });
});
