import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';

const run = new URL('./run.js', import.meta.url);
const io = new URL('./io.js', import.meta.url);

/** Runs a command line with nobody at its address, and prints which packages that has loaded, and whether what threads need. */
const script = (args: readonly string[]): string => `
  import { registerHooks } from 'node:module';
  import { PassThrough } from 'node:stream';
  const packages = new Set();
  registerHooks({
    load(url, context, next) {
      const [, name] = /\\/node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(url) ?? [];
      if (name !== undefined) packages.add(name);
      if (url.includes('/base/worker')) packages.add('threads');
      return next(url, context);
    },
  });
  const [{ runCli }, { processIo }] = await Promise.all([import('${run}'), import('${io}')]);
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  await runCli(${JSON.stringify(args)}, { ...processIo(), stdout, stderr });
  process.stdout.write([...packages].sort().join(' '));
  process.exit();
`;

function loaded(args: readonly string[]): string {
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script(args)]);
  assert.equal(String(stderr), '');
  return String(stdout);
}

const client = '@bufbuild/protobuf @grpc/grpc-js @js-sdsl/ordered-map commander picocolors';

/** Most of what a short command takes is loading, so that each package counts. */
const expected: readonly (readonly [args: readonly string[], packages: string])[] = [
  [['rm', '--help'], 'commander picocolors'],
  [['--help'], 'commander picocolors'],
  [['--version'], 'commander picocolors'],
  [['config', 'default'], 'commander picocolors'],
  [['version', '-a', '/nobody/here'], 'commander picocolors'],
  [['ls', '-a', '/nobody/here'], client],
  [['tree', '-a', '/nobody/here'], client],
  [['rm', 'a', '-a', '/nobody/here'], client],
  [['check', '-a', '/nobody/here'], client],
];

describe('a command loads what it needs', () => {
  for (const [args, packages] of expected) {
    it(`strata ${args.join(' ')}`, () => assert.equal(loaded(args), packages));
  }
});
