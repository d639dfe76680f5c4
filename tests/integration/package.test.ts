/** The package as somebody installs it: what is in it, whether its types compile, and what it does on which Node. */
import assert from 'node:assert/strict';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { oldNode, onNode } from '../support/old-node.js';
import { checkout } from '../support/paths.js';
import { mustRun, run } from '../support/run.js';
import { scenario } from '../support/scenario.js';

const entries = [
  'strata-snapshotter',
  'strata-snapshotter/client',
  'strata-snapshotter/driver',
  'strata-snapshotter/testing',
];

/** A back end from outside, and the contract over it. */
const backEnd = `
import { mkdtemp, rm } from 'node:fs/promises';
import { type Driver, type DriverSnapshot, type Mount, noUsage, type OpenDriver, throwIfAborted, type Usage } from 'strata-snapshotter/driver';
import { openStrata } from 'strata-snapshotter';
import { testSnapshotter } from 'strata-snapshotter/testing';

class Names implements Driver {
  readonly capabilities = { names: [] };
  readonly #names = new Set<string>();
  constructor(readonly root: string) {}
  async create({ id }: DriverSnapshot, { signal }: { signal?: AbortSignal }): Promise<void> {
    throwIfAborted(signal);
    this.#names.add(id);
  }
  async seal(): Promise<Usage> {
    return noUsage;
  }
  mounts({ id, kind }: DriverSnapshot): readonly Mount[] {
    return [{ type: 'names', source: id, target: '', options: [kind === 'active' ? 'rw' : 'ro'] }];
  }
  async usage(): Promise<Usage> {
    return noUsage;
  }
  async discard(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#names.delete(id);
  }
  async *ids(): AsyncGenerator<string> {
    yield* this.#names;
  }
  async close(): Promise<void> {}
  async [Symbol.asyncDispose](): Promise<void> {}
}

const openNames: OpenDriver = ({ root }) => new Names(root);

testSnapshotter('names', {
  async open(t) {
    const root = await mkdtemp('/tmp/strata-names-');
    const strata = await openStrata({ root, drivers: { names: openNames } });
    t.after(async () => {
      await strata.close();
      await rm(root, { recursive: true });
    });
    return { snapshotter: strata.snapshotter('names') };
  },
  noMountReason: 'names cannot be mounted',
});
`;

/** A program of each kind of client. */
const clients = `
import { connect as lightConnect, type ConnectOptions, StrataError as LightError, type StrataClient } from 'strata-snapshotter/client';
import { connect, type EmbeddedStrata, openStrata, type Mount, type Snapshotter, StrataError } from 'strata-snapshotter';

export async function embedded(root: string): Promise<EmbeddedStrata> {
  const strata = await openStrata({ root });
  const { size }: { size: number } = await strata.snapshotter().usage('work');
  const mounts: readonly Mount[] = await strata.snapshotter().prepare({ key: String(size), labels: new Map([['a', 'b']]) });
  console.log(mounts, LightError === StrataError);
  return strata;
}

const options: ConnectOptions = { address: '/run/strata/strata.sock' };
const client: StrataClient = lightConnect(options);
export const snapshotters: readonly Snapshotter[] = [client.snapshotter(), connect(options).snapshotter('native')];
`;

/** Loads an entry and says what of other packages and of native code came with it. */
const load = (entry: string) => `
import { createRequire } from 'node:module';
const names = Object.keys(await import('${entry}'));
const packages = Object.keys(createRequire(import.meta.url).cache);
const native = process.report.getReport().sharedObjects.filter((file) => file.endsWith('.node'));
console.log(JSON.stringify({ names, heavy: [...packages, ...native].filter((file) => /koffi|sqlite|lmdb/.test(file)) }));
`;

/** Has a program list the files that it loads on its standard error. */
const listing = `
import { registerHooks } from 'node:module';
registerHooks({
  load(url, context, next) {
    process.stderr.write(url + '\\n');
    return next(url, context);
  },
});
`;

