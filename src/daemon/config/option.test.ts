import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { camelCase, defaultOf, option, placedOptions, renderPath, section } from './option.js';
import { string } from './value-types.js';

const environment = { uid: 7, gid: 7, variables: { HOME: '/home/ann' } };

describe('settings', () => {
  it('have a default, which may depend on who runs the daemon', () => {
    assert.equal(defaultOf(option({ type: string, default: 'a', doc: '' }), environment), 'a');
    const own = option({ type: string, default: ({ uid }) => `of ${uid}`, doc: '' });
    assert.equal(defaultOf(own, environment), 'of 7');
  });

  it('are found in all tables, in their order', () => {
    const leaf = option({ type: string, default: '', doc: '' });
    const table = section('', { a: leaf, b: section('', { 'x.y': leaf, c: section('', { d: leaf }) }), e: leaf });
    const paths = [...placedOptions(table)].map(({ path }) => renderPath(path));
    assert.deepEqual(paths, ['a', 'b."x.y"', 'b.c.d', 'e']);
  });

  it('have names in TypeScript', () => {
    assert.equal(camelCase('max_message_size'), 'maxMessageSize');
    assert.equal(camelCase('io.containerd.snapshotter.v1.native'), 'io.containerd.snapshotter.v1.native');
  });

  it('have paths that TOML reads as they are', () => {
    assert.equal(renderPath(['plugins', 'a.b', 'c d', 'e-f_1', '']), 'plugins."a.b"."c d".e-f_1.""');
  });
});
