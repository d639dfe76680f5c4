/** The store never waits for the disk on the event loop: shown by the system calls that it makes. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { mustRun } from '../support/run.js';
import { scenario } from '../support/scenario.js';

const program = fileURLToPath(new URL('../support/store-program.js', import.meta.url));
const syncs = /^(fsync|fdatasync|sync_file_range|syncfs|msync)\((\d+)<(.*?)>/;

/** A synchronisation of a file. */
interface Sync {
  readonly thread: string;
  readonly name: string;
}

/** The thread that says when the work begins and ends, and what is synchronised between. */
function readTrace(text: string, marks: string): { readonly main: string; readonly done: readonly Sync[] } {
  const calls = text.split('\n').map((line) => /^(\d+) +(.*)$/.exec(line)?.slice(1) ?? []);
  const isMark = ([, call = '']: string[], what: string) =>
    call.startsWith('write(') && call.includes(`<${marks}>, "${what}\\n"`);
  const begin = calls.findIndex((call) => isMark(call, 'begin'));
  const end = calls.findIndex((call) => isMark(call, 'end'));
  assert.ok(begin !== -1 && end > begin);
  const done = calls.slice(begin, end).flatMap(([thread = '', call = '']) => {
    const [, , , name] = syncs.exec(call) ?? [];
    return name === undefined ? [] : [{ thread, name: path.basename(name) }];
  });
  return { main: calls[begin]?.[0] ?? '', done };
}

scenario('a store at work, as the kernel sees it', { needs: ['tracing'] }, async (running) => {
  const directory = await running.directory();
  const at = (name: string) => path.join(directory, name);
  const strace = [
    '-f',
    '-qq',
    '-y',
    '--seccomp-bpf',
    '-s',
    '16',
    '-e',
    'trace=fsync,fdatasync,sync_file_range,syncfs,msync,write',
  ];
  await mustRun('strace', [...strace, '-o', at('trace'), process.execPath, program, at('store'), at('marks'), '4'], {
    // A ring would hide from strace what is done.
    env: { UV_USE_IO_URING: '0' },
  });
  const { main, done } = readTrace(await readFile(at('trace'), 'utf8'), at('marks'));

  await running.step('synchronises its log for every group, and both files around checkpoints', () => {
    const of = (name: string) => done.filter((sync) => sync.name === name);
    assert.ok(of('strata.db-wal').length > 100, `${of('strata.db-wal').length} of the log`);
    assert.ok(of('strata.db').length >= 4, `${of('strata.db').length} of the database`);
  });

  await running.step('never does so in the thread of the event loop', () => {
    assert.deepEqual(
      done.filter(({ thread }) => thread === main),
      [],
    );
  });
});
