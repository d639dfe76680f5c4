import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { FrameParser } from '../../../tests/support/raw-http2.js';
import { Output } from './output.js';

/** A socket that notes what is written, and takes no more when it is told so. */
class FakeSocket extends EventEmitter {
  readonly writes: Buffer[] = [];
  writable = true;
  writableLength = 0;
  takes = true;

  write(bytes: Buffer): boolean {
    this.writes.push(bytes);
    return this.takes;
  }
}

function sending() {
  const socket = new FakeSocket();
  let relieved = 0;
  const output = new Output(socket as unknown as Socket, () => relieved++);
  return { socket, output, relieved: () => relieved };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const data = { type: 0, flags: 1, stream: 3 };

describe('Output', () => {
  it('sends the frames of one turn together, in their order', async () => {
    const { socket, output } = sending();
    output.frame(data, Buffer.from('one'));
    output.frame({ ...data, stream: 5 }, Buffer.from('_two_'), 1, 4);
    assert.equal(socket.writes.length, 0);
    await turn();
    assert.equal(socket.writes.length, 1);
    const frames = new FrameParser().push(Buffer.concat(socket.writes));
    assert.deepEqual(
      frames.map(({ type, flags, stream, payload }) => [type, flags, stream, payload.toString()]),
      [
        [0, 1, 3, 'one'],
        [0, 1, 5, 'two'],
      ],
    );
  });

  it('sends what each of several connections has', async () => {
    const all = [sending(), sending(), sending()];
    for (const { output } of all) output.frame(data, Buffer.from('x'));
    await turn();
    assert.deepEqual(
      all.map(({ socket }) => socket.writes.length),
      [1, 1, 1],
    );
    all[1]?.output.frame(data, Buffer.from('x'));
    await turn();
    assert.deepEqual(
      all.map(({ socket }) => socket.writes.length),
      [1, 2, 1],
    );
  });

  it('gathers no more than some before it sends it, and loses nothing', async () => {
    const { socket, output } = sending();
    for (let count = 0; count < 100; count++) output.frame(data, Buffer.alloc(5000, count));
    assert.ok(socket.writes.length > 1);
    assert.ok(output.waiting < 100_000);
    await turn();
    const frames = new FrameParser().push(Buffer.concat(socket.writes));
    assert.deepEqual(
      frames.map(({ payload }) => payload[0]),
      Array.from({ length: 100 }, (_, n) => n),
    );
  });

  it('is congested until the socket takes more', () => {
    const { socket, output, relieved } = sending();
    socket.takes = false;
    output.frame(data, Buffer.from('x'));
    output.flush();
    assert.equal(output.congested, true);
    socket.emit('drain');
    assert.deepEqual([output.congested, relieved()], [false, 1]);
  });

  it('sends nothing to a socket that is closed', () => {
    const { socket, output } = sending();
    socket.writable = false;
    output.frame(data, Buffer.from('x'));
    output.flush();
    assert.deepEqual(socket.writes, []);
  });
});
