import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { taken } from '../../tests/support/taken.js';
import {
  DeadlineExceededError,
  FailedPreconditionError,
  InvalidArgumentError,
  NotFoundError,
  UnavailableError,
} from '../errors/index.js';
import type { StrataClient } from '../rpc/client/index.js';
import { CommandContext } from './context.js';
import { UsageError } from './failure.js';
import type { GivenGlobals } from './global-options.js';
import { type CliIo, type OutputStream, processIo, type Tools } from './io.js';

interface Made {
  readonly context: CommandContext;
  readonly err: () => string;
}

function make(
  given: GivenGlobals = {},
  { stdout, tools }: { stdout?: OutputStream; tools?: Partial<Tools> } = {},
): Made {
  const stderr = new PassThrough();
  const io: CliIo = {
    stdout: stdout ?? new PassThrough(),
    stderr,
    environment: { uid: 0, gid: 0, variables: {} },
    tools: { ...processIo().tools, ...tools },
  };
  return { context: new CommandContext(io, given), err: () => taken(stderr) };
}

const terminal = (columns?: number): OutputStream =>
  Object.assign(new PassThrough(), { isTTY: true, ...(columns === undefined ? {} : { columns }) });

describe('the surroundings of a command', () => {
  it('connects once, with the first call, and disconnects', async () => {
    let [connected, closed] = [0, 0];
    const connect = async () => {
      connected += 1;
      const close = async () => {
        closed += 1;
      };
      return { close } as unknown as StrataClient;
    };
    {
      await using context = make({}, { tools: { connect } }).context;
      assert.equal(connected, 0);
      assert.equal(await context.client(), await context.client());
    }
    assert.deepEqual([connected, closed], [1, 1]);
  });

  it('fails with the reason when there is no way to connect', async () => {
    const refused = new InvalidArgumentError('address "": want a path');
    const run = async () => {
      await using context = make({}, { tools: { connect: () => Promise.reject(refused) } }).context;
      await context.snapshotter();
    };
    await assert.rejects(run, refused);
  });

  it('passes the namespace on, and a signal only when there is a timeout', () => {
    assert.deepEqual(make({ namespace: 'k8s.io' }).context.call, { namespace: 'k8s.io' });
    assert.equal(make({ timeout: '1h' }).context.call.signal?.aborted, false);
    assert.throws(() => make({ timeout: 'x' }), UsageError);
  });

  const widths: readonly (readonly [what: string, stdout: OutputStream, columns: number | undefined])[] = [
    ['a terminal', terminal(44), 44],
    ['a terminal that knows no width', terminal(0), undefined],
    ['a terminal that says nothing', terminal(), undefined],
    ['a pipe', Object.assign(new PassThrough(), { columns: 44 }), undefined],
  ];
  for (const [what, stdout, columns] of widths) {
    it(`takes ${columns ?? 'no'} columns from ${what}`, () => {
      assert.equal(make({}, { stdout }).context.style.columns, columns);
    });
  }
});

describe('a report on one of several things', () => {
  it('names it, and sets the status', () => {
    const { context, err } = make();
    assert.equal(context.status, 0);
    context.report('a', new FailedPreconditionError('cannot remove snapshot with child'));
    assert.equal(err(), 'strata: failed precondition: a: cannot remove snapshot with child\n');
    assert.equal(context.status, 1);
  });

  it('names it once', () => {
    const { context, err } = make();
    context.report('a', new NotFoundError('snapshot a does not exist'));
    context.report('sha256:0b3c', new NotFoundError('snapshot sha256:0b3c does not exist'));
    context.report('b', new NotFoundError('namespace "b": there is none'));
    assert.equal(
      err(),
      'strata: not found: snapshot a does not exist\nstrata: not found: snapshot sha256:0b3c does not exist\nstrata: not found: namespace "b": there is none\n',
    );
  });

  for (const error of [new UnavailableError('cannot reach /s'), new DeadlineExceededError('')]) {
    it(`leaves ${error.name} to end the command, since it concerns them all`, () => {
      const { context, err } = make();
      assert.throws(() => context.report('a', error), error);
      assert.equal(err(), '');
    });
  }
});
