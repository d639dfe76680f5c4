import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { devmapperSchema } from './schema.js';

describe('the schema of devmapper', () => {
  it('says of each table and of each column that is no plain word what it is', () => {
    const tables = devmapperSchema.split('CREATE TABLE ').slice(1);
    assert.equal(tables.length, 2);
    for (const table of tables) assert.match(table, /\) STRICT, WITHOUT ROWID;/);
    assert.equal(devmapperSchema.match(/^-- /gm)?.length, 2);
  });
});
