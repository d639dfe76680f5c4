import type { ClientNamespace, ClientNamespaces } from '../../rpc/client/index.js';
import { type CommandGroup, defineCommand, printNothing } from '../command.js';
import type { CommandContext } from '../context.js';
import { explainEmpty } from '../filters.js';
import { labelList, parseLabels } from '../labels.js';
import { escapeText } from '../output/escape.js';
import { renderTable } from '../output/table.js';

async function namespacesOf(context: CommandContext): Promise<ClientNamespaces> {
  return (await context.client()).namespaces;
}

const ls = defineCommand<object, readonly ClientNamespace[]>({
  name: 'ls',
  aliases: ['list'],
  summary: 'list namespaces',
  arguments: [{ syntax: '[filter]', description: 'on name and labels."<key>"; all when absent', mayBeEmpty: true }],
  examples: ['namespaces ls'],
  async run(context, { args }) {
    const found = await (await namespacesOf(context)).list(args[0], context.call);
    if (found.length === 0) explainEmpty(context, args, 'name');
    return found;
  },
  print: (namespaces) =>
    renderTable(
      [{ title: 'NAME' }, { title: 'LABELS' }],
      namespaces.map(({ name, labels }) => [name, labelList(labels).join(',')]),
    ),
});

const create = defineCommand<object, void>({
  name: 'create',
  summary: 'make a namespace',
  description: 'Make a namespace. One is also made by the first snapshot in it; this is for its labels.',
  arguments: [
    { syntax: '<name>', description: 'what to call it' },
    { syntax: '[labels...]', description: '<key>=<value>' },
  ],
  examples: ['namespaces create ci owner=ann'],
  async run(context, { args: [name = '', ...given] }) {
    const labels = parseLabels(given);
    await (await namespacesOf(context)).create({ name, labels }, context.call);
  },
  print: printNothing,
});

const rm = defineCommand<object, void>({
  name: 'rm',
  aliases: ['remove', 'delete'],
  summary: 'remove namespaces that are empty',
  arguments: [{ syntax: '<name...>', description: 'their names' }],
  examples: ['namespaces rm ci'],
  async run(context, { args }) {
    const namespaces = await namespacesOf(context);
    for (const name of args) {
      await namespaces.delete(name, context.call).catch((error: unknown) => context.report(name, error));
    }
  },
  print: printNothing,
});

const label = defineCommand<object, ClientNamespace>({
  name: 'label',
  summary: 'set or delete labels of a namespace',
  arguments: [
    { syntax: '<name>', description: 'the namespace' },
    { syntax: '[labels...]', description: '<key>=<value> sets, <key>= deletes; none only prints' },
  ],
  examples: ['namespaces label ci owner=bob', 'namespaces label ci owner='],
  async run(context, { args: [name = '', ...given] }) {
    const labels = parseLabels(given);
    const namespaces = await namespacesOf(context);
    if (labels.size === 0) return namespaces.get(name, context.call);
    const fieldpaths = [...labels.keys()].map((key) => `labels.${key}`);
    return namespaces.update({ name, labels, fieldpaths }, context.call);
  },
  print: ({ labels }) => labelList(labels).map(escapeText),
});

/** `strata namespaces` */
export const namespaces: CommandGroup = {
  name: 'namespaces',
  aliases: ['namespace', 'ns'],
  summary: 'list, make and remove namespaces',
  commands: [ls, create, rm, label],
};
