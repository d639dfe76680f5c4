import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CanceledError, InvalidArgumentError, NotFoundError } from '../errors/index.js';
import {
  type AnyRegistration,
  definePlugin,
  hostPlatform,
  type PluginType,
  pluginType,
  SkipPlugin,
  type StartOptions,
  startPlugins,
} from './index.js';

const base = pluginType<string>('test.base');
const middle = pluginType<string>('test.middle');
const top = pluginType<string>('test.top');

const options: StartOptions = { root: '/root', state: '/state', configOf: () => undefined };

/** A plugin that notes its start and stop in `log`. */
function noting(log: string[], type: PluginType<string>, id: string, requires: PluginType<unknown>[] = []) {
  return definePlugin<string>({
    type,
    id,
    requires,
    init: () => {
      log.push(`start ${id}`);
      return id;
    },
    stop: (instance) => void log.push(`stop ${instance}`),
  });
}

function withResolvers(): { readonly promise: Promise<void>; resolve(): void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve: () => resolve() };
}

const failing = (type: PluginType<string>, id: string, error: Error): AnyRegistration =>
  definePlugin<string>({
    type,
    id,
    init: () => {
      throw error;
    },
  });

describe('startPlugins', () => {
  it('starts in the order of what is required, and stops in reverse', async () => {
    const log: string[] = [];
    const set = await startPlugins(
      [
        noting(log, top, 't', [middle, base]),
        noting(log, middle, 'm2', [base]),
        noting(log, base, 'b'),
        noting(log, middle, 'm1'),
      ],
      options,
    );
    assert.deepEqual(log, ['start b', 'start m2', 'start m1', 'start t']);
    assert.deepEqual(
      set.reports.map(({ id }) => id),
      ['b', 'm2', 'm1', 't'],
    );
    await set.stop();
    await set.stop();
    assert.deepEqual(log.slice(4), ['stop t', 'stop m1', 'stop m2', 'stop b']);
  });

  it('refuses circles and names them', async () => {
    const log: string[] = [];
    const circle = [noting(log, base, 'b', [top]), noting(log, middle, 'm', [base]), noting(log, top, 't', [middle])];
    await assert.rejects(startPlugins(circle, options), (error) => {
      assert.ok(error instanceof InvalidArgumentError);
      assert.equal(
        error.message,
        'plugins require each other in a circle: test.base.b -> test.top.t -> test.middle.m -> test.base.b: invalid argument',
      );
      return true;
    });
    assert.deepEqual(log, []);
    await assert.rejects(startPlugins([noting(log, base, 'b', [base])], options), {
      message: /test.base.b -> test.base.b/,
    });
  });

  it('refuses two of one name', async () => {
    await assert.rejects(startPlugins([noting([], base, 'b'), noting([], base, 'b')], options), {
      message: 'plugin test.base.b is registered twice: invalid argument',
    });
  });

  it('goes on without those that are skipped or fail, and tells them apart', async () => {
    const log: string[] = [];
    const set = await startPlugins(
      [
        failing(base, 'broken', new Error('no such device')),
        failing(base, 'unwanted', new SkipPlugin('not on this machine')),
        noting(log, base, 'good'),
        noting(log, base, 'off'),
        definePlugin<string>({ type: top, id: 't', requires: [base], init: ({ all }) => [...all(base).keys()].join() }),
      ],
      { ...options, disabled: ['test.base.off'] },
    );
    const fates = set.reports.map(({ id, status, error }) => [id, status, error?.message]);
    assert.deepEqual(fates, [
      ['broken', 'failed', 'no such device'],
      ['unwanted', 'skipped', 'not on this machine: skip plugin'],
      ['good', 'ok', undefined],
      ['off', 'skipped', 'disabled by configuration: skip plugin'],
      ['t', 'ok', undefined],
    ]);
    assert.equal(set.single(top), 'good');
    assert.deepEqual(log, ['start good']);
  });

  it('lets one that needs a single other fail by itself', async () => {
    const needy = definePlugin<string>({ type: top, id: 't', requires: [base], init: ({ single }) => single(base) });
    const set = await startPlugins([needy], options);
    assert.equal(set.reports[0]?.status, 'failed');
    assert.equal(set.reports[0]?.error?.message, 'no plugins registered for test.base: not found');
    assert.throws(() => set.single(top), NotFoundError);
    const two = await startPlugins([noting([], base, 'a'), noting([], base, 'b'), needy], options);
    assert.match(two.reports[2]?.error?.message ?? '', /several plugins of type test.base/);
  });

  it('gives each its configuration and directories, and shows what it tells of itself', async () => {
    const plugin = definePlugin<string, { readonly size: number }>({
      type: base,
      id: 'b',
      init: ({ config, root, state, meta }) => {
        meta.exports.set('root', root).set('state', state).set('size', String(config.size));
        meta.capabilities.push('flying');
        return '';
      },
    });
    const set = await startPlugins([plugin], {
      ...options,
      configOf: ({ type, id }) => ({ size: `${type}.${id}`.length }),
    });
    const [report] = set.reports;
    assert.deepEqual(Object.fromEntries(report?.exports ?? []), {
      root: '/root/test.base.b',
      state: '/state/test.base.b',
      size: '11',
    });
    assert.deepEqual(report?.capabilities, ['flying']);
    assert.deepEqual(report?.platforms, [hostPlatform()]);
  });

  it('stops what had started when the start is given up', async () => {
    const log: string[] = [];
    const abort = new AbortController();
    const aborting = definePlugin<string>({
      type: middle,
      id: 'm',
      init: () => {
        abort.abort();
        return 'm';
      },
    });
    const plugins = [noting(log, base, 'b'), aborting, noting(log, top, 't')];
    await assert.rejects(startPlugins(plugins, { ...options, signal: abort.signal }), CanceledError);
    assert.deepEqual(log, ['start b', 'stop b']);
  });

  it('tells both why the start was given up and what could not be stopped', async () => {
    const abort = new AbortController();
    const stubborn = definePlugin<string>({
      type: base,
      id: 'b',
      init: () => {
        abort.abort();
        return '';
      },
      stop: () => Promise.reject(new Error('busy')),
    });
    await assert.rejects(startPlugins([stubborn], { ...options, signal: abort.signal }), (error) => {
      assert.ok(error instanceof AggregateError);
      assert.ok(error.errors[0] instanceof CanceledError);
      assert.ok(error.errors[1] instanceof AggregateError);
      return true;
    });
  });

  it('stops once, and everybody who asks waits for it', async () => {
    const { promise, resolve } = withResolvers();
    const log: string[] = [];
    const slow = definePlugin<string>({ type: base, id: 'b', init: () => '', stop: () => promise });
    const set = await startPlugins([slow], options);
    const stops = [1, 2].map((n) => set.stop().then(() => log.push(`stopped ${n}`)));
    await new Promise((turn) => setImmediate(turn));
    assert.deepEqual(log, []);
    resolve();
    await Promise.all(stops);
    assert.deepEqual(log, ['stopped 1', 'stopped 2']);
  });

  it('stops every one, whatever happens to the others, and says what failed', async () => {
    const log: string[] = [];
    const stubborn = definePlugin<string>({
      type: middle,
      id: 'm',
      init: () => '',
      stop: () => Promise.reject(new Error('busy')),
    });
    const set = await startPlugins([noting(log, base, 'b'), stubborn, noting(log, top, 't')], options);
    await assert.rejects(set.stop(), (error) => {
      assert.ok(error instanceof AggregateError);
      assert.match(String(error.errors[0]), /Cannot stop plugin test.middle.m/);
      return true;
    });
    assert.deepEqual(log.slice(-2), ['stop t', 'stop b']);
  });
});

describe('hostPlatform', () => {
  it('speaks the words of OCI', () => {
    assert.deepEqual(hostPlatform('x64'), { os: 'linux', architecture: 'amd64' });
    assert.deepEqual(hostPlatform('arm64'), { os: 'linux', architecture: 'arm64', variant: 'v8' });
    assert.deepEqual(hostPlatform('riscv64'), { os: 'linux', architecture: 'riscv64' });
  });
});
