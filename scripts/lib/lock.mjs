// One at a time, among all processes that work in this checkout.
import { createHash } from 'node:crypto';
import net from 'node:net';
import { root } from './project.mjs';

/**
 * Runs an action while no other process does so under the same name. The lock is a Unix socket without a file: the
 * kernel takes it away with the process that holds it, so that a killed one leaves nothing behind that has to be judged.
 * Only Linux has such sockets; elsewhere the action runs without a lock.
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} action
 * @param {() => void} [onWait] Called once when another process holds the lock.
 * @returns {Promise<T>}
 */
export async function withLock(name, action, onWait = () => {}) {
  if (process.platform !== 'linux') return action();
  const address = `\0strata-${name}-${createHash('sha256').update(root).digest('hex').slice(0, 16)}`;
  let held = await tryToHold(address);
  if (held === undefined) onWait();
  while (held === undefined) {
    await untilReleased(address);
    held = await tryToHold(address);
  }
  try {
    return await action();
  } finally {
    held();
  }
}

/**
 * @param {string} address
 * @returns {Promise<(() => void) | undefined>} What releases the lock, or nothing when somebody else holds it.
 */
function tryToHold(address) {
  return new Promise((resolve, reject) => {
    /** @type {Set<net.Socket>} */
    const waiting = new Set();
    const server = net.createServer((socket) => {
      waiting.add(socket);
      socket.on('error', () => {}).on('close', () => waiting.delete(socket));
    });
    server.on('error', (error) => {
      if ('code' in error && error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(address, () => {
      resolve(() => {
        server.close();
        for (const socket of waiting) socket.destroy();
      });
    });
  });
}

/** Resolves when the holder lets go or dies, which closes the connection to it. @param {string} address */
function untilReleased(address) {
  return new Promise((resolve) => {
    net
      .connect(address)
      .on('error', () => {})
      .on('close', resolve)
      .resume();
  });
}
