import { lstatSync } from 'node:fs';
import path from 'node:path';
import { PermissionDeniedError } from '../../errors/index.js';

const WRITABLE_BY_ALL = 0o002;

/**
 * Makes sure that a socket was not put there by somebody else. Where anybody can make files, such as below /tmp, the socket
 * and the directories that lead to it have to belong to this user or to root; everywhere else whoever may write there
 * is trusted. What is not there is left to the connection to find out.
 *
 * In a user namespace the system's directories belong to the user who stands for everybody outside. Such directories may lead to
 * the socket, since nobody outside can make a socket that belongs to this user.
 * @param system The owner of the system's directories.
 * @throws PermissionDeniedError when something on the way belongs to another user.
 */
export function requireOwnSocket(socket: string, uid = process.geteuid?.(), system = lstatSync('/').uid): void {
  let open: string | undefined;
  for (const place of placesOf(socket)) {
    const found = lstatSync(place, { throwIfNoEntry: false });
    if (found === undefined) return;
    const trusted = place === socket ? [0, uid] : [0, uid, system];
    if (open !== undefined && !trusted.includes(found.uid)) {
      const why = `${place} belongs to user ${found.uid}, and anybody can make files in ${open}`;
      throw new PermissionDeniedError(`socket ${socket} is not trusted: ${why}`);
    }
    if (found.isDirectory() && (found.mode & WRITABLE_BY_ALL) !== 0) open = place;
  }
}

/** A path and all directories above it, from the top. */
function placesOf(file: string): readonly string[] {
  const above = path.dirname(file);
  return above === file ? [file] : [...placesOf(above), file];
}
