import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { test } from 'node:test';
import { createLogger, type LoggerOptions } from './logger.js';

function logged(options: Omit<LoggerOptions, 'destination'>): string[] {
  const lines: string[] = [];
  const logger = createLogger({ ...options, destination: { write: (line) => void lines.push(line) } });
  logger.debug('hidden');
  logger.info({ key: 'a' }, 'shown');
  return lines;
}

test('json: one object a line, with the time and the name of the level', () => {
  const [line = '', ...more] = logged({ level: 'info', format: 'json' });
  assert.deepEqual(more, []);
  const { time, ...rest } = JSON.parse(line) as Record<string, unknown>;
  assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.deepEqual(rest, { level: 'info', key: 'a', msg: 'shown' });
});

test('auto is text for a person and JSON otherwise', () => {
  const forPerson = logged({ level: 'info', format: 'auto', interactive: true });
  const forMachine = logged({ level: 'info', format: 'auto', interactive: false });
  assert.match(forPerson.join(''), /shown/);
  assert.ok(!forPerson.join('').startsWith('{'));
  assert.ok(forMachine.join('').startsWith('{'));
});

test('text without a person has no colours', () => {
  const [line = ''] = logged({ level: 'info', format: 'text', interactive: false });
  assert.match(line, /^\d\d:\d\d:\d\d\.\d{3} INFO {2}shown key=a\n$/);
});

test('text for a person has colours, unless that person wants none', () => {
  const coloured = (variables: Readonly<Record<string, string>>) =>
    logged({ level: 'info', format: 'text', interactive: true, variables }).join('').includes('\u001b[');
  assert.equal(coloured({}), true);
  assert.equal(coloured({ NO_COLOR: '1' }), false);
  assert.equal(coloured({ TERM: 'dumb' }), false);
});

test('the level hides what is less important', () => {
  assert.equal(logged({ level: 'debug', format: 'json' }).length, 2);
  assert.equal(logged({ level: 'silent', format: 'json' }).length, 0);
});

test('a full disk ends nobody who writes the log', () => {
  const full = openSync('/dev/full', 'w');
  const module = new URL('./logger.js', import.meta.url).href;
  const script = `
    const { createLogger } = await import(${JSON.stringify(module)});
    const logger = createLogger({ level: 'info', format: 'json' });
    for (let line = 0; line < 100; line++) logger.info({ text: 'x'.repeat(50_000) }, 'lost');
    await new Promise(setImmediate);
    process.stdout.write('alive');
  `;
  try {
    const args = ['--input-type=module', '--eval', script];
    const { status, stdout } = spawnSync(process.execPath, args, { stdio: ['ignore', 'pipe', full] });
    assert.deepEqual([status, String(stdout)], [0, 'alive']);
  } finally {
    closeSync(full);
  }
});
