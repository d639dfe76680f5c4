import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { describe, it } from 'node:test';
import { ImportProgressLines } from './import-progress.js';

const layer = `sha256:${'ab'.repeat(32)}`;
const progress = { layer, position: 1, layers: 2, total: 2048 } as const;

function written(isTTY: boolean, columns = 200): { text: () => string; stream: Writable } {
  let text = '';
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  return { text: () => text, stream: Object.assign(stream, { isTTY, columns }) };
}

describe('the progress of an import', () => {
  it('is a line for each layer that is there, where nothing can change a line', () => {
    const { text, stream } = written(false);
    const lines = new ImportProgressLines(stream);
    for (const bytes of [0, 1024]) lines.show({ ...progress, state: 'unpacking', bytes });
    lines.show({ ...progress, state: 'done', bytes: 2048 });
    lines.show({ ...progress, layer: 'a\u001b', position: 2, state: 'exists', bytes: 0 });
    lines.show({ ...progress, layer: '/a', position: 2, state: 'done', bytes: 0, total: 0 });
    lines.end();
    const shown = ['1/2 sha256:abababababab  done, 2.0 KiB', '2/2 a\\x1b  is there', '2/2 /a  done'];
    assert.equal(text(), shown.map((line) => `layer ${line}\n`).join(''));
  });

  it('is a line with its rate that changes on a terminal, ten times a second and never broken', () => {
    for (const columns of [200, 20]) {
      const { text, stream } = written(true, columns);
      let now = 0;
      const lines = new ImportProgressLines(stream, () => now);
      lines.show({ ...progress, state: 'unpacking', bytes: 0 });
      now = 50;
      lines.show({ ...progress, state: 'unpacking', bytes: 512 });
      now = 500;
      lines.show({ ...progress, state: 'unpacking', bytes: 1024 });
      now = 600;
      lines.show({ ...progress, state: 'unpacking', bytes: 2048 });
      lines.show({ ...progress, state: 'done', bytes: 2048 });
      const drawn = [
        'layer 1/2 sha256:abababababab  0 B of 2.0 KiB',
        'layer 1/2 sha256:abababababab  1.0 KiB of 2.0 KiB, 2.0 KiB/s',
        'layer 1/2 sha256:abababababab  2.0 KiB of 2.0 KiB, finishing',
      ];
      const shown = drawn.map((each) => `\r\u001b[K${each.slice(0, columns - 1)}`);
      assert.equal(text(), `${shown.join('')}\r\u001b[Klayer 1/2 sha256:abababababab  done, 2.0 KiB\n`);
    }
  });
});
