import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CanceledError, throwIfAborted } from '../../errors/index.js';
import { Readers } from './readers.js';

/** Reads until it is told to stop, and takes a moment for that. */
const forever = async (signal: AbortSignal): Promise<string> => {
  while (!signal.aborted) await new Promise((resolve) => setImmediate(resolve));
  throwIfAborted(signal);
  return 'never';
};

describe('Readers', () => {
  it('give what is read, or what kept it from being read', async () => {
    const readers = new Readers();
    assert.equal(await readers.read('1', async () => 'read', undefined), 'read');
    await assert.rejects(
      readers.read('1', () => Promise.reject(new Error('EIO')), undefined),
      /EIO/,
    );
    await readers.stop('1');
  });

  it('give way to whoever deletes a layer, and to nobody else', async () => {
    const readers = new Readers();
    let ended = 0;
    const read = (id: string) => readers.read(id, forever, undefined).finally(() => ended++);
    const first = [read('1'), read('1')];
    const abort = new AbortController();
    const other = readers.read('2', forever, abort.signal);
    await readers.stop('1');
    assert.deepEqual(await Promise.all(first), [undefined, undefined]);
    assert.equal(ended, 2);
    abort.abort();
    await assert.rejects(other, CanceledError);
    await assert.rejects(readers.read('2', forever, AbortSignal.abort()), CanceledError);
  });
});
