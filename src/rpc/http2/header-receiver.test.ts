import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { flags, frameTypes } from './frames.js';
import { HeaderReceiver } from './header-receiver.js';
import { encodeField, encodeHeaders, encodeRemembered, type HeaderField } from './hpack/encode.js';
import type { RequestHeaders } from './request-headers.js';

const method: readonly HeaderField[] = [
  [':method', 'POST'],
  [':scheme', 'http'],
];

/** A connection on which blocks arrive. */
function receiving(limit = 65_536) {
  let latest: RequestHeaders | undefined;
  const receiver = new HeaderReceiver(limit, (_, { content }) => {
    latest = typeof content === 'string' ? undefined : content;
  });
  return (...parts: readonly Buffer[]): RequestHeaders | undefined => {
    const bytes = Buffer.concat(parts);
    const head = { type: frameTypes.HEADERS, flags: flags.END_HEADERS, stream: 1 };
    receiver.begin({ ...head, bytes, start: 0, end: bytes.length });
    return latest;
  };
}

const path = (text: string): Buffer => encodeField([':path', text], 'remember');

describe('HeaderReceiver', () => {
  it('reads the same bytes as the same request', () => {
    const receive = receiving();
    receive(encodeHeaders(method), path('/a'));
    const again = [encodeHeaders(method), encodeRemembered(0)];
    assert.equal(receive(...again)?.path, '/a');
    assert.equal(receive(...again)?.path, '/a');
  });

  it('reads the same bytes as another request when what they refer to has changed', () => {
    const receive = receiving();
    receive(encodeHeaders(method), path('/a'));
    const newest = [encodeHeaders(method), encodeRemembered(0)];
    assert.equal(receive(...newest)?.path, '/a');
    receive(encodeHeaders(method), path('/b'));
    assert.equal(receive(...newest)?.path, '/b');
    // The same by a block that is too long to be remembered itself.
    receive(encodeHeaders(method), path(`/c${'c'.repeat(100)}`));
    assert.match(receive(...newest)?.path ?? '', /^\/cc/);
  });

  it('lets a block that changes what others refer to do so each time', () => {
    const receive = receiving();
    const teaching = [encodeHeaders(method), path('/a')];
    receive(...teaching);
    receive(...teaching);
    // The second of two entries is there, and is the same.
    assert.equal(receive(encodeHeaders(method), encodeRemembered(1))?.path, '/a');
  });

  it('refuses the same request each time when it is malformed', () => {
    const receive = receiving();
    for (let time = 0; time < 3; time++) assert.equal(receive(encodeHeaders(method)), undefined);
  });

  it('keeps no more than some requests', () => {
    const receive = receiving();
    for (let number = 0; number < 1000; number++) {
      const name = encodeField([':path', `/${number % 500}`], 'forget');
      assert.equal(receive(encodeHeaders(method), name)?.path, `/${number % 500}`);
    }
  });
});
