import { defineTable, textCodec } from '../../src/store/index.js';

/** The table of the stores that are damaged. */
export const texts = defineTable<readonly [name: string, id: number], string>({
  name: 'texts',
  shape: ['string', 'number'],
  codec: textCodec,
});

/** For opening one. */
export const pageTables = [texts] as const;

/** How many records are written into one. */
export const records = 400;
