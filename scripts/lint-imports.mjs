#!/usr/bin/env node
// Enforces who may import whom, as the table of rooms in ARCHITECTURE.md says: rooms, their doors, packages, no circles.
import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { findCircles } from './lib/circles.mjs';
import { asCommand } from './lib/command.mjs';
import { importsOf } from './lib/imports.mjs';
import { at, filesBelow, root } from './lib/project.mjs';
import { readRooms } from './lib/rooms.mjs';

/** @typedef {import('./lib/imports.mjs').Import} Import */
/** @typedef {ReadonlyMap<string, import('./lib/rooms.mjs').Room>} Rooms */

/**
 * @typedef {object} Finding
 * @property {string} file Relative to the top folder, with the line.
 * @property {string} message
 */

/** The room of the tests that are above all rooms, and the part of it that the tests of every room may use. */
const testsRoom = 'tests';
const support = 'tests/support/';

/** What may be imported by a name of this package: no code. */
const ownFiles = ['#package.json'];
const ownName = 'strata-snapshotter';

/** Generated files may be imported without going through the index of `rpc/proto`: it would have to repeat all of them. */
const generated = /^src\/rpc\/proto\/generated\//;

/** @param {string} file Relative to the top folder. */
function roomOf(file) {
  const [top = '', first = '', second, ...rest] = file.split('/');
  if (top !== 'src') return top;
  if (second === undefined) return '.';
  // The parts of rpc are rooms of their own.
  return first === 'rpc' && rest.length > 0 ? `${first}/${second}` : first;
}

/** Whether it is a test or belongs to one alone, such as `crash.test.child.ts`. @param {string} file */
function isTest(file) {
  return /\.test(\.\w+)?\.ts$/.test(file);
}

/**
 * Checks all files against the rules.
 * @param {ReadonlyMap<string, string>} sources Texts by path relative to the top folder.
 * @param {Rooms} rooms
 * @returns {Finding[]} None when every rule holds.
 */
export function lintImports(sources, rooms) {
  /** @type {Finding[]} */
  const findings = [];
  /** @type {Map<string, string[]>} */
  const edges = new Map();
  for (const [file, text] of sources) {
    /** @type {string[]} */
    const targets = [];
    edges.set(file, targets);
    for (const found of readImports(file, text, findings)) {
      const target = targetOf(file, found.specifier);
      const message = complaint({ file, ...found, target, exists: target !== undefined && sources.has(target), rooms });
      if (message !== undefined) findings.push({ file: `${file}:${found.line}`, message });
      if (target !== undefined && (found.kind === 'static' || found.kind === 'dynamic')) targets.push(target);
    }
  }
  for (const circle of findCircles(edges)) {
    findings.push({ file: String(circle[0]), message: `imports itself in a circle: ${circle.join(' -> ')}` });
  }
  return [...findings, ...emptyRooms(sources, rooms)];
}

/**
 * @param {string} file
 * @param {string} text
 * @param {Finding[]} findings
 */
