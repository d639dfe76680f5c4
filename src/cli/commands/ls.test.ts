import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeDaemon, snapshot } from '../../../tests/support/fake-daemon.js';
import { InvalidArgumentError, NotFoundError } from '../../errors/index.js';

const digest = (n: number) => `sha256:${String(n).repeat(64)}`;

function daemonWith(...snapshots: readonly ReturnType<typeof snapshot>[]): FakeDaemon {
  const daemon = new FakeDaemon();
  daemon.snapshots.push(...snapshots);
  return daemon;
}

const layers = () =>
  daemonWith(
    snapshot(digest(1)),
    snapshot(digest(2), { parent: digest(1), created: new Date('2026-01-31T00:00:00Z') }),
    snapshot('work', { parent: digest(2), kind: 'active', created: new Date('2026-07-31T11:59:58Z') }),
    snapshot('look', { parent: digest(1), kind: 'view', created: new Date(0) }),
  );

const table = `\
KEY                  PARENT               KIND       CREATED
sha256:111111111111                       Committed  1 hour ago
sha256:222222222222  sha256:111111111111  Committed  2026-01-31
work                 sha256:222222222222  Active     2 seconds ago
look                 sha256:111111111111  View       -
`;

describe('strata ls', () => {
  it('lists snapshots, with short digests, on any terminal and in a pipe', async () => {
    for (const columns of [undefined, 200, 50]) {
      const surroundings = columns === undefined ? {} : { columns };
      assert.deepEqual(await layers().run(['ls'], surroundings), { status: 0, out: table, err: '' });
    }
  });

  it('has room for a layer on a terminal of eighty columns', async () => {
    const widest = Math.max(...(await layers().run(['ls'])).out.split('\n').map((line) => line.length));
    assert.ok(widest <= 80, `${widest} columns`);
  });

  it('shows digests in full when told to', async () => {
    const { out } = await layers().run(['ls', '--no-trunc']);
    assert.ok(out.includes(`\n${digest(2)}  ${digest(1)}  Committed`));
  });

  it('shows headings only where there is nothing', async () => {
    assert.equal((await new FakeDaemon().run(['ls'])).out, 'KEY  PARENT  KIND  CREATED\n');
  });

  it('passes filters on', async () => {
    const daemon = layers();
    await daemon.run(['list', 'kind==active', 'name~=^w']);
    assert.deepEqual(daemon.asked, [['walk', ['kind==active', 'name~=^w']]]);
  });

  it('asks for sizes only when told to, and shows none of what was removed meanwhile', async () => {
    const daemon = layers();
    daemon.usages.set(digest(1), { size: 3 * 1024 ** 2, inodes: 1200 });
    daemon.failures.set('usage look', new NotFoundError('snapshot look does not exist'));
    const { status, out } = await daemon.run(['ls', '--size']);
    assert.equal(status, 0);
    assert.match(out, /^KEY .* CREATED +SIZE {2}INODES\n/);
    assert.match(out, /^sha256:1+ +Committed +1 hour ago +3\.0 MiB +1200$/m);
    assert.match(out, /^look .* - +- +-$/m);
  });

  it('prints keys alone, in full', async () => {
    const { out } = await layers().run(['ls', '-q']);
    assert.equal(out, `${digest(1)}\n${digest(2)}\nwork\nlook\n`);
  });

  it('prints everything as JSON', async () => {
    const { out } = await daemonWith(snapshot(digest(1), { labels: new Map([['a', '1']]) })).run([
      'ls',
      '--json',
      '-s',
    ]);
    const time = '2026-07-31T11:00:00.000Z';
    assert.deepEqual(JSON.parse(out), [
      {
        name: digest(1),
        parent: '',
        kind: 'committed',
        created: time,
        updated: time,
        labels: { a: '1' },
        size: 4096,
        inodes: 1,
      },
    ]);
  });

  it('escapes keys, but for JSON', async () => {
    const name = 'a\nb\u001b[31m';
    for (const args of [['ls'], ['ls', '-q'], ['ls', '--no-trunc']]) {
      assert.ok((await daemonWith(snapshot(name)).run(args)).out.includes('a\\nb\\x1b[31m'));
    }
    assert.equal(JSON.parse((await daemonWith(snapshot(name)).run(['ls', '--json'])).out)[0].name, name);
  });

  it('keeps its columns below each other when keys are of wide characters', async () => {
    const { out } = await daemonWith(snapshot('漢字'), snapshot('abcd')).run(['ls']);
    assert.match(out, /^漢字 {10}Committed {2}/m);
    assert.match(out, /^abcd {10}Committed {2}/m);
  });

  it('fails with what the daemon says, and prints nothing', async () => {
    const daemon = layers();
    daemon.failures.set('walk', new InvalidArgumentError('filter "x": unexpected end'));
    const { status, out, err } = await daemon.run(['ls', 'x']);
    assert.deepEqual([status, out, err], [1, '', 'strata: invalid argument: filter "x": unexpected end\n']);
  });
});
