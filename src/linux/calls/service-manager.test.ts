import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { InvalidArgumentError } from '../../errors/index.js';
import { notifyServiceManager } from './service-manager.js';

/** Binds a datagram socket, says so, and prints each datagram as a line of JSON. Perl is on every Debian. */
const receiver = `
  use Socket; $| = 1;
  socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die $!;
  my $name = $ARGV[0]; $name =~ s/^@/\\0/;
  bind($s, pack_sockaddr_un($name)) or die $!;
  print "bound\\n";
  while (defined recv($s, my $text, 4096, 0)) { $text =~ s/\\n/|/g; print "$text\\n"; }`;

async function receive(t: TestContext, address: string) {
  const child = spawn('perl', ['-e', receiver, address], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => void child.kill('SIGKILL'));
  const lines = child.stdout.setEncoding('utf8');
  assert.equal(String(await once(lines, 'data')), 'bound\n');
  return async () => String(await once(lines, 'data'));
}

function directory(t: TestContext): string {
  const made = mkdtempSync(path.join(tmpdir(), 'strata-notify-'));
  t.after(() => rmSync(made, { recursive: true }));
  return made;
}

describe('notifyServiceManager', () => {
  it('sends a datagram to a socket with a path', async (t) => {
    const address = path.join(directory(t), 'notify');
    const next = await receive(t, address);
    notifyServiceManager(address, 'READY=1\nSTATUS=serving');
    assert.equal(await next(), 'READY=1|STATUS=serving\n');
  });

  it('sends one to an abstract socket', async (t) => {
    const address = `@strata/notify-${process.pid}`;
    const next = await receive(t, address);
    notifyServiceManager(address, 'STOPPING=1');
    assert.equal(await next(), 'STOPPING=1\n');
  });

  it('throws where nobody is there', (t) => {
    assert.throws(() => notifyServiceManager(path.join(directory(t), 'none'), 'READY=1'), { code: 'ENOENT' });
  });

  for (const address of ['', 'relative', 'vsock:2:1', `/${'x'.repeat(107)}`, `@${'x'.repeat(108)}`]) {
    it(`refuses ${JSON.stringify(address.slice(0, 12))}, ${address.length} long`, () => {
      assert.throws(() => notifyServiceManager(address, 'READY=1'), InvalidArgumentError);
    });
  }
});
