import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { CanceledError, FailedPreconditionError } from '../../errors/index.js';
import { type Config, defaultConfig } from '../config/index.js';
import { createLogger } from '../logging/logger.js';
import type { Activity } from './activity.js';
import type { Daemon } from './daemon-types.js';
import { type StartDaemon, serve } from './serve.js';

/** A promise that is settled from outside. */
class Gate<T = void> {
  readonly opened: Promise<T>;
  #open: (value: T) => void = () => undefined;
  constructor() {
    this.opened = new Promise((resolve) => {
      this.#open = resolve;
    });
  }
  open(value: T): void {
    this.#open(value);
  }
}

class Host extends EventEmitter {
  readonly exits: number[] = [];
  readonly notices: string[] = [];
  whyNotNotified: Error | undefined;
  readonly exited = new Gate<number>();
  notify(state: string): void {
    if (this.whyNotNotified !== undefined) throw this.whyNotNotified;
    this.notices.push(state);
  }
  exit(code: number): void {
    this.exits.push(code);
    this.exited.open(code);
  }
}

const activity: Activity = {
  calls: [{ path: '/snapshots/Prepare', namespace: 'ns', key: 'k', snapshotter: 'overlayfs', age: 12 }],
  changesWaiting: 3,
  subscribers: 2,
  pools: [
    { name: 'strata-walk', running: 1, waiting: 4 },
    { name: 'strata-make', running: 0, waiting: 0 },
  ],
  backEnds: [],
};

interface Stage {
  readonly start?: StartDaemon;
  readonly close?: () => Promise<void>;
  readonly config?: Partial<Config>;
}

/** A daemon process on a stage: signals go in through `host`, what it logged comes out of `log`. */
function run({ start, close = async () => undefined, config = {} }: Stage = {}) {
  const host = new Host();
  const log: Record<string, unknown>[] = [];
  const listening = new Gate();
  const write = (line: string): void => {
    const record = JSON.parse(line) as Record<string, unknown>;
    log.push(record);
    if (record['msg'] === 'listening') listening.open();
  };
  const logger = createLogger({ level: 'debug', format: 'json', destination: { write } });
  const report = { requires: [], exports: new Map(), capabilities: [], platforms: [] };
  const daemon: Daemon = {
    address: '/run/s.sock',
    root: '/root',
    reports: [
      { type: 't', id: 'a', status: 'ok', ...report },
      { type: 't', id: 'b', status: 'skipped', error: new Error('not here: skip plugin'), ...report },
      { type: 't', id: 'c', status: 'failed', error: new Error('broken'), ...report },
    ],
    activity: () => ({ ...activity, backEnds: daemon.reports }),
    close,
    [Symbol.asyncDispose]: close,
  };
  const status = serve({
    config: { ...defaultConfig(), ...config },
    logger,
    start: start ?? (async () => daemon),
    host,
  });
  return { host, log, listening: listening.opened, status, daemon, messages: () => log.map((record) => record['msg']) };
}

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
  test(`${signal} stops the daemon in good order, with status 0`, async () => {
    let closed = 0;
    const stage = run({
      close: async () => {
        closed += 1;
      },
    });
    await stage.listening;
    stage.host.emit(signal, signal);
    assert.equal(await stage.status, 0);
    assert.equal(closed, 1);
    assert.deepEqual(stage.messages().slice(-3), ['listening', 'stopping', 'stopped']);
    assert.equal(stage.log.at(-2)?.['signal'], signal);
    assert.deepEqual(stage.host.eventNames(), [], 'nobody listens for signals any more');
    assert.deepEqual(stage.host.exits, []);
  });
}

test('the start is announced, with how every plugin fared', async () => {
  const stage = run();
  await stage.listening;
  const shown = stage.log.map(({ level, msg, plugin }) => [level, msg, plugin]);
  assert.deepEqual(shown, [
    ['debug', 'plugin started', 't.a'],
    ['info', 'plugin skipped', 't.b'],
    ['error', 'plugin failed', 't.c'],
    ['info', 'listening', undefined],
  ]);
  assert.equal(stage.log.at(-1)?.['address'], '/run/s.sock');
  stage.host.emit('SIGTERM', 'SIGTERM');
  await stage.status;
});

test('a second signal ends the process at once', async () => {
  const closing = new Gate();
  const stage = run({ close: () => closing.opened });
  await stage.listening;
  stage.host.emit('SIGTERM', 'SIGTERM');
  assert.deepEqual(stage.host.exits, []);
  stage.host.emit('SIGINT', 'SIGINT');
  assert.deepEqual(stage.host.exits, [1]);
  closing.open();
  assert.equal(await stage.status, 0);
});

test('a signal while starting gives up the start, with status 0', async () => {
  const stage = run({
    start: (_config, { signal }) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new CanceledError('')))),
  });
  stage.host.emit('SIGTERM', 'SIGTERM');
  assert.equal(await stage.status, 0);
  assert.deepEqual(stage.messages(), ['stopping']);
});

