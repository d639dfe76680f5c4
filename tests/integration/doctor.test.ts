/** `strata doctor` on this machine: with and without a daemon, with and without rights, and what it leaves. */
import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { mountsBelow } from '../support/mounts.js';
import { strataCommand } from '../support/paths.js';
import { type CommandResult, run } from '../support/run.js';
import { type Scenario, scenario } from '../support/scenario.js';
import { addressIn, Strata, serveArguments } from '../support/strata.js';

interface Diagnosis {
  readonly findings: readonly { readonly code: string; readonly severity: string }[];
  readonly backEnds: readonly { readonly name: string; readonly usable: boolean }[];
  readonly defaultSnapshotter: { readonly name: string; readonly reason: string };
  readonly facts: { readonly daemon: { readonly state: string }; readonly overlay: { readonly mounts: string } };
}

const read = ({ stdout }: CommandResult): Diagnosis => JSON.parse(stdout);
const codes = (diagnosis: Diagnosis): string[] => diagnosis.findings.map(({ code }) => code);

/** What stands where the daemon of a directory is to be. */
function place(directory: string): string[] {
  return [...serveArguments(directory).slice(1), ...address(directory)];
}

/** A socket of our own, since somebody may listen on the default one. */
function address(directory: string): string[] {
  return ['--address', addressIn(directory)];
}

async function empty(running: Scenario): Promise<string> {
  const directory = await running.directory();
  await chmod(directory, 0o755);
  return directory;
}

scenario('the doctor as root', { needs: ['overlay'] }, async (running) => {
  await running.step('looks at a machine without a daemon, and leaves nothing', async () => {
    const directory = await empty(running);
    const result = await run(strataCommand, ['doctor', '--json', ...place(directory)]);
    assert.equal(result.status, 0, result.stdout + result.stderr);
    const diagnosis = read(result);
    assert.ok(codes(diagnosis).includes('daemon-not-running'));
    assert.equal(diagnosis.facts.overlay.mounts, 'works');
    assert.equal(diagnosis.defaultSnapshotter.name, 'overlayfs');
    assert.deepEqual(await readdir(directory), []);
    assert.deepEqual(await mountsBelow(directory), []);
  });

  await running.step('asks a daemon that runs, and leaves its root as it is', async () => {
    const strata = await Strata.start(running);
    const root = path.join(strata.directory, 'root');
    const before = await readdir(root);
    const result = await run(strataCommand, ['doctor', '--json', ...place(strata.directory)]);
    assert.equal(result.status, 0, result.stdout + result.stderr);
    const diagnosis = read(result);
    assert.equal(diagnosis.facts.daemon.state, 'running');
    assert.deepEqual(diagnosis.defaultSnapshotter, { name: 'overlayfs', reason: 'it works here' });
    assert.deepEqual(await readdir(root), before);
  });

  await running.step('ends with 1 for a configuration that is wrong, and says where', async () => {
    const directory = await empty(running);
    const file = path.join(directory, 'config.toml');
    await writeFile(file, 'rot = "/srv"\n');
    const result = await run(strataCommand, ['doctor', '--config', file, ...address(directory)]);
    assert.equal(result.status, 1);
    assert.match(result.stdout, /config\.toml:1: unknown key rot, did you mean root\?/);
    assert.match(result.stdout, /One thing has to be fixed\.\n$/);
  });

  await running.step('ends with 1 when the default snapshotter cannot work here', async () => {
    const directory = await empty(running);
    const file = path.join(directory, 'config.toml');
    await writeFile(file, `root = "${directory}/root"\nsnapshotter = "nobody"\n`);
    const result = await run(strataCommand, ['doctor', '--json', '--config', file, ...address(directory)]);
    assert.equal(result.status, 1);
    assert.ok(codes(read(result)).includes('back-end-unusable'));
  });

  await running.step('ends with 2 for a wrong command line', async () => {
    assert.equal((await run(strataCommand, ['doctor', '--nonsense'])).status, 2);
  });
});

scenario('the doctor without rights', { needs: ['root', 'setpriv'] }, async (running) => {
  const unprivileged = async (directory: string): Promise<CommandResult> => {
    const rights = ['--reuid=65534', '--regid=65534', '--clear-groups', '--bounding-set=-all', '--inh-caps=-all'];
    const args = [...rights, '--', process.execPath, strataCommand, 'doctor', '--json', ...place(directory)];
    return run('setpriv', args, { env: { HOME: directory } });
  };

  await running.step("says that the root is another's, and that it may not mount", async () => {
    const result = await unprivileged(await empty(running));
    assert.equal(result.status, 1, result.stdout + result.stderr);
    const found = codes(read(result));
    assert.ok(found.includes('root-not-writable') && found.includes('unprivileged'), String(found));
  });

  await running.step('has nothing to fix where it may write', async () => {
    const directory = await empty(running);
    const own = path.join(directory, 'own');
    await mkdir(own);
    await chmod(own, 0o777);
    const result = await unprivileged(own);
    assert.equal(result.status, 0, result.stdout + result.stderr);
    const diagnosis = read(result);
    assert.equal(diagnosis.facts.overlay.mounts, 'untried');
    assert.equal(diagnosis.defaultSnapshotter.name, 'overlayfs');
    assert.deepEqual(await readdir(own), []);
  });
});
