import { closeSync } from 'node:fs';
import { InvalidArgumentError } from '../../errors/index.js';
import { libc } from './libc.js';
import { systemCallError } from './system-error.js';

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const MSG_NOSIGNAL = 0x4000;

/**
 * Sends systemd, or whoever stands in for it, a datagram such as `READY=1`, as sd_notify(3) does. Node has no sockets for that.
 * Waits until the datagram is in the queue of the receiver.
 * @param address What `NOTIFY_SOCKET` says: a path, or behind an `@` the name of an abstract socket.
 * @throws InvalidArgumentError for another address or one that is too long; NotImplementedError without the addon for system calls; a
 * system error.
 */
export function notifyServiceManager(address: string, state: string): void {
  const target = socketAddress(address);
  const message = Buffer.from(state);
  const { socket, sendto, errno } = libc();
  const fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw systemCallError('socket', errno());
  try {
    if (sendto(fd, message, message.length, MSG_NOSIGNAL, target, target.length) < 0) {
      throw systemCallError('sendto', errno(), address);
    }
  } finally {
    closeSync(fd);
  }
}

/** The longest name in struct sockaddr_un (unix(7)); one of a path ends in a zero byte. */
const LONGEST = 108;

/** struct sockaddr_un, as long as the name asks for. */
function socketAddress(address: string): Buffer {
  const isAbstract = address.startsWith('@');
  if (!isAbstract && !address.startsWith('/')) {
    throw new InvalidArgumentError(`NOTIFY_SOCKET ${JSON.stringify(address)} is neither a path nor an abstract socket`);
  }
  const name = Buffer.from(isAbstract ? `\0${address.slice(1)}` : `${address}\0`);
  if (name.length > LONGEST) throw new InvalidArgumentError(`NOTIFY_SOCKET ${JSON.stringify(address)} is too long`);
  const family = Buffer.alloc(2);
  // In the byte order of the machines that Strata runs on.
  family.writeUInt16LE(AF_UNIX);
  return Buffer.concat([family, name]);
}