test('a signal that comes when the start is as good as done still stops it', async () => {
  const started = new Gate<Daemon>();
  let closed = 0;
  const stage = run({
    start: () => started.opened,
    close: async () => {
      closed += 1;
    },
  });
  stage.host.emit('SIGTERM', 'SIGTERM');
  started.open(stage.daemon);
  assert.equal(await stage.status, 0);
  assert.equal(closed, 1);
});

test('what keeps the daemon from starting is thrown, a signal or not', async () => {
  const refused = new FailedPreconditionError('no d_type');
  const plain = run({ start: () => Promise.reject(refused) });
  await assert.rejects(plain.status, refused);
  assert.deepEqual(plain.host.eventNames(), []);
  const stopped = run({ start: () => Promise.reject(refused) });
  stopped.host.emit('SIGTERM', 'SIGTERM');
  await assert.rejects(stopped.status, refused);
});

test('what fails while stopping is thrown', async () => {
  const stage = run({ close: () => Promise.reject(new Error('disk gone')) });
  await stage.listening;
  stage.host.emit('SIGTERM', 'SIGTERM');
  await assert.rejects(stage.status, new Error('disk gone'));
});

test('a stop that takes too long ends with status 1', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const asked = new Gate();
  const stage = run({
    config: { shutdownTimeout: 100 },
    close: () => {
      asked.open();
      return new Promise(() => undefined);
    },
  });
  await stage.listening;
  stage.host.emit('SIGTERM', 'SIGTERM');
  await asked.opened;
  t.mock.timers.tick(1100);
  assert.equal(await stage.status, 1);
  assert.equal(stage.messages().at(-1), 'did not stop in time; ending with work in flight');
  assert.deepEqual(stage.host.exits, [1]);
});

test('a start that a signal does not end is given up after a while, with status 1', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const stage = run({ config: { shutdownTimeout: 100 }, start: () => new Promise(() => undefined) });
  stage.host.emit('SIGTERM', 'SIGTERM');
  while (stage.host.exits.length === 0) {
    await new Promise((resolve) => setImmediate(resolve));
    t.mock.timers.tick(1100);
  }
  assert.equal(await stage.status, 1);
  assert.deepEqual(stage.messages(), ['stopping', 'did not stop in time; ending with work in flight']);
});

test('systemd is told when the daemon answers, and that it stops', async () => {
  const stage = run();
  assert.deepEqual(stage.host.notices, []);
  await stage.listening;
  await Promise.resolve();
  assert.deepEqual(stage.host.notices, ['READY=1']);
  stage.host.emit('SIGTERM', 'SIGTERM');
  assert.deepEqual(stage.host.notices, ['READY=1', 'STOPPING=1']);
  await stage.status;
});

test('a daemon that cannot notify systemd says so and serves', async () => {
  const stage = run();
  stage.host.whyNotNotified = new Error('no socket');
  await stage.listening;
  stage.host.emit('SIGTERM', 'SIGTERM');
  assert.equal(await stage.status, 0);
  assert.equal(stage.messages().filter((message) => message === 'cannot notify systemd').length, 2);
});

test('SIGUSR1 says what the daemon is doing', async () => {
  const stage = run();
  await stage.listening;
  const before = stage.log.length;
  stage.host.emit('SIGUSR1', 'SIGUSR1');
  const lines = stage.log.slice(before).map(({ level, time, ...rest }) => rest);
  assert.deepEqual(lines, [
    { calls: 1, changesWaiting: 3, subscribers: 2, msg: 'what the daemon is doing' },
    { snapshotter: 'a', status: 'ok', msg: 'back end' },
    { snapshotter: 'b', status: 'skipped', reason: 'not here: skip plugin', msg: 'back end' },
    { snapshotter: 'c', status: 'failed', reason: 'broken', msg: 'back end' },
    { threads: 'strata-walk', running: 1, waiting: 4, msg: 'work off the event loop' },
    {
      method: '/snapshots/Prepare',
      namespace: 'ns',
      key: 'k',
      snapshotter: 'overlayfs',
      age: '12ms',
      msg: 'call under way',
    },
  ]);
  stage.host.emit('SIGTERM', 'SIGTERM');
  await stage.status;
});

test('SIGUSR1 while it starts says that', async () => {
  const started = new Gate<Daemon>();
  const stage = run({ start: () => started.opened });
  stage.host.emit('SIGUSR1', 'SIGUSR1');
  assert.deepEqual(stage.messages(), ['starting']);
  stage.host.emit('SIGTERM', 'SIGTERM');
  started.open(stage.daemon);
  await stage.status;
});

for (const event of ['uncaughtException', 'unhandledRejection']) {
  test(`${event} is logged and ends the process with status 1`, async () => {
    const stage = run();
    await stage.listening;
    stage.host.emit(event, new Error('a defect'));
    assert.deepEqual(stage.host.exits, [1]);
    const last = stage.log.at(-1);
    assert.equal(last?.['level'], 'fatal');
    assert.match(JSON.stringify(last), /a defect/);
    stage.host.emit('SIGTERM', 'SIGTERM');
    await stage.status;
  });
}