scenario('the package', { needs: ['old node'] }, async (running) => {
  const directory = await running.directory();
  const installed = await install(directory);
  const evaluate = (program: string, env?: NodeJS.ProcessEnv) =>
    run('node', ['--input-type=module', '--eval', program], { cwd: directory, ...(env === undefined ? {} : { env }) });

  await running.step('holds the command, what it is compiled to, and pages', async () => {
    const { stdout } = await run('find', [installed, '-type', 'f', '-printf', '%P\n']);
    const files = stdout.split('\n').filter((file) => file !== '');
    const wanted =
      /^(bin\/(strata|package\.json)|dist\/.*\.(js|d\.ts)|contrib\/.*|docs\/.*\.md|package\.json|README\.md|LICENSE)$/;
    assert.deepEqual(
      files.filter((file) => !wanted.test(file)),
      [],
    );
    assert.deepEqual(
      files.filter((file) => /\.test\.|fixture|(^|\/)tests\//.test(file)),
      [],
    );
    assert.ok(files.includes('dist/index.d.ts'));
  });

  await running.step('has types that compile in a strict project, with those of all libraries', async () => {
    await writeFile(path.join(directory, 'clients.ts'), clients);
    await writeFile(path.join(directory, 'back-end.ts'), backEnd);
    for (const resolution of ['bundler', 'nodenext']) {
      const compilerOptions = {
        strict: true,
        noUncheckedIndexedAccess: true,
        skipLibCheck: false,
        target: 'es2024',
        lib: ['es2024', 'esnext.disposable'],
        module: resolution === 'nodenext' ? 'nodenext' : 'preserve',
        moduleResolution: resolution,
        types: ['node'],
      };
      const files = ['clients.ts', 'back-end.ts'];
      await writeFile(path.join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
      await mustRun(path.join(checkout, 'node_modules/.bin/tsc'), ['-p', directory]);
    }
  });

  await running.step('takes a back end from outside, which keeps the contract', async () => {
    // A runner would count them among the tests of this file.
    const env = { NODE_TEST_CONTEXT: undefined };
    assert.match(await mustRun('node', ['--test', path.join(directory, 'back-end.js')], { env }), /^. fail 0$/m);
  });

  for (const entry of entries) {
    await running.step(`${entry} loads no store and no native code before it is used`, async () => {
      const { stdout, stderr } = await evaluate(load(entry));
      assert.equal(stderr, '');
      const { names, heavy } = JSON.parse(stdout);
      assert.notEqual(names.length, 0);
      assert.deepEqual(heavy, []);
    });
  }

  await running.step('makes layers, with nothing installed but what it depends on', async () => {
    const program = `
      import { openStrata } from 'strata-snapshotter';
      await using strata = await openStrata({ root: '${directory}/root' });
      await strata.snapshotter().prepare({ key: 'build' });
      await strata.snapshotter().commit({ key: 'build', name: 'base' });
      console.log((await strata.snapshotter().stat('base')).kind);
    `;
    const compiled = path.join(directory, 'layers.mjs');
    await writeFile(compiled, program.replace('await using', 'const').concat('await strata.close();'));
    assert.equal(await mustRun('node', [compiled]), 'committed\n');
  });

  const command = path.join(directory, 'node_modules/.bin/strata');
  await running.step('has a command', async () => {
    assert.match(await mustRun(command, ['version']), /^Client: +\d+\./);
  });

  await running.step('loads only what a command needs', async () => {
    const hooks = path.join(directory, 'listing.mjs');
    await writeFile(hooks, listing);
    const filesOf = async (...args: readonly string[]) => {
      const { stdout, stderr } = await run('node', ['--import', hooks, command, ...args]);
      assert.notEqual(stdout, '');
      return stderr.split('\n').filter((url) => url.startsWith('file:'));
    };
    const heavy = (file: string) => /grpc-js|pino|koffi|sqlite|lmdb|smol-toml|\/rpc\/client\//.test(file);
    assert.deepEqual((await filesOf('--help')).filter(heavy), []);
    const files = await filesOf('ls', '--help');
    assert.deepEqual(files.filter(heavy), []);
    assert.deepEqual(
      files.filter((file) => /\/cli\/commands\/(?!index)/.test(file)).map((file) => path.basename(file)),
      ['ls.js', 'snapshot-rows.js'],
    );
  });

  await running.step('says in one sentence that a Node is too old, before anything native is loaded', async () => {
    const sentence = /^strata: Strata needs Node 22\.15 or newer, and this is Node 20\.[\d.]+\n$/;
    const { status, stdout, stderr } = await run(command, ['ls'], { env: onNode(oldNode) });
    assert.deepEqual({ status, stdout }, { status: 1, stdout: '' });
    assert.match(stderr, sentence);
    for (const entry of entries) {
      const program = `await import('${entry}').catch(({ message }) => console.log(message));
        console.log(process.report.getReport().sharedObjects.filter((file) => file.endsWith('.node')).length);`;
      const { stdout, stderr } = await evaluate(program, onNode(oldNode));
      assert.match(
        stdout,
        /^Strata needs Node 22\.15 or newer, and this is Node 20\.[\d.]+\n0\n$/,
        `${entry}: ${stderr}`,
      );
    }
  });
});

/** Installs what `npm pack` packs, with the packages that it depends on and Node's types. Gives where the package is. */
async function install(directory: string): Promise<string> {
  const packed = await mustRun('npm', ['pack', '--silent', '--pack-destination', directory], {
    cwd: checkout,
  });
  const modules = path.join(directory, 'node_modules');
  const installed = path.join(modules, 'strata-snapshotter');
  await mkdir(path.join(modules, '.bin'), { recursive: true });
  await mkdir(installed);
  await mustRun('tar', ['-xzf', path.join(directory, packed.trim()), '-C', installed, '--strip-components=1']);
  const { dependencies } = JSON.parse(await readFile(path.join(installed, 'package.json'), 'utf8'));
  for (const name of [...Object.keys(dependencies), '@types/node']) {
    await mkdir(path.dirname(path.join(modules, name)), { recursive: true });
    await symlink(path.join(checkout, 'node_modules', name), path.join(modules, name));
  }
  await symlink('../strata-snapshotter/bin/strata', path.join(modules, '.bin/strata'));
  await writeFile(path.join(directory, 'package.json'), '{ "type": "module" }');
  return installed;
}
