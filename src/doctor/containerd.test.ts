import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { accepts, containerdFacts, parseContainerdVersion, readContainerdConfig } from './containerd.js';

const usual = '/run/containerd/containerd.sock';
const usually = { criSnapshotter: 'overlayfs', unpacksInto: ['overlayfs'] };

describe("containerd's configuration", () => {
  it('names its socket and its proxies', () => {
    const toml = `
version = 3
[grpc]
address = "/c.sock"
[proxy_plugins.strata]
type = "snapshot"
address = "/s.sock"
[proxy_plugins.other]
`;
    const unsaid = { capabilities: [], root: undefined };
    assert.deepEqual(readContainerdConfig(toml), {
      ...usually,
      address: '/c.sock',
      proxies: [
        { name: 'strata', type: 'snapshot', address: '/s.sock', ...unsaid },
        { name: 'other', type: '', address: '', ...unsaid },
      ],
    });
  });

  it('says what a proxy can do and where its files are', () => {
    const toml = `
[proxy_plugins.strata]
capabilities = ["remap-ids", 5]
[proxy_plugins.strata.exports]
root = "/files"
`;
    const [proxy] = readContainerdConfig(toml).proxies;
    assert.deepEqual([proxy?.capabilities, proxy?.root], [['remap-ids'], '/files']);
  });

  for (const [format, table] of [
    [2, '[plugins."io.containerd.grpc.v1.cri".containerd]'],
    [3, "[plugins.'io.containerd.cri.v1.images']"],
  ] as const) {
    it(`names the snapshotter of CRI, in version ${format} of the format`, () => {
      const { criSnapshotter } = readContainerdConfig(`version = ${format}\n${table}\nsnapshotter = "strata"\n`);
      assert.equal(criSnapshotter, 'strata');
    });
  }

  it('may have CRI off', () => {
    for (const name of ['cri', 'io.containerd.grpc.v1.cri', 'io.containerd.cri.v1.images']) {
      assert.equal(readContainerdConfig(`disabled_plugins = ["${name}"]`).criSnapshotter, undefined);
    }
  });

  it('names what the transfer service unpacks into', () => {
    const table = (name: string) =>
      `[[plugins."io.containerd.transfer.v1.local".unpack_config]]\nplatform = "linux/amd64"\nsnapshotter = "${name}"\n`;
    assert.deepEqual(readContainerdConfig(table('strata') + table('overlayfs')).unpacksInto, ['strata', 'overlayfs']);
  });

  it('has the usual socket where it names none, or something that is none', () => {
    for (const toml of ['', 'grpc = 1', '[grpc]\naddress = ""', '[grpc]\naddress = 5', 'proxy_plugins = []']) {
      assert.deepEqual(readContainerdConfig(toml), { ...usually, address: usual, proxies: [] });
    }
  });

  it('may have numbers of 64 bits', () => {
    assert.equal(readContainerdConfig('oom_score = 9223372036854775807').address, usual);
  });

  it('is refused when it is no TOML', () => assert.throws(() => readContainerdConfig('a = = b')));
});

describe("containerd's version", () => {
  const versions: readonly (readonly [line: string, version: string])[] = [
    ['containerd github.com/containerd/containerd 1.7.24~ds1 1.7.24~ds1-6\n', '1.7.24~ds1'],
    ['containerd github.com/containerd/containerd/v2 v2.1.0 061792f\n', 'v2.1.0'],
    ['containerd', 'unknown'],
    ['', 'unknown'],
  ];
  for (const [line, version] of versions) {
    it(`is ${version} in ${JSON.stringify(line)}`, () => assert.equal(parseContainerdVersion(line), version));
  }
});

describe('what there is of containerd', () => {
  let directory: string;
  let file: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'strata-containerd-'));
    file = join(directory, 'config.toml');
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('is found out by its file and its socket', async () => {
    const socket = join(directory, 'c.sock');
    await writeFile(file, `[grpc]\naddress = ${JSON.stringify(socket)}\n`);
    const { version: _, ...silent } = await containerdFacts({ configFile: file });
    const nothing = { ...usually, configFile: file, configured: true, proxies: [], address: socket };
    assert.deepEqual(silent, { ...nothing, answers: false });
    const server = createServer().listen(socket);
    await once(server, 'listening');
    assert.equal((await containerdFacts({ configFile: file })).answers, true);
    server.close();
  });

  it('is asked of no other containerd where the version is named', async () => {
    // The containerd of Debian 12 leaves out what it does not know.
    await writeFile(file, '[proxy_plugins.strata]\ncapabilities = ["remap-ids"]\n');
    const { version, proxies } = await containerdFacts({ configFile: file, version: '2.2' });
    assert.deepEqual([version, proxies[0]?.capabilities], ['2.2', ['remap-ids']]);
  });

  it('is not configured without a file', async () => {
    const { configured, configProblem, address } = await containerdFacts({ configFile: file });
    assert.deepEqual([configured, configProblem, address], [false, undefined, usual]);
  });

  it('says in one line why a file cannot be read', async () => {
    await writeFile(file, '[grpc\n');
    const { configured, configProblem, proxies } = await containerdFacts({ configFile: file });
    assert.deepEqual([configured, proxies], [true, []]);
    assert.match(configProblem ?? '', /^Invalid TOML document: .*$/);
    assert.match((await containerdFacts({ configFile: directory })).configProblem ?? '', /^EISDIR/);
  });

  it('answers on no file, no directory and no path that is too long for a socket', async () => {
    await writeFile(file, '');
    for (const path of [file, directory, join(directory, 'gone'), `/${'x'.repeat(200)}`]) {
      assert.equal(await accepts(path), false);
    }
  });
});
