/** Imports that are killed at every step. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { unmountBelow } from '../../tests/support/checked-back-ends.js';
import { openCheckedBackEnd, runCheck } from '../../tests/support/checked-root.js';
import { endOf } from '../../tests/support/die-at.js';
import { backEndOf, killableBackEnds } from '../../tests/support/killable-back-ends.js';
import { archiveOf, type MadeImage, ociLayout } from '../../tests/support/make-image.js';
import { faultPoints } from '../base/index.js';
import { LocalImages } from './local-images.js';

const program = fileURLToPath(new URL('./killed.test.child.js', import.meta.url));
const image: MadeImage = { name: 'made', layers: [[{ name: 'a', content: 'a' }], [{ name: 'b', content: 'b' }]] };
const points = faultPoints.filter((point) => point.startsWith('images.'));
const call = { namespace: 'default' };

for (const { name, skip } of killableBackEnds) {
  describe(`an import into ${name}`, { skip }, () => {
    for (const point of points) {
      it(`that is killed at ${point} leaves what the next start takes away`, async (t) => {
        const directory = mkdtempSync(path.join(tmpdir(), 'strata-killed-'));
        t.after(async () => {
          await unmountBelow(directory);
          rmSync(directory, { recursive: true });
        });
        writeFileSync(path.join(directory, 'source'), archiveOf(ociLayout([image])));
        assert.equal(await endOf(program, [directory, name, point]), 'SIGKILL');
        assert.ok(mountsBelow(path.join(directory, 'images')).length <= mountsAt(point));

        await using root = await openCheckedBackEnd(backEndOf(name), directory);
        const images = await LocalImages.open({
          store: root.store,
          snapshotters: new Map([[name, root.snapshotter]]),
          defaultSnapshotter: name,
          directory: path.join(directory, 'images'),
        });
        await root.snapshotter.cleanup();
        assert.deepEqual(mountsBelow(path.join(directory, 'images')), []);
        assert.deepEqual(readdirSync(path.join(directory, 'images', 'mounts')), []);
        for await (const { kind } of root.snapshotter.walk()) assert.equal(kind, 'committed');
        assert.deepEqual((await runCheck(root, { level: 'deep' })).findings, []);
        assert.equal((await images.list(call)).length, point === 'images.recorded' ? 1 : 0);

        const [imported] = await images.import({ source: path.join(directory, 'source') }, call);
        assert.equal(imported?.layers, 2);
        await images.remove('made', call);
        for await (const { name: left } of root.snapshotter.walk()) assert.fail(`${left} is left`);
      });
    }
  });
}

/** How many mounts an import has made that is killed there. */
function mountsAt(point: string): number {
  return point === 'images.mounted' || point === 'images.unpacked' ? 1 : 0;
}

function mountsBelow(directory: string): string[] {
  const lines = readFileSync('/proc/self/mountinfo', 'latin1').split('\n');
  return lines.map((line) => line.split(' ')[4] ?? '').filter((point) => point.startsWith(`${directory}/`));
}
