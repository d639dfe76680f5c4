/** Keys are free text: none of them is looked at, and none becomes a path. */
import assert from 'node:assert/strict';
import { scenario } from '../../support/scenario.js';
import { methods, mustCall, namesOf, requests } from '../../support/snapshots-api.js';
import { Bench, baseline } from './bench.js';

/** Keys that look as if they wanted to be paths, options or markup, and are none of it. */
const oddKeys: readonly string[] = [
  'with space',
  ' ',
  'a/b',
  '/absolute',
  'trailing/',
  '../escape',
  '../../../../../../../../tmp/escape',
  '..',
  '.',
  'new\nline',
  'tab\tand\rreturn',
  'nul\0byte',
  '-rf',
  '--help',
  '%s%n%d',
  '$HOME',
  '`id`',
  "'; drop table snapshots; --",
  '__proto__',
  'constructor',
  'ünïcödé',
  '\u{1f980}',
  'extract-315423264-5r_q sha256:0123',
  'k'.repeat(32_768),
];

scenario('keys that look like something else', {}, async (running) => {
  const bench = await Bench.start(running);
  for (const key of oddKeys) {
    await bench.step(`works as a key: ${JSON.stringify(key.slice(0, 40))}`, async () => {
      await mustCall(bench.wire, methods.prepare, requests.create({ key, parent: 'base' }));
      await mustCall(bench.wire, methods.stat, requests.key(key));
      await mustCall(bench.wire, methods.mounts, requests.key(key));
      assert.deepEqual(
        (await namesOf(bench.wire)).filter((name) => !baseline.includes(name)),
        [key],
      );
      for (const name of await bench.strata.onDisk()) assert.match(name, /^\d+$/);
      const name = `${key.slice(0, 32_000)}+`;
      await mustCall(bench.wire, methods.commit, requests.commit({ name, key }));
      await mustCall(bench.wire, methods.prepare, requests.create({ key, parent: name }));
      await mustCall(bench.wire, methods.remove, requests.key(key));
      await mustCall(bench.wire, methods.remove, requests.key(name));
    });
  }
});
