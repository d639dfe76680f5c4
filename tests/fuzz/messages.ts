/** Bytes on the wire, to every method: each call is answered with a status, and the daemon lives on. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { frame, message } from '../support/protobuf.js';
import type { Random } from '../support/random.js';
import { methods as known, requests } from '../support/snapshots-api.js';
import { codes, Wire } from '../support/wire.js';
import { type Places, writeConfiguration } from '../torture/configuration.js';
import { Victim } from '../torture/victim.js';
import { anyBytes, anyText, damaged } from './bytes.js';
import type { Fuzzed, FuzzTarget } from './target.js';

/** All methods but those whose answer has no end: Subscribe and Watch. */
const methods: readonly string[] = [
  ...Object.values(known).filter((path) => !path.endsWith('/Subscribe')),
  ...['Get', 'List', 'Delete'].map((method) => `/containerd.services.namespaces.v1.Namespaces/${method}`),
  ...['Plugins', 'Server', 'PluginInfo'].map(
    (method) => `/containerd.services.introspection.v1.Introspection/${method}`,
  ),
  '/containerd.services.events.v1.Events/Publish',
  '/containerd.services.version.v1.Version/Version',
  '/grpc.health.v1.Health/Check',
  '/no.such.Service/Method',
];

const calls = 8;
const longestAnswer = 120_000;

/** The target. */
export const messages: FuzzTarget = {
  name: 'messages',
  attempts: 250,
  async open(directory) {
    const places = await writeConfiguration(directory);
    const victim = new Victim(places.config, undefined);
    if (!(await victim.answers())) throw new Error('the daemon did not start');
    return new Messages(victim, places);
  },
};

class Messages implements Fuzzed {
  readonly #victim: Victim;
  readonly #places: Places;
  readonly #wire: Wire;

  constructor(victim: Victim, places: Places) {
    this.#victim = victim;
    this.#places = places;
    this.#wire = new Wire(places.address);
  }

  async attempt(random: Random): Promise<void> {
    await Promise.all(Array.from({ length: calls }, () => this.#call(random.fork())));
    if (random.chance(0.1)) await this.#brokenConnection(random);
    const answer = await this.#wire.call(known.list, requests.list());
    assert.equal(answer.code, codes.ok, `the daemon lists: ${answer.text}`);
    assert.equal(this.#victim.dead, false, this.#victim.log);
  }

  async #call(random: Random): Promise<void> {
    const method = random.pick(methods);
    const body = anyMessage(random);
    const headers = random.chance(0.2) ? anyHeaders(random) : {};
    const what = `${method} ${body.toString('hex')} ${JSON.stringify(headers)}`;
    const clock = new AbortController();
    const late = delay(longestAnswer, undefined, { signal: clock.signal }).catch(() => undefined);
    const answer = await Promise.race([this.#wire.call(method, body, { headers }), late]);
    clock.abort();
    assert.ok(answer !== undefined, `no answer to ${what}\n${this.#victim.log}`);
    assert.ok(answer.code !== undefined, `an answer without a status to ${what}\n${this.#victim.log}`);
    assert.ok(answer.code >= 0 && answer.code <= 16, `status ${answer.code} for ${what}`);
  }

  /** Bytes that are no gRPC frames, and a connection that goes away in the middle: whatever comes, the next one works. */
  async #brokenConnection(random: Random): Promise<void> {
    const wire = new Wire(this.#places.address);
    const raw = random.chance(0.5) ? anyBytes(random, 64) : damaged(random, frame(anyMessage(random)));
    const answer = wire.call(random.pick(methods), Buffer.alloc(0), { raw });
    if (random.chance(0.5)) await Promise.race([answer, delay(random.below(20))]);
    wire.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#wire.destroy();
    await this.#victim.kill();
  }
}

function anyMessage(random: Random): Buffer {
  const sound = soundMessage(random);
  switch (random.below(4)) {
    case 0:
      return anyBytes(random, 200);
    case 1:
      return sound;
    default:
      return damaged(random, sound);
  }
}

/** A request as one of the methods takes it, with odd values in it. */
function soundMessage(random: Random): Buffer {
  const key = (): string => random.pick(['a', 'b', 'c', '', anyText(random, 20), 'x'.repeat(random.below(3000))]);
  const labels = { [key()]: key(), 'containerd.io/snapshot/x': anyText(random, 10) };
  const shapes: readonly (() => Buffer)[] = [
    () => requests.create({ key: key(), parent: random.chance(0.5) ? '' : key(), labels }),
    () => requests.commit({ key: key(), name: key(), labels, parent: random.chance(0.8) ? '' : key() }),
    () => requests.key(key()),
    () =>
      requests.update({ name: key(), labels, paths: [random.pick(['labels', `labels.${key()}`, anyText(random, 8)])] }),
    () => requests.list(anyText(random, 40), 'kind==active'),
    () => message([1, key()], [2, message([1, key()], [2, key()])]),
  ];
  return random.pick(shapes)();
}

function anyHeaders(random: Random): Record<string, string> {
  return random.pick([
    { 'containerd-namespace': random.pick(['', 'a b', 'x'.repeat(300), 'other']) },
    { 'grpc-timeout': random.pick(['1n', '0S', '99999999H', '-1S', 'S', '1x', '123456789m']) },
    { 'grpc-encoding': random.pick(['gzip', 'identity', 'nonsense']) },
    { 'content-type': random.pick(['application/grpc+proto', 'application/grpc+json']) },
    { 'x-bin': '%%%', 'containerd-lease': 'no such lease' },
  ]);
}
