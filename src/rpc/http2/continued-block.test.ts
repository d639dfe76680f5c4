import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ContinuedBlock } from './continued-block.js';
import { HeaderDecoder } from './hpack/decoder.js';
import { encodeField, encodeHeaders, encodeRemembered, forgetAll } from './hpack/encode.js';
import { ProtocolError } from './protocol-error.js';
import type { HeaderContent } from './request-headers.js';

const request = encodeHeaders([
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', '/p'],
]);

const limit = 8192;

/** Decodes a block in parts of so many bytes. */
function read(decoder: HeaderDecoder, block: Buffer, part = 1000): HeaderContent {
  const continued = new ContinuedBlock(decoder, limit);
  for (let start = 0; start < block.length; start += part) {
    continued.add(block, start, Math.min(start + part, block.length));
  }
  return continued.finish();
}

/** What the decoder remembers, newest first. */
function tableOf(decoder: HeaderDecoder): string[] {
  const names: string[] = [];
  for (let age = 0; ; age++) {
    const block = encodeRemembered(age);
    try {
      decoder.decode(block, { start: 0, end: block.length }, (name) => names.push(name));
    } catch {
      return names;
    }
  }
}

const get = (content: HeaderContent, name: string): string | undefined =>
  typeof content === 'string' ? undefined : content.get(name);

describe('ContinuedBlock', () => {
  it('reads the same wherever the block is cut', () => {
    const long = 'v'.repeat(300);
    const block = Buffer.concat([
      forgetAll,
      Buffer.from([0x3f, 0xe1, 0x1f]),
      request,
      encodeField(['one', long], 'remember'),
      encodeRemembered(0),
      encodeField(['two', ''], 'forget'),
      // "www.example.com", Huffman-coded (RFC 7541, appendix C.4).
      Buffer.concat([Buffer.from([0, 1, 0x68]), Buffer.from('8cf1e3c2e5f23a6ba0ab90f4ff', 'hex')]),
    ]);
    fc.assert(
      fc.property(fc.array(fc.nat(block.length), { maxLength: 12 }), (cuts) => {
        const continued = new ContinuedBlock(new HeaderDecoder(), limit);
        const ends = [...cuts.sort((a, b) => a - b), block.length];
        for (const [index, end] of ends.entries()) continued.add(block, ends[index - 1] ?? 0, end);
        const content = continued.finish();
        assert.deepEqual(
          ['one', 'two', 'h'].map((name) => get(content, name)),
          [long, '', 'www.example.com'],
        );
      }),
    );
  });

  it('remembers what a block says that is too large in all', () => {
    const decoder = new HeaderDecoder();
    const fields = Array.from({ length: 40 }, (_, n) => encodeField([`x-${n}`, 'v'.repeat(1000)], 'forget'));
    const taught = [encodeField(['first', '1'], 'remember'), encodeField(['last', '1'], 'remember')] as const;
    assert.equal(read(decoder, Buffer.concat([request, taught[0], ...fields, taught[1]])), 'too large');
    assert.deepEqual(tableOf(decoder), ['last', 'first']);
  });

  it('passes over a value that is larger than all headers may be', () => {
    for (const part of [300, 1000, 16_384]) {
      const decoder = new HeaderDecoder();
      const huge = encodeField(['huge', 'v'.repeat(100_000)], 'forget');
      const block = Buffer.concat([
        request,
        encodeField(['a', '1'], 'remember'),
        huge,
        encodeField(['b', '1'], 'remember'),
      ]);
      assert.equal(read(decoder, block, part), 'too large');
      assert.deepEqual(tableOf(decoder), ['b', 'a']);
    }
  });

  it('forgets everything when it is to remember a value that is larger than the table', () => {
    const decoder = new HeaderDecoder();
    const huge = encodeField(['huge', 'v'.repeat(100_000)], 'remember');
    const block = Buffer.concat([
      request,
      encodeField(['a', '1'], 'remember'),
      huge,
      encodeField(['b', '1'], 'remember'),
    ]);
    assert.equal(read(decoder, block), 'too large');
    assert.deepEqual(tableOf(decoder), ['b']);
  });

  it('counts what a block unpacks to', () => {
    const decoder = new HeaderDecoder();
    const entry = encodeField(['a', 'x'.repeat(3000)], 'remember');
    assert.equal(read(decoder, Buffer.concat([request, entry, encodeRemembered(0)]), 50) instanceof Object, true);
    const thrice = Buffer.concat([request, encodeRemembered(0), encodeRemembered(0), encodeRemembered(0)]);
    assert.equal(read(decoder, thrice, 3), 'too large');
  });

  const floods: Record<string, [bytes: number, frames: number]> = {
    'empty frames': [0, 520],
    'frames of a byte': [1, 520],
    'frames of any size': [16_384, 40],
  };
  for (const [name, [bytes, frames]] of Object.entries(floods)) {
    it(`refuses ${name} without end`, () => {
      const continued = new ContinuedBlock(new HeaderDecoder(), limit);
      // ":method: GET", many times.
      const part = Buffer.alloc(bytes, 0x82);
      const flood = (): void => {
        for (let frame = 0; frame < frames; frame++) continued.add(part, 0, part.length);
      };
      assert.throws(flood, new ProtocolError('ENHANCE_YOUR_CALM', 'headers are too large'));
    });
  }

  it('refuses a name that is larger than all headers may be', () => {
    const block = encodeField(['n'.repeat(20_000), 'v'], 'forget');
    assert.throws(() => read(new HeaderDecoder(), block), { code: 'ENHANCE_YOUR_CALM' });
  });

  it('refuses a block that ends within a field, or a change of the table within a block', () => {
    const cut = encodeField(['name', 'value'], 'forget').subarray(0, -1);
    assert.throws(() => read(new HeaderDecoder(), cut, 2), { code: 'COMPRESSION_ERROR' });
    const huge = encodeField(['huge', 'v'.repeat(100_000)], 'forget').subarray(0, -1);
    assert.throws(() => read(new HeaderDecoder(), huge), { code: 'COMPRESSION_ERROR' });
    assert.throws(() => read(new HeaderDecoder(), Buffer.concat([request, forgetAll]), 1), {
      code: 'COMPRESSION_ERROR',
    });
  });
});
