#!/usr/bin/env node
// Calls that the sources must not make, since there is a function of ours for it.
import { pathToFileURL } from 'node:url';
import { asCommand } from './lib/command.mjs';
import { at } from './lib/project.mjs';
import { readSources } from './lint-imports.mjs';

/** `mkdir` of Node with `recursive` tries for ever where the kernel answers ENOENT, and hides that a disk is full or read-only. */
const recursiveMkdir = /\bmkdir(?:Sync)?\((?:[^()]|\([^()]*\))*\brecursive\b/g;

/**
 * `readFileSync` of Node 24 and 26 reads to 'utf8' in a way of its own, which writes beyond its memory where a file of unknown size
 * comes in short pieces and, after 64 KiB, in a long one.
 */
const utf8OfProc = /\breadFileSync\([^()]*\/proc\/[^()]*,\s*'utf-?8'/g;

const forbidden = [
  { calls: recursiveMkdir, message: 'mkdir with `recursive` may never end: call makeDirectories of src/base' },
  { calls: utf8OfProc, message: "readFileSync of /proc with 'utf8' may break the heap: make a text of what it reads" },
];

/**
 * The lines of a source with a call that must not be there.
 * @param {string} source
 * @returns {{ line: number, message: string }[]}
 */
export function forbiddenCalls(source) {
  return forbidden.flatMap(({ calls, message }) =>
    [...source.matchAll(calls)].map(({ index }) => ({ line: source.slice(0, index).split('\n').length, message })),
  );
}

if (import.meta.url === pathToFileURL(String(process.argv[1])).href) {
  await asCommand(() => {
    const sources = [...readSources(at('src'))].filter(([file]) => !/\.test\b/.test(file));
    let findings = 0;
    for (const [file, text] of sources) {
      for (const { line, message } of forbiddenCalls(text)) {
        findings += 1;
        console.error(`${file}:${line}: ${message}`);
      }
    }
    console.log(`forbidden calls: ${sources.length} files, ${findings} findings`);
    return findings === 0 ? 0 : 1;
  });
}
