/** Requests that are no messages at all. */
import assert from 'node:assert/strict';
import { frame } from '../../support/protobuf.js';
import { scenario } from '../../support/scenario.js';
import { methods } from '../../support/snapshots-api.js';
import { codes } from '../../support/wire.js';
import { Bench } from './bench.js';

/** gRPC libraries differ in what they say to a call that has not exactly one message. */
const noMessage = [codes.internal, codes.unimplemented] as const;

/** What is sent, and the codes that are right for it. */
const brokenCases: readonly { readonly name: string; readonly raw: Buffer; readonly codes: readonly number[] }[] = [
  { name: 'a field that ends too early', raw: framed([0x0a, 0x05, 0x61]), codes: [codes.internal] },
  { name: 'a tag alone', raw: framed([0x0a]), codes: [codes.internal] },
  { name: 'a varint without end', raw: framed(Array.from({ length: 11 }, () => 0xff)), codes: [codes.internal] },
  { name: 'a length beyond 2^31', raw: framed([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]), codes: [codes.internal] },
  { name: 'a wire type that does not exist', raw: framed([0x0f, 0x01]), codes: [codes.internal] },
  { name: 'text that is no UTF-8', raw: framed([0x12, 0x02, 0xc3, 0x28]), codes: [codes.internal] },
  { name: 'a frame shorter than it says', raw: Buffer.from([0, 0, 0, 0, 9, 1, 2]), codes: noMessage },
  { name: 'half a frame header', raw: Buffer.from([0, 0, 0]), codes: noMessage },
  { name: 'nothing', raw: Buffer.alloc(0), codes: noMessage },
  {
    name: 'two messages',
    raw: Buffer.concat([framed([]), framed([])]),
    codes: noMessage,
  },
  {
    // Taken as it is, since the encoding "identity" was never ruled out; it is then no message.
    name: 'a message marked as compressed, without an encoding',
    raw: Buffer.from([1, 0, 0, 0, 1, 0]),
    codes: [...noMessage, codes.invalidArgument],
  },
  { name: '20 MiB', raw: framed(new Uint8Array(20 * 1024 * 1024)), codes: [codes.resourceExhausted] },
];

function framed(bytes: ArrayLike<number>): Buffer {
  return frame(Buffer.from(Uint8Array.from(bytes)));
}

scenario('requests that are no messages', {}, async (running) => {
  const bench = await Bench.start(running);
  for (const method of ['prepare', 'stat', 'list'] as const) {
    for (const { name, raw, codes: allowed } of brokenCases) {
      await bench.step(`${method}: ${name}`, async () => {
        const answer = await bench.wire.call(methods[method], Buffer.alloc(0), { raw });
        assert.ok(answer.code !== undefined && allowed.includes(answer.code), `${answer.code}: ${answer.text}`);
      });
    }
  }
});
