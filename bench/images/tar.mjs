// Archives of files and directories, as plain as they can be: the same input gives the same bytes.

/**
 * @typedef {object} Entry
 * @property {string} name At most 100 bytes; that of a directory ends with a slash.
 * @property {Buffer} [content] Of a file.
 * @property {number} [mode]
 */

const block = 512;

/** @param {Entry} entry */
function header({ name, content = Buffer.alloc(0), mode }) {
  const isDirectory = name.endsWith('/');
  const bytes = Buffer.alloc(block);
  /** @param {number} value @param {number} digits */
  const octal = (value, digits) => `${value.toString(8).padStart(digits, '0')}\0`;
  bytes.write(name, 0);
  bytes.write(octal(mode ?? (isDirectory ? 0o755 : 0o644), 7), 100);
  bytes.write(octal(0, 7) + octal(0, 7) + octal(content.length, 11) + octal(0, 11), 108);
  bytes.write(' '.repeat(8), 148);
  bytes.write(isDirectory ? '5' : '0', 156);
  bytes.write('ustar\x0000', 257);
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${octal(sum, 6)} `, 148);
  return bytes;
}

/**
 * An archive in the format of POSIX (ustar), of root's, all as old as time.
 * @param {readonly Entry[]} entries
 */
export function tar(entries) {
  const parts = entries.flatMap((entry) => {
    const { content = Buffer.alloc(0) } = entry;
    return [header(entry), content, Buffer.alloc((block - (content.length % block)) % block)];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * block)]);
}
