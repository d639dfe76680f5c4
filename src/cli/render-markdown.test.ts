import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CliCommand, isGroup, type LeafCommand } from './command.js';
import { loadCommands } from './commands/index.js';
import { renderCommandsMarkdown } from './render-markdown.js';

/** A command, or those of a group by their full names. */
function leavesOf(command: CliCommand): readonly LeafCommand[] {
  if (!isGroup(command)) return [command];
  return command.commands.map((inner) => ({ ...inner, name: `${command.name} ${inner.name}` }));
}

describe('the reference of the commands', async () => {
  const markdown = await renderCommandsMarkdown();
  const lines = markdown.split('\n');

  it('has every command, with all that its help shows', async () => {
    for (const { name, arguments: given = [], options = [], examples } of (await loadCommands()).flatMap(leavesOf)) {
      const words = ['strata', name, ...given.map(({ syntax }) => syntax)].join(' ');
      assert.ok(lines.includes(`## \`${words}\``), words);
      for (const { flags } of options) assert.ok(markdown.includes(`| \`${flags.replaceAll('|', '\\|')}\` |`), flags);
      for (const example of examples) assert.ok(lines.includes(`strata ${example}`), example);
    }
  });

  it('has tables whose rows have two cells', () => {
    for (const line of lines.filter((each) => each.startsWith('|'))) {
      assert.equal(line.replaceAll('\\|', '').split('|').length, 4, line);
    }
  });

  it('opens and closes its blocks of code, and ends with one line break', () => {
    assert.equal(lines.filter((line) => line.startsWith('```')).length % 2, 0);
    assert.match(markdown, /[^\n]\n$/);
  });
});
