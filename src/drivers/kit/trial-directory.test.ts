import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { withTrialDirectory } from './trial-directory.js';

describe('withTrialDirectory', () => {
  it('gives a directory that is gone afterwards, however the work ends', async (t) => {
    const parent = mkdtempSync(join(tmpdir(), 'strata-trial-'));
    t.after(() => rmSync(parent, { recursive: true }));
    const work = async (directory: string) => {
      writeFileSync(join(directory, 'file'), '');
      return directory;
    };
    const directory = await withTrialDirectory(parent, work);
    assert.equal(existsSync(String(directory)), false);
    const failing = withTrialDirectory(parent, async (each) => {
      await work(each);
      throw new Error('no');
    });
    await assert.rejects(failing, /no/);
    assert.deepEqual(readdirSync(parent), []);
    assert.equal(await withTrialDirectory(join(parent, 'nowhere'), work), undefined);
  });
});
