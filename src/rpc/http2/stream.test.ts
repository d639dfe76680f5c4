import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { headerBlock } from './header-encoder.js';
import { RequestHeaders } from './request-headers.js';
import { ServerStream, type StreamHost } from './stream.js';

const ok = headerBlock([[':status', '200']], { common: true });
const done = headerBlock([['result', 'done']], { common: true });

/** A connection that takes so many bytes of data, and notes what is said. */
function hosted(room: number, contentLength?: number) {
  const said: string[] = [];
  const connection = { room, waiting: 0 };
  const host: StreamHost = {
    sendHeaders: (_, block, last) => void said.push(`${block.fields[0]?.[0]}${last ? ' end' : ''}`),
    sendData: (_, bytes, offset) => {
      const sent = Math.min(connection.room, bytes.length - offset);
      connection.room -= sent;
      if (sent > 0) said.push(bytes.toString('latin1', offset, offset + sent));
      return sent;
    },
    block: () => void said.push('blocked'),
    waiting: (_, bytes) => {
      connection.waiting += bytes;
    },
    answered: () => stream.die(),
    released: () => void said.push('released'),
  };
  const headers = new RequestHeaders({ method: 'POST', path: '/', bytes: 1, contentLength, fields: [] });
  const stream = new ServerStream(host, { id: 1, headers, sendWindow: 1, window: 1 });
  return { stream, said, connection };
}

describe('ServerStream', () => {
  it('sends an answer at once where there is room', () => {
    const { stream, said, connection } = hosted(100);
    stream.respond(ok);
    stream.finish(Buffer.from('hello'), done);
    assert.deepEqual(said, [':status', 'hello', 'result end']);
    assert.equal(connection.waiting, 0);
  });

  it('keeps what does not go out until it is resumed, in its order', async () => {
    const { stream, said, connection } = hosted(3);
    stream.respond(ok);
    const written = stream.write(Buffer.from('hello'));
    stream.finish(Buffer.from('world'), done);
    assert.equal(connection.waiting, 10);
    connection.room = 4;
    stream.resume();
    await written;
    assert.equal(connection.waiting, 5);
    connection.room = 100;
    stream.resume();
    assert.deepEqual(
      said.filter((each) => each !== 'blocked'),
      [':status', 'hel', 'lo', 'wo', 'rld', 'result end'],
    );
    assert.equal(connection.waiting, 0);
  });

  it('says nothing more once it is dead, and gives back what waited', () => {
    const { stream, said, connection } = hosted(1);
    stream.respond(ok);
    stream.finish(Buffer.from('hello'), done);
    stream.die();
    assert.equal(connection.waiting, 0);
    const before = said.length;
    connection.room = 100;
    stream.resume();
    stream.respond(ok);
    stream.finish(Buffer.from('more'), done);
    stream.end(done);
    assert.equal(said.length, before);
  });

  it('gathers a body', () => {
    const { stream } = hosted(0);
    const bytes = Buffer.from('_one two_');
    stream.addBody(bytes, 1, 4);
    stream.addBody(bytes, 4, 8);
    bytes.fill(0);
    assert.deepEqual([stream.bodyBytes, stream.bodyHead.toString()], [7, 'one']);
    assert.equal(stream.takeBody().toString(), 'one two');
    assert.equal(stream.bodyBytes, 0);
    assert.equal(stream.takeBody().length, 0);
  });

  it('is sound when as much has come as was said, or nothing was said', () => {
    assert.equal(hosted(0).stream.sound, true);
    const { stream } = hosted(0, 2);
    assert.equal(stream.sound, false);
    stream.received = 2;
    assert.equal(stream.sound, true);
  });

  it('is released once', () => {
    const { stream, said } = hosted(0);
    stream.release();
    stream.release();
    assert.deepEqual([said, stream.released], [['released'], true]);
  });
});
