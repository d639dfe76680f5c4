import path from 'node:path';

/**
 * The longest path of a unix socket in bytes, without the closing zero (unix(7), `sun_path`). Node silently truncates a longer
 * one, and then listens or connects somewhere else.
 */
export const maxSocketPathBytes = 107;

/** A path, or what is wrong with its address. */
export type SocketPath = { readonly path: string } | { readonly problem: string };

/**
 * The path in an address of a unix socket: an absolute path, or one behind `unix:` or `unix://` as gRPC writes it
 * (https://github.com/grpc/grpc/blob/master/doc/naming.md).
 */
export function socketPath(address: string): SocketPath {
  const found = address.replace(/^unix:(\/\/)?/, '');
  const shown = JSON.stringify(address);
  if (!path.isAbsolute(found)) return { problem: `address ${shown} is not an absolute path of a unix socket` };
  if (found.includes('\0')) return { problem: `address ${shown} contains a zero byte` };
  const bytes = Buffer.byteLength(found);
  if (bytes > maxSocketPathBytes) {
    return { problem: `address ${shown} has a path of ${bytes} bytes, more than ${maxSocketPathBytes}` };
  }
  return { path: found };
}
