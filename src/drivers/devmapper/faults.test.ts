import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DataLossError, FailedPreconditionError, ResourceExhaustedError, UnknownError } from '../../errors/index.js';
import { explainDeviceError, isFault } from './faults.js';

const system = (code: string) => Object.assign(new Error(`${code}: it failed`), { code });

describe('errors of devices', () => {
  const cases: readonly [unknown, boolean, new (...of: never[]) => Error][] = [
    [system('EIO'), true, DataLossError],
    [system('EUCLEAN'), true, DataLossError],
    [new Error('mkfs.ext4: Input/output error while writing'), true, DataLossError],
    [system('EBUSY'), false, FailedPreconditionError],
    [system('ENOSPC'), false, ResourceExhaustedError],
    [new Error('no idea'), false, UnknownError],
  ];
  for (const [error, fault, Class] of cases) {
    it(`${String(error)}: ${Class.name}`, () => {
      assert.equal(isFault(error), fault);
      const explained = explainDeviceError(error, 'context');
      assert.ok(explained instanceof Class);
      assert.match(explained.message, /^context: /);
      assert.equal(explained.cause, error);
    });
  }
});
