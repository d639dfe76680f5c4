#!/usr/bin/env node
// Every exported declaration says in a docstring what it is for.
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { asCommand } from './lib/command.mjs';
import { at } from './lib/project.mjs';
import { readSources } from './lint-imports.mjs';

const declaration =
  /^export (?:default )?(?:declare )?(?:abstract )?(?:async )?(class|interface|type|const|let|function\*?|namespace) (?:\{|([\w$]+))/;
const suppression = /^\/\/ biome-ignore /;

/**
 * The exported declarations of a file that no docstring stands above. An overload counts as documented with the one before.
 * @param {string} source
 * @returns {{ line: number, name: string }[]}
 */
export function undocumented(source) {
  const lines = source.split('\n');
  /** @type {{ line: number, name: string }[]} */
  const found = [];
  let documentedName = '';
  for (const [index, text] of lines.entries()) {
    const match = declaration.exec(text);
    // `export type { A } from` only hands on.
    if (match === null || match[2] === undefined) continue;
    if (match[2] === documentedName) continue;
    if (hasDocstring(lines, index)) documentedName = match[2];
    else found.push({ line: index + 1, name: match[2] });
  }
  return found;
}

/**
 * @param {readonly string[]} lines
 * @param {number} index Of the declaration.
 */
function hasDocstring(lines, index) {
  let above = index - 1;
  while (suppression.test(lines[above] ?? '')) above -= 1;
  if (!(lines[above] ?? '').trimEnd().endsWith('*/')) return false;
  while (above >= 0 && !(lines[above] ?? '').trimStart().startsWith('/*')) above -= 1;
  return (lines[above] ?? '').trimStart().startsWith('/**');
}

/** @param {string} file */
function isChecked(file) {
  return !file.endsWith('.test.ts') && !file.startsWith(path.join('src', 'rpc', 'proto', 'generated'));
}

if (import.meta.url === pathToFileURL(String(process.argv[1])).href) {
  await asCommand(() => {
    const sources = [...readSources(at('src'))].filter(([file]) => isChecked(file));
    let findings = 0;
    for (const [file, text] of sources) {
      for (const { line, name } of undocumented(text)) {
        findings += 1;
        console.error(`${file}:${line}: ${name} is exported and has no docstring (/** ... */) right above it`);
      }
    }
    console.log(`docstrings: ${sources.length} files, ${findings} findings`);
    return findings === 0 ? 0 : 1;
  });
}
