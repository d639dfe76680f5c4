import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import Database from 'better-sqlite3';
import { fromPlainError, toPlainError } from '../base/index.js';
import {
  DataLossError,
  FailedPreconditionError,
  InternalError,
  NotFoundError,
  ResourceExhaustedError,
  UnavailableError,
} from '../errors/index.js';
import { explain, explainAny, isDamage, mayBeFull, sqliteCode } from './sqlite-error.js';

const place = { file: '/store/strata.db' };
const error = (code: string) => new Database.SqliteError('what SQLite says', code);

describe('an error of SQLite', () => {
  for (const [code, Class] of [
    ['SQLITE_FULL', ResourceExhaustedError],
    ['SQLITE_CORRUPT_INDEX', DataLossError],
    ['SQLITE_NOTADB', DataLossError],
    ['SQLITE_IOERR_FSYNC', DataLossError],
    ['SQLITE_IOERR_NOMEM', ResourceExhaustedError],
    ['SQLITE_READONLY_DIRECTORY', FailedPreconditionError],
    ['SQLITE_BUSY_SNAPSHOT', UnavailableError],
    ['SQLITE_CONSTRAINT_UNIQUE', InternalError],
    ['SQLITE_ERROR', InternalError],
  ] as const) {
    it(`${code} becomes ${Class.name}`, () => {
      const explained = explain(error(code), place);
      assert.ok(explained instanceof Class);
      assert.ok(explained.context.includes(place.file));
      assert.equal(sqliteCode(explained), code);
    });
  }

  it('is the same from another thread', () => {
    const explained = explain(fromPlainError(toPlainError(error('SQLITE_CORRUPT'))), place);
    assert.ok(explained instanceof DataLossError);
    assert.ok(isDamage(explained));
  });

  it('may be a full disk under several names', () => {
    assert.ok(['SQLITE_FULL', 'SQLITE_IOERR_WRITE', 'SQLITE_IOERR_SHMSIZE'].every((code) => mayBeFull(error(code))));
    assert.ok(!mayBeFull(error('SQLITE_IOERR_FSYNC')));
  });
});

describe('another error', () => {
  it('is passed on, or given the class of its system error', () => {
    const mine = new RangeError('mine');
    assert.equal(explain(mine, place), mine);
    const ours = new NotFoundError('x');
    assert.equal(explainAny(ours, place), ours);
    assert.ok(
      explainAny(Object.assign(new Error('full'), { code: 'ENOSPC' }), place) instanceof ResourceExhaustedError,
    );
  });
});
