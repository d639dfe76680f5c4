import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { snapshot } from '../../../tests/support/fake-daemon.js';
import { InternalError, NotFoundError } from '../../errors/index.js';
import type { StrataClient } from '../../rpc/client/index.js';
import type { Info, Usage } from '../../snapshots/index.js';
import { CommandContext } from '../context.js';
import { processIo } from '../io.js';
import { type RowsRequest, snapshotRows } from './snapshot-rows.js';

async function rows(request: RowsRequest, infos: readonly Info[], usage: (key: string) => Promise<Usage>) {
  const snapshotter = {
    async *walk() {
      yield* infos;
    },
    usage,
  };
  const client = { snapshotter: () => snapshotter, close: async () => undefined } as unknown as StrataClient;
  const io = processIo();
  const tools = { ...io.tools, connect: async () => client };
  await using context = new CommandContext({ ...io, stdout: new PassThrough(), tools }, {});
  return await snapshotRows(context, request);
}

const many = Array.from({ length: 100 }, (_, n) => snapshot(`s${n}`));
const never = () => Promise.reject(new InternalError('nobody asked'));

describe('the rows of a list', () => {
  it('have no sizes unless they are asked for', async () => assert.deepEqual(await rows({}, many, never), many));

  it('stay in their order, with sizes that are asked for some at a time', async () => {
    let [running, most] = [0, 0];
    const sized = await rows({ size: true }, many, async (key) => {
      most = Math.max(most, ++running);
      await new Promise<void>((resolve) => setImmediate(resolve));
      running -= 1;
      return { size: Number(key.slice(1)), inodes: 1 };
    });
    assert.deepEqual(
      sized.map(({ name, size }) => [name, size]),
      many.map(({ name }, n) => [name, n]),
    );
    assert.ok(most > 1 && most < many.length, `${most} at once`);
  });

  it('have no size where the snapshot is gone', async () => {
    const gone = async (key: string) => {
      if (key === 's1') throw new NotFoundError('snapshot s1 does not exist');
      return { size: 1, inodes: 1 };
    };
    const [first, second] = await rows({ size: true }, many.slice(0, 2), gone);
    assert.deepEqual([first?.size, second], [1, many[1]]);
  });

  it('fail with any other failure', async () => {
    await assert.rejects(rows({ size: true }, many, never), new InternalError('nobody asked'));
  });
});
