import assert from 'node:assert/strict';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { ConfigSources } from '../daemon/index.js';
import { examine } from './examine.js';
import type { DaemonFacts } from './facts.js';

const environment = { uid: 0, gid: 0, variables: {} };

describe('a diagnosis', () => {
  let directory: string;
  let root: string;
  beforeEach(async () => {
    directory = await realpath(await mkdtemp(path.join(tmpdir(), 'strata-examine-')));
    root = path.join(directory, 'root');
    await mkdir(root);
  });
  afterEach(() => rm(directory, { recursive: true }));

  /** Examines with a daemon that has the root, and does without a back end. */
  const look = (sources: ConfigSources) => {
    const exports = new Map<string, string>();
    const plugin = {
      type: 'io.containerd.snapshotter.v1',
      id: 'native',
      problem: 'it is off',
      skipped: true,
      capabilities: [],
      exports,
    };
    const ask = async (address: string): Promise<DaemonFacts> => {
      return { address, state: 'running', version: '1', root, plugins: [plugin] };
    };
    return examine({ environment, ...sources }, ask);
  };
  const named = (value: string): ConfigSources => ({ flags: [{ path: ['root'], value, origin: '--root' }] });

  it('is about the root of the daemon when none is named', async () => {
    const { facts, findings, backEnds } = await look({});
    assert.equal(facts.root.path, root);
    assert.equal(facts.settings.root, root);
    assert.equal(
      findings.find(({ code }) => code === 'daemon-other-root'),
      undefined,
    );
    assert.equal(backEnds.find(({ name }) => name === 'native')?.usable, false);
  });

  it('is about the root that is named, by a flag or a file, and tells it from that of the daemon', async () => {
    const other = path.join(directory, 'other');
    const file = path.join(directory, 'config.toml');
    await writeFile(file, `root = "${other}"\n`);
    for (const sources of [named(other), { file }]) {
      const { facts, findings, backEnds } = await look(sources);
      assert.equal(facts.root.path, other);
      assert.equal(findings.find(({ code }) => code === 'daemon-other-root')?.severity, 'notice');
      assert.equal(backEnds.find(({ name }) => name === 'native')?.usable, true);
    }
  });

  it('knows the root of the daemon by another name', async () => {
    const link = path.join(directory, 'link');
    await symlink(root, link);
    const { facts, findings, backEnds } = await look(named(link));
    assert.equal(facts.root.path, link);
    assert.equal(
      findings.find(({ code }) => code === 'daemon-other-root'),
      undefined,
    );
    assert.equal(backEnds.find(({ name }) => name === 'native')?.usable, false);
  });
});
