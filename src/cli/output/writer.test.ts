import assert from 'node:assert/strict';
import { PassThrough, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { taken } from '../../../tests/support/taken.js';
import { writeLines } from './writer.js';

describe('writing lines', () => {
  it('ends each with a line break, and writes nothing for none', async () => {
    const stream = new PassThrough();
    await writeLines(stream, ['a', '', 'b']);
    await writeLines(stream, []);
    assert.equal(taken(stream), 'a\n\nb\n');
  });

  it('makes no more lines than are taken', async () => {
    const stream = new PassThrough({ highWaterMark: 1 });
    let made = 0;
    function* lines(): Generator<string> {
      for (; made < 10; made++) yield 'x'.repeat(50_000);
    }
    const writing = writeLines(stream, lines());
    await new Promise(setImmediate);
    assert.ok(made <= 2, `${made} lines were made before any was read`);
    const all = text(stream);
    await writing;
    stream.end();
    assert.equal((await all).length, 10 * 50_001);
  });

  it('passes on what the stream failed with', async () => {
    const failing = new Writable({
      highWaterMark: 1,
      write: (_chunk, _encoding, done) => done(new Error('no space left')),
    });
    await assert.rejects(writeLines(failing, ['a']), /no space left/);
  });
});
