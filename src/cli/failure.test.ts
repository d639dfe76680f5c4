import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  CanceledError,
  DataLossError,
  DeadlineExceededError,
  NotFoundError,
  PermissionDeniedError,
  ResourceExhaustedError,
  UnavailableError,
  UnknownError,
} from '../errors/index.js';
import { exitStatus, failureLine, UsageError } from './failure.js';

const system = (message: string, code: string) => Object.assign(new Error(message), { code });

const lines: readonly (readonly [what: string, thrown: unknown, line: string])[] = [
  ['has the class first', new NotFoundError('snapshot x does not exist'), 'not found: snapshot x does not exist'],
  ['is the class where nothing else is known', new CanceledError(''), 'context canceled'],
  ['has no class where there is none', new UnknownError('it went wrong'), 'it went wrong'],
  ['takes what is no error', 'text', 'text'],
  ['has no class for a mistake on the command line', new UsageError('--size: want a number'), '--size: want a number'],
  ['says of a timeout what it is', new DOMException('late', 'TimeoutError'), 'context deadline exceeded'],
  ['escapes what comes from elsewhere', new DataLossError('a\n\u001b[31m'), 'data loss: a\\n\\x1b[31m'],
  ['says the class once', new NotFoundError('snapshot x: not found: again'), 'not found: snapshot x: again'],
  ['says the class once, though all say it', new NotFoundError('not found'), 'not found'],
  [
    'says once what the system says too',
    system("EACCES: permission denied, open '/x'", 'EACCES'),
    'permission denied: /x',
  ],
  [
    'says what the system says, without its numbers and calls',
    system('ENOSPC: no space left on device, write', 'ENOSPC'),
    'resource exhausted: no space left on device',
  ],
  [
    'is that of the error, not of what went wrong after it',
    Object.assign(new Error('An error was suppressed during disposal.'), {
      name: 'SuppressedError',
      error: new UnknownError('closing failed'),
      suppressed: new NotFoundError('snapshot x does not exist'),
    }),
    'not found: snapshot x does not exist',
  ],
  [
    'keeps a name that reads like the class',
    new PermissionDeniedError('snapshot permission denied is not yours'),
    'permission denied: snapshot permission denied is not yours',
  ],
  [
    'says how to start a daemon',
    new UnavailableError('cannot reach /s: connect ENOENT /s'),
    'unavailable: no daemon answers on /s; start one with "strata serve", or name another with --address',
  ],
  [
    'says so too where one has ended',
    new UnavailableError('cannot reach /s: connect ECONNREFUSED /s'),
    'unavailable: no daemon answers on /s; start one with "strata serve", or name another with --address',
  ],
  [
    'says what lies there instead of a socket',
    new UnavailableError('cannot reach /proc: connect ECONNREFUSED /proc'),
    'unavailable: /proc is a directory, not the socket of a daemon; name one with --address',
  ],
  [
    'says whose the socket is',
    new UnavailableError('cannot reach /s: connect EACCES /s'),
    'permission denied: the socket /s belongs to another user; try as root',
  ],
  ['leaves other reasons as they are', new UnavailableError('the store is closed'), 'unavailable: the store is closed'],
];

describe('the line for a failure', () => {
  for (const [what, thrown, line] of lines) {
    it(what, () => assert.equal(failureLine(thrown), `strata: ${line}`));
  }
});

describe('the exit status', () => {
  it('tells a wrong command line from a failure', () => {
    assert.equal(exitStatus(new UsageError('')), 2);
    for (const error of [new DeadlineExceededError(''), new ResourceExhaustedError(''), new TypeError(''), 'text']) {
      assert.equal(exitStatus(error), 1);
    }
  });
});
