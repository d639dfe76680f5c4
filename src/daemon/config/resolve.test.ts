import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { InvalidArgumentError, NotFoundError } from '../../errors/index.js';
import type { Environment } from './environment.js';
import { defaultConfig, resolveConfig } from './resolve.js';

const root: Environment = { uid: 0, gid: 0, variables: {} };

async function directory(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'strata-config-'));
  t.after(() => rm(path, { recursive: true }));
  return path;
}

async function configFile(t: TestContext, text: string): Promise<string> {
  const file = join(await directory(t), 'config.toml');
  await writeFile(file, text);
  return file;
}

test('the defaults of root are complete', () => {
  const { plugins, ...others } = defaultConfig(root);
  assert.deepEqual(others, {
    version: 1,
    root: '/var/lib/strata',
    state: '/run/strata',
    snapshotter: 'auto',
    durability: 'full',
    logLevel: 'info',
    logFormat: 'auto',
    shutdownTimeout: 4000,
    disabledPlugins: [],
    backup: { interval: 3_600_000, keep: 24, directory: '' },
    grpc: {
      address: '/run/strata/strata.sock',
      mode: 0o600,
      uid: 0,
      gid: 0,
      maxMessageSize: 16 * 2 ** 20,
      engine: 'direct',
    },
    proxy: { enabled: false, snapshotter: 'auto', cleanupInBackground: true },
    gc: {
      enabled: true,
      pauseThreshold: 0.02,
      deletionThreshold: 0,
      mutationThreshold: 100,
      scheduleDelay: 0,
      startupDelay: 100,
    },
    images: { maxLayerSize: 2 ** 40, maxLayerEntries: 10_000_000, maxRatio: 500 },
  });
  assert.deepEqual(plugins['io.containerd.snapshotter.v1.overlayfs'], {
    rootPath: '',
    upperdirLabel: false,
    syncRemove: false,
    slowChown: false,
    mountOptions: [],
    projectIdBase: 2 ** 30,
    flattenDepth: 'auto',
    fileList: false,
    limitPolicy: 'strict',
    defaultSizeLimit: 0,
    defaultInodeLimit: 0,
  });
});

test('the configuration is frozen all the way down', () => {
  const config = defaultConfig(root);
  assert.ok(Object.isFrozen(config));
  assert.ok(Object.isFrozen(config.grpc));
  assert.ok(Object.isFrozen(config.disabledPlugins));
  assert.ok(Object.isFrozen(config.plugins['io.containerd.snapshotter.v1.overlayfs'].mountOptions));
});

test('a flag beats the file, the file beats the default', async (t) => {
  const file = await configFile(t, 'root = "/from/file"\nstate = "/from/file"\n[grpc]\nmode = "0660"\n');
  const flags = [{ path: ['root'], value: '/from/flag', origin: '--root' }];
  const config = await resolveConfig({ file, flags, environment: root });
  assert.equal(config.root, '/from/flag');
  assert.equal(config.state, '/from/file');
  assert.equal(config.grpc.mode, 0o660);
  assert.equal(config.grpc.address, '/run/strata/strata.sock');
});

test('the default file is read if it exists', async (t) => {
  const home = await directory(t);
  const environment: Environment = { uid: 7, gid: 7, variables: { XDG_CONFIG_HOME: home } };
  assert.equal((await resolveConfig({ environment })).logLevel, 'info');
});

test('a file that was named must exist', async (t) => {
  const file = join(await directory(t), 'absent.toml');
  await assert.rejects(
    resolveConfig({ file, environment: root }),
    new NotFoundError(`configuration file ${file} does not exist`),
  );
});

interface Refusal {
  readonly toml: string;
  /** What follows the name of the file in the message. */
  readonly says: string;
}

const refusals: Readonly<Record<string, Refusal>> = {
  'bad syntax': { toml: 'root = "/a"\nstate == 2\n', says: ':2:8: invalid value' },
  'a newer version': { toml: 'version = 2', says: ':1: version: want the number 1, got 2' },
  'an unknown key': { toml: '\nrot = "/a"', says: ':2: unknown key rot, did you mean root?' },
  'an unknown key in a table': {
    toml: '[grpc]\nadress = "/a"',
    says: ':2: unknown key grpc.adress, did you mean address?',
  },
  'an unknown table': { toml: '[metrics]\nport = 1', says: ':1: unknown key metrics' },
  'an unknown plugin': {
    toml: '[plugins."io.containerd.snapshotter.v1.overlay"]\n',
    says: ':1: unknown key plugins."io.containerd.snapshotter.v1.overlay", did you mean "io.containerd.snapshotter.v1.overlayfs"?',
  },
  'a key that every object has': { toml: 'constructor = 1', says: ':1: unknown key constructor' },
  'a wrong type': { toml: 'root = 5', says: ':1: root: want an absolute path such as "/var/lib/strata", got 5' },
  'a value instead of a table': { toml: 'grpc = 1', says: ':1: grpc: want a table' },
  'a table instead of a value': {
    toml: '[root]\na = 1',
    says: ':1: root: want an absolute path such as "/var/lib/strata", got {"a":1}',
  },
  'a list instead of a table': { toml: '[[grpc]]\nmode = 1', says: ': grpc: want a table' },
  'a date': { toml: 'log_level = 2026-01-01', says: '"2026-01-01"' },
  'a number beyond what can be told apart': {
    toml: '[grpc]\nuid = 9007199254740993',
    says: ':2: grpc.uid: want a whole number from 0 to 4294967294, got 9007199254740993',
  },
  'a long value': { toml: `log_level = "${'x'.repeat(500)}"`, says: `, got "${'x'.repeat(79)}...` },
};

for (const [what, { toml, says }] of Object.entries(refusals)) {
  test(`refuses ${what}, and says where`, async (t) => {
    const file = await configFile(t, toml);
    await assert.rejects(resolveConfig({ file, environment: root }), (error) => {
      assert.ok(error instanceof InvalidArgumentError);
      assert.ok(error.context.startsWith(file), error.context);
      assert.ok(error.context.endsWith(says) || error.context.includes(says), `${error.context} lacks ${says}`);
      return true;
    });
  });
}

test('everything that is wrong is named at once', async (t) => {
  const file = await configFile(t, 'root = 1\nfoo = 2\n');
  const flags = [{ path: ['log_level'], value: 'loud', origin: '--log-level' }];
  const wanted = 'one of "trace", "debug", "info", "warn", "error", "fatal" and "silent"';
  await assert.rejects(
    resolveConfig({ file, flags, environment: root }),
    new InvalidArgumentError(
      [
        `${file}:2: unknown key foo`,
        `${file}:1: root: want an absolute path such as "/var/lib/strata", got 1`,
        `--log-level: log_level: want ${wanted}, got "loud"`,
      ].join('; '),
    ),
  );
});
