import { type HeaderBlock, headerBlock } from '../http2/index.js';
import { acceptedEncodings } from './message-frame.js';
import type { CallStatus } from './status.js';

const status200 = [':status', '200'] as const;
const contentType = ['content-type', 'application/grpc'] as const;
const accepted = ['grpc-accept-encoding', acceptedEncodings.join(',')] as const;

/** The metadata that a call may have, in bytes. */
export const largestMetadata = 2 ** 20;

/** Begins an answer that has messages. */
export const responseHeaders: HeaderBlock = headerBlock([status200, contentType, accepted], { common: true });

/** Ends an answer that succeeded. */
export const successTrailers: HeaderBlock = headerBlock([['grpc-status', '0']], { common: true });

/** Refuses what is no gRPC (gRPC's PROTOCOL-HTTP2.md). */
export const unsupportedMediaType: HeaderBlock = headerBlock([[':status', '415']], { common: false });

/** Refuses a call whose metadata is larger than the server takes. */
export const metadataTooLarge: HeaderBlock = failureAnswer({
  code: 8,
  details: `received metadata larger than max (${largestMetadata} bytes)`,
});

/** Ends an answer that failed after it had begun. */
export function failureTrailers(status: CallStatus): HeaderBlock {
  return headerBlock(statusFields(status), { common: false });
}

/** The whole answer of a call that failed before it had any messages. */
export function failureAnswer(status: CallStatus): HeaderBlock {
  return headerBlock([status200, contentType, ...statusFields(status)], { common: false });
}

function statusFields({ code, details }: CallStatus): (readonly [string, string])[] {
  return [
    ['grpc-status', String(code)],
    ['grpc-message', percentEncoded(details)],
  ];
}

/** Text in the characters that a header may have: printable ASCII without the per cent sign, all else as %XX of UTF-8. */
function percentEncoded(text: string): string {
  if (/^[ -$&-~]*$/.test(text)) return text;
  let encoded = '';
  for (const byte of Buffer.from(text)) {
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    encoded += plain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}