function readImports(file, text, findings) {
  try {
    return importsOf(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    findings.push({ file, message: `cannot be read: ${error.message}` });
    return [];
  }
}

/**
 * @param {ReadonlyMap<string, string>} sources
 * @param {Rooms} rooms
 * @returns {Finding[]}
 */
function emptyRooms(sources, rooms) {
  const lived = new Set([...sources.keys()].map(roomOf));
  const empty = [...rooms.keys()].filter((room) => !lived.has(room));
  return empty.map((room) => ({ file: 'ARCHITECTURE.md', message: `has the room "${room}", in which no file is` }));
}

/**
 * The source file that a relative specifier means; nothing for a package.
 * @param {string} file
 * @param {string} specifier
 */
function targetOf(file, specifier) {
  if (!/^\.{1,2}(\/|$)/.test(specifier)) return undefined;
  return path.posix.normalize(path.posix.join(path.posix.dirname(file), specifier)).replace(/\.js$/, '.ts');
}

/**
 * @typedef {object} Crossing
 * @property {string} file
 * @property {string} specifier
 * @property {Import['kind']} kind
 * @property {string | undefined} target
 * @property {boolean} exists
 * @property {Rooms} rooms
 */

/** What is wrong with one import, if anything. @param {Crossing} crossing */
function complaint({ file, specifier, kind, target, exists, rooms }) {
  const from = roomOf(file);
  if (!rooms.has(from)) return `lies in the room "${from}", which the table in ARCHITECTURE.md does not have`;
  if (kind === 'hidden') return hiddenComplaint(from, specifier);
  if (target === undefined) return packageComplaint(file, specifier, rooms);
  if (!exists) return `imports ${specifier}, which is no file below src/ or tests/`;
  const to = roomOf(target);
  if (from === to || from === testsRoom) return undefined;
  if (kind === 'url') return `names a file of another room (${specifier}); a worker is started by its own room`;
  if (isTest(file) && (target.startsWith(support) || target === 'src/testing/index.ts')) return undefined;
  return roomComplaint(from, to, rooms) ?? doorComplaint(specifier, target);
}

/**
 * @param {string} from
 * @param {string} spelling
 */
function hiddenComplaint(from, spelling) {
  if (from === testsRoom) return undefined;
  return `hides from this check what it imports (${spelling}); write the path as a plain string, in an import or in new URL('...', import.meta.url)`;
}

/**
 * @param {string} from
 * @param {string} to
 * @param {Rooms} rooms
 */
function roomComplaint(from, to, rooms) {
  const allowed = rooms.get(from)?.rooms ?? [];
  if (allowed.includes(to)) return undefined;
  return `room "${from}" may not import room "${to}"; it may import: ${listOf(allowed, 'no other room')}`;
}

/**
 * @param {string} specifier
 * @param {string} target
 */
function doorComplaint(specifier, target) {
  const room = roomOf(target);
  // The interface of a room may have a door of its own, for those who must not load what is behind it.
  if ([`src/${room}/index.ts`, `src/${room}/api/index.ts`].includes(target) || generated.test(target)) return undefined;
  return `imports ${specifier}; another room is entered through its ${room}/index.js`;
}

/**
 * @param {string} file
 * @param {string} specifier
 * @param {Rooms} rooms
 */
function packageComplaint(file, specifier, rooms) {
  if (specifier.startsWith('node:') || ownFiles.includes(specifier)) return undefined;
  const name = packageOf(specifier);
  if (specifier.startsWith('#') || name === ownName)
    return `imports ${specifier}; files of this package are imported by relative paths`;
  if (!/^@?[a-z0-9]/.test(specifier) || specifier.includes(':'))
    return `imports ${specifier}, which is neither a relative path nor a package`;
  if (builtinModules.includes(specifier)) return `imports ${specifier}; write node:${specifier}`;
  const allowed = [
    ...(rooms.get(roomOf(file))?.packages ?? []),
    ...(isTest(file) ? (rooms.get(testsRoom)?.packages ?? []) : []),
  ];
  if (allowed.includes(name)) return undefined;
  return `imports the package ${name}; room "${roomOf(file)}" may import: ${listOf(allowed, 'no package')}`;
}

/** A package's name without the path inside it. @param {string} specifier */
function packageOf(specifier) {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

/**
 * @param {readonly string[]} names
 * @param {string} none
 */
function listOf(names, none) {
  return names.length === 0 ? none : names.join(', ');
}

/** The sources of a folder, by path relative to the top folder. @param {string} directory */
export function readSources(directory) {
  const files = filesBelow(directory, (file) => file.endsWith('.ts'));
  return new Map(files.map((file) => [path.relative(root, file), readFileSync(file, 'utf8')]));
}

if (import.meta.url === pathToFileURL(String(process.argv[1])).href) {
  await asCommand(() => {
    const sources = new Map([...readSources(at('src')), ...readSources(at('tests'))]);
    const findings = lintImports(sources, readRooms(readFileSync(at('ARCHITECTURE.md'), 'utf8')));
    for (const { file, message } of findings) console.error(`${file}: ${message}`);
    console.log(`import rules: ${sources.size} files, ${findings.length} findings`);
    return findings.length === 0 ? 0 : 1;
  });
}
