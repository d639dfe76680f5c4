import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { CanceledError } from '../../errors/index.js';
import { attachLoop } from '../../linux/index.js';
import { skip } from './driver.test.rig.js';
import { deviceThatStays, settle, syncFile } from './image.js';

describe('an image', { skip }, () => {
  it('is let go of when no device has it any more', async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'strata-image-'));
    t.after(() => rmSync(directory, { recursive: true }));
    const image = join(directory, 'image');
    writeFileSync(image, Buffer.alloc(2 ** 20));
    await syncFile(image);
    await syncFile(directory);
    assert.equal(await deviceThatStays(image, undefined), undefined);
    {
      using device = attachLoop(image, { readOnly: false });
      assert.equal(await deviceThatStays(image, undefined), device.path);
      await settle(image, undefined);
      const abort = new AbortController();
      const waiting = deviceThatStays(image, abort.signal);
      abort.abort();
      await assert.rejects(waiting, CanceledError);
    }
    await assert.rejects(deviceThatStays(image, AbortSignal.abort()), CanceledError);
  });
});
