#!/usr/bin/env node
// Enforces who may import whom: the rooms below src/, the door of each room, and no circles between files.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { findCircles } from './lib/circles.mjs';
import { importsOf } from './lib/imports.mjs';
import { at, filesBelow } from './lib/project.mjs';
import { asCommand } from './lib/run.mjs';

const low = /** @type {const} */ (['linux', 'base', 'errors']);
const high = /** @type {const} */ ([
  ...low,
  'trees',
  'filters',
  'events',
  'store',
  'snapshots',
  'metadata',
  'drivers',
  'check',
  'plugins',
]);
const rpc = /** @type {const} */ (['rpc/http2', 'rpc/proto', 'rpc/engines', 'rpc/services', 'rpc/client']);

/**
 * The rooms, and what each may import beside itself. `.` is what lies directly in src/: the entry of the package.
 * @type {Readonly<Record<string, readonly string[]>>}
 */
export const rooms = {
  base: [],
  errors: [],
  filters: ['errors'],
  events: ['filters', 'base', 'errors'],
  store: ['base', 'errors'],
  linux: ['base', 'errors'],
  trees: low,
  snapshots: ['store', 'events', 'trees', 'filters', 'base', 'errors'],
  metadata: ['snapshots', 'store', 'filters', 'base', 'errors'],
  drivers: ['snapshots', 'store', 'trees', ...low],
  check: ['metadata', 'snapshots', 'drivers', 'store', 'trees', ...low],
  plugins: ['errors'],
  'rpc/http2': [],
  'rpc/proto': ['errors'],
  'rpc/engines': ['rpc/http2', 'rpc/proto', 'snapshots', 'base', 'errors'],
  'rpc/services': ['rpc/engines', 'rpc/proto', 'check', 'snapshots', 'events', 'plugins', 'filters', 'base', 'errors'],
  'rpc/client': ['rpc/proto', 'snapshots', 'events', 'base', 'errors'],
  daemon: [...high, ...rpc],
  doctor: ['daemon', 'drivers', 'trees', ...low],
  cli: ['daemon', 'doctor', 'rpc/client', 'rpc/proto', 'snapshots', ...low],
  testing: [...high, ...rpc, 'daemon', 'doctor'],
  '.': [...high, ...rpc, 'daemon'],
};

/**
 * Packages that only one room may import, since the rest shall not depend on native code or on one database.
 * @type {Readonly<Record<string, readonly string[]>>}
 */
export const packageRooms = { koffi: ['linux'], lmdb: ['store'] };

/**
 * @typedef {object} Finding
 * @property {string} file Relative to the top folder, with the line.
 * @property {string} message
 */

/** Generated files may be imported without going through the index of `proto`: it would have to repeat all of them. */
const generated = /^rpc\/proto\/generated\//;

/** @param {string} file Relative to src. */
function roomOf(file) {
  const [first = '', second, ...rest] = file.split('/');
  if (second === undefined) return '.';
  // The parts of rpc are rooms of their own.
  return first === 'rpc' && rest.length > 0 ? `${first}/${second}` : first;
}

/** @param {string} file */
function isTest(file) {
  // With what belongs to a test alone, such as `crash.test.child.ts`.
  return /\.test(\.\w+)?\.ts$/.test(file);
}

/**
 * Checks all files of a source folder against the rules.
 * @param {ReadonlyMap<string, string>} sources Texts by path relative to src.
 * @returns {Finding[]} None when every rule holds.
 */
export function lintImports(sources) {
  /** @type {Finding[]} */
  const findings = [];
  /** @type {Map<string, string[]>} */
  const edges = new Map();
  for (const [file, text] of sources) {
    /** @type {string[]} */
    const targets = [];
    edges.set(file, targets);
    for (const { specifier, line, kind } of importsOf(text)) {
      const target = targetOf(file, specifier);
      const message = complaint({ file, specifier, kind, target, exists: target !== undefined && sources.has(target) });
      if (message !== undefined) findings.push({ file: `src/${file}:${line}`, message });
      if (target !== undefined && (kind === 'static' || kind === 'dynamic')) targets.push(target);
    }
  }
  for (const circle of findCircles(edges)) {
    findings.push({ file: `src/${circle[0]}`, message: `imports itself in a circle: ${circle.join(' -> ')}` });
  }
  return findings;
}

/**
 * The source file that a relative specifier means; nothing for a package and for what lies outside src/.
 * @param {string} file
 * @param {string} specifier
 */
function targetOf(file, specifier) {
  if (!specifier.startsWith('.')) return undefined;
  const target = path.posix.normalize(path.posix.join(path.posix.dirname(file), specifier));
  return target.startsWith('../') ? undefined : target.replace(/\.js$/, '.ts');
}

/**
 * @typedef {object} Crossing
 * @property {string} file
 * @property {string} specifier
 * @property {import('./lib/imports.mjs').Import['kind']} kind
 * @property {string | undefined} target
 * @property {boolean} exists
 */

/** What is wrong with one import, if anything. @param {Crossing} crossing */
function complaint({ file, specifier, kind, target, exists }) {
  const from = roomOf(file);
  if (target === undefined) return packageComplaint(file, specifier);
  if (!exists) return `imports ${specifier}, which is no file below src/`;
  const to = roomOf(target);
  if (from === to) return undefined;
  if (kind === 'url') return `names a file of another room (${specifier}); a worker is started by its own room`;
  // Tests use the fixtures behind the door as well, which are nobody else's business.
  if (to === 'testing' && isTest(file)) return undefined;
  return roomComplaint(from, to) ?? doorComplaint(specifier, target);
}

/**
 * @param {string} from
 * @param {string} to
 */
function roomComplaint(from, to) {
  const allowed = rooms[from];
  if (allowed === undefined)
    return `lies in the room "${from}", which the table in scripts/lint-imports.mjs does not have`;
  if (allowed.includes(to)) return undefined;
  const list = allowed.length === 0 ? 'no other room' : allowed.join(', ');
  return `room "${from}" may not import room "${to}"; it may import: ${list}`;
}

/**
 * @param {string} specifier
 * @param {string} target
 */
function doorComplaint(specifier, target) {
  const room = roomOf(target);
  if (target === `${room}/index.ts` || generated.test(target)) return undefined;
  return `imports ${specifier}; another room is entered through its ${room}/index.js`;
}

/**
 * @param {string} file
 * @param {string} specifier
 */
function packageComplaint(file, specifier) {
  const allowed = packageRooms[specifier];
  if (allowed === undefined || isTest(file) || allowed.includes(roomOf(file))) return undefined;
  return `imports the package ${specifier}, which only ${allowed.join(', ')} may do`;
}

/** The sources of a folder, by relative path. @param {string} directory */
export function readSources(directory) {
  const files = filesBelow(directory, (file) => file.endsWith('.ts'));
  return new Map(files.map((file) => [path.relative(directory, file), readFileSync(file, 'utf8')]));
}

if (import.meta.url === pathToFileURL(String(process.argv[1])).href) {
  await asCommand(() => {
    const sources = readSources(at('src'));
    const findings = lintImports(sources);
    for (const { file, message } of findings) console.error(`${file}: ${message}`);
    console.log(`import rules: ${sources.size} files, ${findings.length} findings`);
    return findings.length === 0 ? 0 : 1;
  });
}
