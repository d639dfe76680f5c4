import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { runInProcess } from '../../../tests/support/run-cli.js';

const run = (args: readonly string[], columns?: number) =>
  runInProcess(['config', ...args], { tools: {}, ...(columns === undefined ? {} : { columns }) });

describe('strata config', () => {
  let directory: string;
  let file: string;
  before(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'strata-config-'));
    file = path.join(directory, 'config.toml');
    await writeFile(file, 'root = "/from/file"\nlog_level = "warn"\n');
  });
  after(() => rm(directory, { recursive: true }));

  it('prints a complete file that it takes itself, the same on any terminal', async () => {
    const { status, out } = await run(['default']);
    assert.equal(status, 0);
    assert.equal((await run(['default'], 40)).out, out);
    assert.match(out, /^# /m);
    const complete = path.join(directory, 'complete.toml');
    await writeFile(complete, out);
    assert.deepEqual(await run(['show', '--config', complete, '--json']), await run(['default', '--json']));
  });

  it('lets flags beat the file, and the file the defaults', async () => {
    const flags = ['--root', '/from/flag', '--address', '/s.sock', '--proxy'];
    const { out } = await run(['show', '--config', file, ...flags]);
    assert.match(out, /^root = "\/from\/flag"$/m);
    assert.match(out, /^log_level = "warn"$/m);
    assert.match(out, /^address = "\/s\.sock"$/m);
    assert.match(out, /^\[proxy\]\nenabled = true$/m);
  });

  it('takes an address before the command for that of the daemon to be', async () => {
    const { out } = await runInProcess(['--address', '/before.sock', 'config', 'show'], { tools: {} });
    assert.match(out, /^address = "\/before\.sock"$/m);
  });

  it('prints JSON', async () => {
    assert.equal(JSON.parse((await run(['show', '-c', file, '--json'])).out).root, '/from/file');
    assert.equal(JSON.parse((await run(['default', '--json'])).out).root, '/var/lib/strata');
  });

  it('says where a file is wrong', async () => {
    const wrong = path.join(directory, 'wrong.toml');
    await writeFile(wrong, 'root = "/r"\nlog_level = "loud"\n');
    const { status, out, err } = await run(['show', '-c', wrong]);
    assert.deepEqual([status, out], [1, '']);
    assert.ok(err.includes(`${wrong}:2`), err);
    assert.match(err, /^strata: [^\n]*log_level[^\n]*\n$/);
  });

  it('says which flag is wrong', async () => {
    const { status, err } = await run(['show', '--log-level', 'loud\u001b']);
    assert.equal(status, 1);
    assert.match(err, /^strata: [^\n]*--log-level[^\n]*loud\\/);
    assert.equal(err.includes('\u001b'), false);
  });
});
