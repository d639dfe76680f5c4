/** The checksum that file systems have of their superblocks: CRC-32C, least significant bit first (RFC 3720, B.4). */
const POLYNOMIAL = 0x82f63b78;

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = (value & 1) === 0 ? value >>> 1 : (value >>> 1) ^ POLYNOMIAL;
  return value;
});

/** The checksum of some bytes, as the kernel's `crc32c` has it: it neither begins nor ends with an inversion. */
export function crc32c(seed: number, bytes: Uint8Array): number {
  let value = seed >>> 0;
  for (const byte of bytes) value = (value >>> 8) ^ (table[(value ^ byte) & 0xff] ?? 0);
  return value >>> 0;
}
