import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  abortError,
  CanceledError,
  ConflictError,
  DeadlineExceededError,
  type ErrorCode,
  errorClasses,
  FailedPreconditionError,
  fromStatus,
  fromSystemError,
  InvalidArgumentError,
  NotFoundError,
  ResourceExhaustedError,
  throwIfAborted,
  toStatus,
  UnknownError,
  withContext,
} from './index.js';

/** Each class, the text that ends its messages, and its gRPC code. */
const classes: readonly [ErrorCode, string, number][] = [
  ['Unknown', 'unknown', 2],
  ['InvalidArgument', 'invalid argument', 3],
  ['NotFound', 'not found', 5],
  ['AlreadyExists', 'already exists', 6],
  ['PermissionDenied', 'permission denied', 7],
  ['ResourceExhausted', 'resource exhausted', 8],
  ['FailedPrecondition', 'failed precondition', 9],
  ['Conflict', 'conflict', 9],
  ['NotModified', 'not modified', 9],
  ['Aborted', 'aborted', 10],
  ['OutOfRange', 'out of range', 11],
  ['NotImplemented', 'not implemented', 12],
  ['Internal', 'internal', 13],
  ['Unavailable', 'unavailable', 14],
  ['DataLoss', 'data loss', 15],
  ['Unauthenticated', 'unauthorized', 16],
  ['Canceled', 'context canceled', 1],
  ['DeadlineExceeded', 'context deadline exceeded', 4],
];

describe('error classes', () => {
  it('are all in the table of this test', () => {
    assert.deepEqual(new Set(classes.map(([code]) => code)), new Set(Object.keys(errorClasses)));
  });

  for (const [code, text, number] of classes) {
    it(`${code} ends in "${text}" and keeps its class over the wire as ${number}`, () => {
      const error = new errorClasses[code]('snapshot x: 100%');
      assert.equal(error.message, `snapshot x: 100%: ${text}`);
      assert.equal(
        error.name,
        { Canceled: 'AbortError', DeadlineExceeded: 'TimeoutError' }[String(code)] ?? `${code}Error`,
      );
      assert.deepEqual(toStatus(error), { code: number, message: error.message });
      const back = fromStatus(toStatus(error));
      assert.equal(back.code, code);
      assert.equal(back.message, error.message);
      assert.equal(new errorClasses[code]('').message, text);
      assert.equal(fromStatus({ code: number, message: text }).message, text);
    });
  }
});

describe('a message', () => {
  const texts: readonly [string, string][] = [
    ["EACCES: permission denied, open 'x'", "EACCES: permission denied, open 'x'"],
    ["cannot listen: EACCES: permission denied, open 'x'", "cannot listen: EACCES: permission denied, open 'x'"],
    ['x: permission denied', 'x: permission denied'],
    ['permission denied', 'permission denied'],
    ['permission denied: x', 'permission denied: x: permission denied'],
  ];
  for (const [context, message] of texts) {
    it(`says the class of ${JSON.stringify(context)} once, over the wire too`, () => {
      const error = new errorClasses.PermissionDenied(context);
      assert.equal(error.message, message);
      assert.equal(fromStatus(toStatus(error)).message, message);
      assert.equal(withContext(error, 'failed').message, `failed: ${message}`);
    });
  }
});

describe('withContext', () => {
  it('puts text before the message and keeps class and cause', () => {
    const inner = new NotFoundError('snapshot x');
    const outer = withContext(inner, 'failed to remove snapshot x');
    assert.ok(outer instanceof NotFoundError);
    assert.equal(outer.message, 'failed to remove snapshot x: snapshot x: not found');
    assert.equal(outer.cause, inner);
    assert.equal(withContext(new NotFoundError(''), 'a').message, 'a: not found');
  });

  it('classifies what is no error of ours', () => {
    const full = Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' });
    assert.equal(withContext(full, 'write').message, 'write: ENOSPC: no space left: resource exhausted');
    assert.equal(withContext('text', 'write').message, 'write: text: unknown');
  });
});

describe('fromSystemError', () => {
  const cases: readonly [object, ErrorCode][] = [
    [{ code: 'ENOSPC' }, 'ResourceExhausted'],
    [{ code: 'UNKNOWN', errno: -122 }, 'ResourceExhausted'],
    [{ code: 'EMFILE' }, 'ResourceExhausted'],
    [{ code: 'EACCES' }, 'PermissionDenied'],
    [{ code: 'EPERM' }, 'PermissionDenied'],
    [{ code: 'EROFS' }, 'FailedPrecondition'],
    [{ code: 'ENOENT' }, 'Unknown'],
    [{}, 'Unknown'],
  ];
  for (const [properties, code] of cases) {
    it(`makes ${JSON.stringify(properties)} ${code}`, () => {
      assert.equal(fromSystemError(Object.assign(new Error('m'), properties)).code, code);
    });
  }

  it('returns an error of ours as it is', () => {
    const error = new ConflictError('x');
    assert.equal(fromSystemError(error), error);
  });

  it('is about what failed first, where leaving a block failed as well', async () => {
    const first = new NotFoundError('x');
    const late = { [Symbol.dispose]: () => assert.fail('later') };
    try {
      using _one = late;
      using _two = late;
      throw first;
    } catch (error) {
      assert.equal(fromSystemError(error), first);
      assert.equal(fromSystemError(error, 'context').message, 'context: x: not found');
    }
  });
});

describe('toStatus', () => {
  it('sends the text of a foreign error without a class', () => {
    assert.deepEqual(toStatus(new TypeError('boom')), { code: 2, message: 'boom' });
    assert.deepEqual(toStatus('boom'), { code: 2, message: 'boom' });
    assert.deepEqual(toStatus(new UnknownError('boom')), { code: 2, message: 'boom: unknown' });
  });

  it('never sends the cause', () => {
    const status = toStatus(new InvalidArgumentError('bad', { cause: new Error('secret') }));
    assert.doesNotMatch(JSON.stringify(status), /secret/);
  });
});

describe('fromStatus', () => {
  it('takes unknown numbers for Unknown and refuses OK', () => {
    assert.equal(fromStatus({ code: 99, message: 'x' }).code, 'Unknown');
    assert.throws(() => fromStatus({ code: 0, message: '' }), TypeError);
  });

  it('tells the three classes of FAILED_PRECONDITION apart by their text', () => {
    assert.ok(fromStatus({ code: 9, message: 'a: conflict' }) instanceof ConflictError);
    assert.ok(fromStatus({ code: 9, message: 'anything' }) instanceof FailedPreconditionError);
  });
});

describe('abort', () => {
  it('is Canceled, or DeadlineExceeded when the time ran out', () => {
    assert.ok(abortError(AbortSignal.abort()) instanceof CanceledError);
    const late = AbortSignal.abort(new DOMException('late', 'TimeoutError'));
    assert.ok(abortError(late) instanceof DeadlineExceededError);
    const own = new ResourceExhaustedError('own');
    assert.equal(abortError(AbortSignal.abort(own)), own);
    assert.throws(() => throwIfAborted(late), DeadlineExceededError);
    throwIfAborted(undefined);
    throwIfAborted(new AbortController().signal);
  });
});
