import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Environment } from './environment.js';
import { placedOptions, renderPath } from './option.js';
import { renderToml } from './render-toml.js';
import { defaultConfig, resolveConfig } from './resolve.js';
import { schema } from './schema.js';

const root: Environment = { uid: 0, gid: 0, variables: {} };
const options = [...placedOptions(schema)];

test('every setting is a line of the default file, with what it means above it', () => {
  const lines = renderToml(defaultConfig(root), { comments: true }).split('\n');
  for (const { path, option } of options) {
    const key = renderPath(path.slice(-1));
    const at = lines.flatMap((line, index) => (line.startsWith(`${key} = `) ? [index] : []));
    assert.ok(at.length > 0, `${key} has a line`);
    const firstWords = option.doc.split(' ').slice(0, 3).join(' ');
    const above = at.map((index) => lines[lines.slice(0, index).lastIndexOf('') + 1] ?? '');
    assert.ok(
      above.some((line) => line.startsWith(`# ${firstWords}`)),
      `${key}: ${above}`,
    );
  }
});

test('no line of the default file is longer than 102 characters', () => {
  for (const line of renderToml(defaultConfig(root), { comments: true }).split('\n'))
    assert.ok(line.length <= 102, line);
});

test('without comments only keys, tables and empty lines are left', () => {
  for (const line of renderToml(defaultConfig(root), { comments: false }).split('\n'))
    assert.match(line, /^$|^\[|^\w+ = /);
});

for (const comments of [true, false]) {
  test(`a file ${comments ? 'with' : 'without'} comments reads back as the same configuration`, async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'strata-config-'));
    t.after(() => rm(directory, { recursive: true }));
    const flags = [
      { path: ['grpc', 'mode'], value: '0640', origin: '' },
      { path: ['grpc', 'max_message_size'], value: 70_001, origin: '' },
      { path: ['shutdown_timeout'], value: '1.5s', origin: '' },
      { path: ['disabled_plugins'], value: ['a', 'b "c"\n'], origin: '' },
      { path: ['root'], value: '/a\u007f\u00e9', origin: '' },
    ];
    const config = await resolveConfig({ file: '/dev/null', flags, environment: root });
    const file = join(directory, 'config.toml');
    await writeFile(file, renderToml(config, { comments }));
    // Another user's defaults: nothing may be left to them.
    const environment: Environment = { uid: 7, gid: 7, variables: {} };
    assert.deepEqual(await resolveConfig({ file, environment }), config);
  });
}
