import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { engineNames, fakeSnapshotter, serveSnapshotters } from '../../../tests/support/grpc-server.js';
import { frame, RawConnection } from '../../../tests/support/raw-grpc.js';
import type { Info, Snapshotter } from '../../snapshots/index.js';
import { decodeMessage, encodeMessage, wireSnapshots } from '../proto/index.js';

const service = '/containerd.services.snapshots.v1.Snapshots';

function infos(count: number): Snapshotter {
  return fakeSnapshotter({
    walk: async function* () {
      for (let n = 0; n < count; n++) yield infoNamed(`k${n}`);
    },
  });
}

function infoNamed(name: string): Info {
  return { name, parent: '', kind: 'active', created: new Date(0), updated: new Date(0), labels: new Map() };
}

function listBody(filters: string[] = []): Buffer {
  return frame(encodeMessage(wireSnapshots.ListSnapshotsRequest, { snapshotter: 'overlayfs', filters }));
}

for (const engine of engineNames) {
  describe(`${engine}: Snapshots.List`, () => {
    const blocks: [number, number[]][] = [
      [0, []],
      [1, [1]],
      [100, [100]],
      [101, [100, 1]],
      [200, [100, 100]],
      [230, [100, 100, 30]],
    ];
    for (const [count, sizes] of blocks) {
      it(`sends ${count} snapshots in messages of ${sizes.join(', ') || 'none'}`, async () => {
        await using served = await serveSnapshotters({ overlayfs: infos(count) }, { engine });
        await using raw = new RawConnection(served.socket);
        const { status, messages } = await raw.call({ path: `${service}/List`, body: listBody() });
        assert.equal(status, 0);
        const sent = messages.map((message) => decodeMessage(wireSnapshots.ListSnapshotsResponse, message).info);
        assert.deepEqual(
          sent.map((block) => block.length),
          sizes,
        );
        assert.deepEqual(
          sent.flat().map(({ name }) => name),
          Array.from({ length: count }, (_, n) => `k${n}`),
        );
      });
    }
  });

  describe(`${engine}: Snapshots.Update`, () => {
    it('refuses a request without info, and the next call works', async () => {
      const update = async (): Promise<Info> => infoNamed('k');
      await using served = await serveSnapshotters({ overlayfs: fakeSnapshotter({ update }) }, { engine });
      await using raw = new RawConnection(served.socket);
      const request = { snapshotter: 'overlayfs', info: undefined, updateMask: undefined };
      const body = frame(encodeMessage(wireSnapshots.UpdateSnapshotRequest, request));
      assert.deepEqual(await raw.call({ path: `${service}/Update`, body }), {
        status: 3,
        message: 'info is required: invalid argument',
        messages: [],
      });
      await served.connect().snapshotter().update({ name: 'k', labels: new Map() });
    });

    it('passes an empty field mask on as none', async () => {
      const asked: unknown[] = [];
      const update = async (request: unknown): Promise<Info> => {
        asked.push(request);
        return infoNamed('k');
      };
      await using served = await serveSnapshotters({ overlayfs: fakeSnapshotter({ update }) }, { engine });
      await served.connect().snapshotter().update({ name: 'k', labels: new Map(), fieldpaths: [] });
      assert.deepEqual(asked, [{ name: 'k', labels: new Map() }]);
    });
  });
}
