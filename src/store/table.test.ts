import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { numberCodec, textCodec } from './codec.js';
import { defineTable } from './table.js';

describe('defineTable', () => {
  it('gives back the description, which nobody can change', () => {
    const table = defineTable<readonly [name: string, id: number], string>({
      name: 'things',
      shape: ['string', 'number'],
      codec: textCodec,
    });
    assert.deepEqual(table, { name: 'things', shape: ['string', 'number'], codec: textCodec });
    assert.ok(Object.isFrozen(table));
  });

  it('ties the shape to the type of the key', () => {
    defineTable<readonly [id: number], number>({
      name: 'counters',
      // @ts-expect-error A number part is described as 'number'.
      shape: ['string'],
      codec: numberCodec,
    });
  });
});
