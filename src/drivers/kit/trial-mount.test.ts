import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { directoryWithoutUpper } from '../../../tests/support/no-upper.js';
import {
  InvalidArgumentError,
  NotImplementedError,
  PermissionDeniedError,
  ResourceExhaustedError,
  UnknownError,
} from '../../errors/index.js';
import { cannotTry, mountsWithMappedIds, mountsWithUserXattr, requireOverlay, tryOverlay } from './trial-mount.js';

const needsRoot = process.geteuid?.() !== 0 && 'needs root';

function place(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'strata-trial-mount-'));
  t.after(() => rmSync(root, { recursive: true }));
  return root;
}

describe('trial mounts', { skip: needsRoot }, () => {
  it('tell what this kernel can do, and leave nothing', async (t) => {
    const root = place(t);
    await tryOverlay(root);
    assert.equal(typeof (await mountsWithUserXattr(root)), 'boolean');
    const mapped = await mountsWithMappedIds(root);
    assert.equal(await mountsWithMappedIds(root), mapped, 'it is asked once for each file system');
    assert.deepEqual(readdirSync(root), []);
  });

  it('tell why overlay cannot be mounted', async (t) => {
    await assert.rejects(tryOverlay(join(place(t), 'a:b')));
  });
});

describe('requireOverlay', { skip: needsRoot }, () => {
  const question = { configured: [], needed: ['index=off'], writable: true };

  it('passes where overlay can be mounted, and leaves nothing', async (t) => {
    const root = place(t);
    await requireOverlay(root, question);
    await requireOverlay(root, { ...question, configured: ['volatile', 'metacopy=on'] });
    assert.deepEqual(readdirSync(root), []);
  });

  it('tells where it cannot, whatever is configured', async (t) => {
    const upper = await directoryWithoutUpper(t);
    for (const configured of [[], ['metacopy=on']]) {
      await assert.rejects(requireOverlay(upper, { ...question, configured }), (error) => {
        assert.ok(error instanceof NotImplementedError);
        assert.ok(error.message.startsWith(`overlay cannot be mounted below ${upper}: mount source: "overlay"`));
        return true;
      });
    }
    await requireOverlay(upper, { ...question, writable: false });
    assert.deepEqual(readdirSync(upper), []);
  });

  it('tells when it is the options', async (t) => {
    const refused = requireOverlay(place(t), { ...question, configured: ['no-such-option'] });
    await assert.rejects(refused, (error) => {
      assert.ok(error instanceof InvalidArgumentError);
      assert.match(error.message, /with the options no-such-option: mount source/);
      return true;
    });
  });
});

describe('cannotTry', () => {
  it('is what this process or the disk lacks, and nothing else', () => {
    assert.equal(cannotTry(new PermissionDeniedError('')), true);
    assert.equal(cannotTry(new NotImplementedError('')), true);
    assert.equal(cannotTry(new ResourceExhaustedError('')), true);
    assert.equal(cannotTry(new UnknownError('')), false);
  });
});
