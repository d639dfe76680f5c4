import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { PermissionDeniedError } from '../../errors/index.js';
import { connect } from './index.js';
import { requireOwnSocket } from './socket-owner.js';

const skip = process.getuid?.() !== 0 && 'needs root';
const other = 1234;

/** A socket's path, below a directory in which anybody can make files, or below one in which only root can. */
function place(t: TestContext, mode: number) {
  const top = mkdtempSync(path.join(tmpdir(), 'strata-owner-'));
  t.after(() => rmSync(top, { recursive: true }));
  const open = path.join(top, 'open');
  const directory = path.join(open, 'strata-0');
  const socket = path.join(directory, 's.sock');
  mkdirSync(directory, { recursive: true });
  writeFileSync(socket, '');
  chmodSync(open, mode);
  return { open, directory, socket };
}

describe('requireOwnSocket', { skip }, () => {
  it("takes one's own socket, and that of root, wherever it is", (t) => {
    const { socket, directory } = place(t, 0o1777);
    requireOwnSocket(socket);
    requireOwnSocket(socket, other);
    for (const mine of [directory, socket]) chownSync(mine, other, other);
    requireOwnSocket(socket, other);
  });

  for (const which of ['directory', 'socket'] as const) {
    it(`refuses a ${which} of somebody else where anybody can make one`, (t) => {
      const made = place(t, 0o1777);
      chownSync(made[which], other, other);
      const why = `${made[which]} belongs to user 1234, and anybody can make files in ${made.open}`;
      const refusal = new PermissionDeniedError(`socket ${made.socket} is not trusted: ${why}`);
      assert.throws(() => requireOwnSocket(made.socket), refusal);
    });
  }

  it("lets the system's directories lead to a socket in a user namespace, but takes no socket of theirs", (t) => {
    const { directory, socket } = place(t, 0o1777);
    chownSync(directory, other, other);
    requireOwnSocket(socket, 0, other);
    assert.throws(() => requireOwnSocket(socket, 0, 5678), PermissionDeniedError);
    chownSync(socket, other, other);
    assert.throws(() => requireOwnSocket(socket, 0, other), PermissionDeniedError);
  });

  it('is asked before every connection', async (t) => {
    const { socket } = place(t, 0o1777);
    chownSync(socket, other, other);
    await using client = connect({ address: socket });
    await assert.rejects(client.version(), PermissionDeniedError);
    assert.throws(() => client.events.subscribe(), PermissionDeniedError);
  });

  it('leaves what is missing to the connection', (t) => {
    const { open } = place(t, 0o1777);
    requireOwnSocket(path.join(open, 'nothing', 's.sock'));
  });
});

it('trusts whoever could make files in a place that is not for all', { skip }, (t) => {
  // What lies below the temporary directory lies in /tmp, so that the rule is tried on one that does not.
  const top = mkdtempSync('/run/strata-owner-');
  t.after(() => rmSync(top, { recursive: true }));
  const socket = path.join(top, 's.sock');
  writeFileSync(socket, '');
  chownSync(socket, other, other);
  requireOwnSocket(socket);
});
