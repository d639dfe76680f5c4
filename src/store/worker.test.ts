import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { CanceledError, DataLossError, FailedPreconditionError } from '../errors/index.js';
import { open, temporaryDirectory } from './store.test.rig.js';
import { inWorker } from './worker.js';

describe('inWorker', () => {
  it('throws in classes of ours what SQLite throws in the other thread', async (t) => {
    const directory = await temporaryDirectory(t);
    const text = path.join(directory, 'text');
    await writeFile(text, 'no database '.repeat(1000));
    await assert.rejects(inWorker({ file: text, what: 'checkpoint' }), DataLossError);
    await assert.rejects(inWorker({ file: path.join(directory, 'none'), what: 'verify' }), FailedPreconditionError);
  });

  it('can be given up', async (t) => {
    await using store = await open(await temporaryDirectory(t));
    const controller = new AbortController();
    const task = inWorker({ file: store.file, what: 'verify' }, { signal: controller.signal });
    controller.abort();
    await assert.rejects(task, CanceledError);
  });
});
