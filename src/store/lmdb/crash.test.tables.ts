import { numberCodec, textCodec } from '../codec.js';
import { defineTable } from '../table.js';

/** What both processes of `crash.test.ts` know: each acknowledged number is in both tables. */
export const left = defineTable<readonly [number: number], string>({
  name: 'left',
  shape: ['number'],
  codec: textCodec,
});
/** The other table. */
export const right = defineTable<readonly [number: string], number>({
  name: 'right',
  shape: ['string'],
  codec: numberCodec,
});
