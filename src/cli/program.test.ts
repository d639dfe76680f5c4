import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeDaemon } from '../../tests/support/fake-daemon.js';
import { commandEntries } from './commands/index.js';

const help = async (args: readonly string[], columns?: number) => {
  const { status, out } = await new FakeDaemon().run([...args, '--help'], columns === undefined ? {} : { columns });
  assert.equal(status, 0);
  return out;
};

describe('help', () => {
  it('shows arguments, options and examples of a command', async () => {
    const out = await help(['prepare']);
    assert.match(out, /^Usage: strata prepare \[options\] <key> \[parent\]\n/);
    assert.match(out, /\n {2}key +what to call it\n/);
    assert.match(out, /\n {2}-t, --target <dir> +print/);
    assert.match(out, /\nExamples:\n {2}\$ strata prepare base\n/);
    assert.match(out, /\nOptions of all commands: strata --help\n$/);
  });

  it('shows the options of all commands once, in the help of the program', async () => {
    assert.match(await help([]), /--timeout <duration>/);
    assert.doesNotMatch(await help(['ls']), /--timeout/);
  });

  it('shows the commands of a group', async () => {
    const out = await help(['namespaces']);
    assert.match(out, /\n {2}create <name> \[labels\.\.\.\] +make a namespace\n/);
    assert.match(
      await help(['ns', 'create']),
      /^Usage: strata namespaces create \[options\] <name> \[labels\.\.\.\]\n/,
    );
  });

  it('fits the terminal, but for examples', async () => {
    for (const { names } of commandEntries) {
      for (const columns of [60, 100]) {
        const [text = ''] = (await help(names.slice(0, 1), columns)).split('\nExamples:');
        const wide = text.split('\n').filter((line) => line.length > columns);
        assert.deepEqual(wide, [], `strata ${names[0]} --help on a terminal of ${columns}`);
      }
    }
  });

  it('is as wide as ever in a pipe', async () => {
    assert.equal(await help(['doctor']), await help(['doctor'], 80));
  });

  it('has no colours', async () => {
    const { out } = await new FakeDaemon().run(['--help'], {
      columns: 80,
      variables: { FORCE_COLOR: '1', NO_COLOR: '' },
    });
    assert.equal(out.includes('\u001b'), false);
  });
});
