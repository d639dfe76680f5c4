import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { InvalidArgumentError, NotFoundError } from '../../errors/index.js';
import { readConfigFile, readConfigText } from './file.js';

describe('the text of a configuration', () => {
  it('becomes settings with the places where they were given, whatever their values', () => {
    const text =
      'root = 5\n\n[grpc]\naddress = "/s"\n[plugins."io.containerd.snapshotter.v1.native"]\nroot_path = []\n';
    assert.deepEqual(readConfigText(text, 'c.toml'), {
      problems: [],
      settings: [
        { path: ['root'], value: 5, origin: 'c.toml:1' },
        { path: ['grpc', 'address'], value: '/s', origin: 'c.toml:4' },
        { path: ['plugins', 'io.containerd.snapshotter.v1.native', 'root_path'], value: [], origin: 'c.toml:6' },
      ],
    });
    assert.deepEqual(readConfigText('', 'c.toml'), { settings: [], problems: [] });
  });

  const problems: readonly (readonly [text: string, origin: string, problem: string])[] = [
    ['rooot = "/r"', 'c.toml:1', 'unknown key rooot, did you mean root?'],
    ['zzz = 1', 'c.toml:1', 'unknown key zzz'],
    ['\n[grp]\naddress = "/s"', 'c.toml:2', 'unknown key grp, did you mean grpc?'],
    ['[grpc]\nadress = "/s"', 'c.toml:2', 'unknown key grpc.adress, did you mean address?'],
    ['[plugins."a.b"]\nx = 1', 'c.toml:1', 'unknown key plugins."a.b"'],
    ['grpc = "/s"', 'c.toml:1', 'grpc: want a table'],
    ['grpc = [1]', 'c.toml:1', 'grpc: want a table'],
    ['grpc = 2026-01-01', 'c.toml:1', 'grpc: want a table'],
    ['grpc = { adress = "/s" }', 'c.toml', 'unknown key grpc.adress, did you mean address?'],
    ['constructor = 1', 'c.toml:1', 'unknown key constructor'],
  ];
  for (const [text, origin, problem] of problems) {
    it(`has a problem with ${JSON.stringify(text)}`, () => {
      assert.deepEqual(readConfigText(text, 'c.toml'), { settings: [], problems: [{ origin, text: problem }] });
    });
  }

  it('must be TOML', () => {
    assert.throws(
      () => readConfigText('a = 1\nb = = 2\n', 'c.toml'),
      (error: unknown) => {
        assert.ok(error instanceof InvalidArgumentError);
        assert.match(error.message, /^c\.toml:2:\d+: [^\n]+: invalid argument$/);
        return true;
      },
    );
  });
});

describe('a configuration file', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'strata-config-file-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const environment = () => ({ uid: 1000, gid: 1000, variables: { XDG_CONFIG_HOME: directory } });

  it('is that of the user when none is named, if there is one', async () => {
    assert.deepEqual(await readConfigFile(undefined, environment()), { settings: [], problems: [] });
    const file = path.join(directory, 'strata/config.toml');
    await mkdir(path.dirname(file));
    await writeFile(file, 'root = "/r"');
    const { settings } = await readConfigFile(undefined, environment());
    assert.deepEqual(settings, [{ path: ['root'], value: '/r', origin: `${file}:1` }]);
  });

  it('must be there when it is named', async () => {
    const file = path.join(directory, 'gone.toml');
    const missing = new NotFoundError(`configuration file ${file} does not exist`);
    await assert.rejects(readConfigFile(file, environment()), { name: missing.name, message: missing.message });
  });

  it('must be readable, and is named where it is not', async () => {
    await assert.rejects(readConfigFile(directory, environment()), (error: Error) => {
      return error.message.startsWith(`cannot read configuration ${directory}: EISDIR`);
    });
  });
});
