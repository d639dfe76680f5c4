#!/usr/bin/env node
// Generates src/rpc/proto/generated/ from src/rpc/proto/*.proto, with buf and ts-proto, both from node_modules; no network.
//
//   node scripts/generate.mjs           writes the files
//   node scripts/generate.mjs --check   fails when the files in the tree are not what would be written
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const sources = path.join(root, 'src', 'rpc', 'proto');
const generated = path.join(sources, 'generated');
const tools = path.join(root, 'node_modules', '.bin');

const options = {
  outputServices: 'generic-definitions',
  // Sizes, inodes and seconds all fit; a number beyond 2^53 is refused while decoding.
  forceLong: 'number',
  // A Date has milliseconds only.
  useDate: 'false',
  // Labels may be called __proto__.
  useMapType: 'true',
  oneof: 'unions-value',
  enumsAsLiterals: 'true',
  unrecognizedEnum: 'false',
  importSuffix: '.js',
  outputJsonMethods: 'false',
  // Messages are written in full, so that the compiler sees a forgotten field.
  outputPartialMethods: 'false',
  exportCommonSymbols: 'false',
  annotateFilesWithVersion: 'false',
  comments: 'false',
};

/** Writes the generated files into a directory, which is emptied first. */
function generate(directory) {
  const template = {
    version: 'v2',
    clean: true,
    plugins: [
      {
        local: path.join(tools, 'protoc-gen-ts_proto'),
        out: directory,
        opt: Object.entries(options).map(([name, value]) => `${name}=${value}`),
        include_imports: true,
        include_wkt: true,
      },
    ],
  };
  const arguments_ = ['generate', sources, '--template', JSON.stringify(template)];
  const { status, error } = spawnSync(path.join(tools, 'buf'), arguments_, { cwd: root, stdio: 'inherit' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`buf ended with status ${status}`);
}

/** The files below a directory: text by relative path. */
function filesOf(directory) {
  if (!existsSync(directory)) return new Map();
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const names = entries.map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name))).sort();
  return new Map(names.map((name) => [name, readFileSync(path.join(directory, name), 'utf8')]));
}

/** The names of the files that differ between two directories. */
function differences(left, right) {
  const [a, b] = [filesOf(left), filesOf(right)];
  return [...new Set([...a.keys(), ...b.keys()])].filter((name) => a.get(name) !== b.get(name));
}

function check() {
  if (!existsSync(path.join(tools, 'buf'))) {
    console.log('generate: buf is not installed, nothing compared');
    return;
  }
  const temporary = mkdtempSync(path.join(tmpdir(), 'strata-generate-'));
  try {
    generate(temporary);
    const changed = differences(generated, temporary);
    if (changed.length === 0) return;
    console.error(`generate: not up to date, run "npm run generate": ${changed.join(', ')}`);
    process.exitCode = 1;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

if (process.argv.includes('--check')) check();
else generate(generated);
