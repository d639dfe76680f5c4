import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { taken } from '../../tests/support/taken.js';
import { type CommandSpec, defineCommand, defineStream, isGroup, type LeafCommand } from './command.js';
import { CommandContext } from './context.js';
import { processIo } from './io.js';

interface Flags {
  readonly loud?: boolean;
}

const greet: CommandSpec<Flags, { readonly greeting: string } | undefined> = {
  name: 'greet',
  summary: 'greet somebody',
  examples: [],
  run: async (_context, { args: [name] }) => (name === undefined ? undefined : { greeting: `hello ${name}` }),
  *print(result, { options, args }) {
    const text = result?.greeting ?? 'nobody';
    yield options.loud === true ? text.toUpperCase() : text;
    yield `${args.length} named`;
  },
};

/** What a command writes to standard output. */
async function written(command: LeafCommand, args: readonly string[], options: Flags & { json?: boolean } = {}) {
  const stdout = new PassThrough();
  const { json = false, ...flags } = options;
  await using context = new CommandContext({ ...processIo(), stdout }, { json });
  await command.execute(context, { args, opts: <Options extends object>() => flags as Options });
  return taken(stdout);
}

describe('a command', () => {
  it('prints its result for people, with arguments and options at hand', async () => {
    const command = defineCommand(greet);
    assert.equal(await written(command, ['ann']), 'hello ann\n1 named\n');
    assert.equal(await written(command, ['ann'], { loud: true }), 'HELLO ANN\n1 named\n');
  });

  it('prints the result itself as JSON, and nothing where there is none', async () => {
    const command = defineCommand(greet);
    assert.equal(await written(command, ['ann'], { json: true }), '{\n  "greeting": "hello ann"\n}\n');
    assert.equal(await written(command, [], { json: true }), '');
  });

  it('throws what its handler throws, and prints nothing', async () => {
    const failing = defineCommand({ ...greet, run: () => Promise.reject(new Error('no')) });
    await assert.rejects(written(failing, []), { message: 'no' });
  });

  it('is no group', () => {
    const command = defineCommand(greet);
    assert.equal(isGroup(command), false);
    assert.equal(isGroup({ name: 'g', summary: '', commands: [command] }), true);
  });
});

describe('a command with a stream of results', () => {
  const count = defineStream<object, { readonly n: number }>({
    name: 'count',
    summary: 'count',
    examples: [],
    async *run() {
      yield { n: 1 };
      yield { n: 2 };
    },
    print: ({ n }) => `number ${n}`,
  });

  it('prints a line for each', async () => assert.equal(await written(count, []), 'number 1\nnumber 2\n'));

  it('prints each as one line of JSON', async () => {
    assert.equal(await written(count, [], { json: true }), '{"n":1}\n{"n":2}\n');
  });

  it('has printed what came before a failure', async () => {
    const stdout = new PassThrough();
    const broken = defineStream<object, string>({
      name: 'broken',
      summary: '',
      examples: [],
      async *run() {
        yield 'one';
        throw new Error('gone');
      },
      print: (text) => text,
    });
    await using context = new CommandContext({ ...processIo(), stdout }, {});
    const parsed = { args: [], opts: <Options extends object>() => ({}) as Options };
    await assert.rejects(broken.execute(context, parsed), { message: 'gone' });
    assert.equal(taken(stdout), 'one\n');
  });
});
