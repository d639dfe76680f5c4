#!/usr/bin/env node
// Makes a checkout ready: the packages of the lock file, and the compiled sources. Does nothing when both are up to date.
//
//   node scripts/setup.mjs [sources]   packages and dist/
//   node scripts/setup.mjs packages    packages alone
//   node scripts/setup.mjs tests       the integration tests as well, into build/tests/
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { isInstalled } from './lib/installed.mjs';
import { withLock } from './lib/lock.mjs';
import { at, filesBelow, tool } from './lib/project.mjs';
import { asCommand, run, StepFailed, say } from './lib/run.mjs';
import { digestOf, Stamp } from './lib/stamp.mjs';

const oldestNode = 20;
const stampName = '.strata-sources';

/**
 * What is made from what; each is made after those before it.
 * @typedef {object} Product
 * @property {string} doing What to tell while it is made.
 * @property {() => boolean} isUpToDate
 * @property {() => Promise<void>} make
 */

/** @type {Product} */
const packages = {
  doing: 'installing the packages of package-lock.json (npm ci)',
  isUpToDate: () => isInstalled(at()),
  async make() {
    const status = await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { output: 'stderr' });
    if (status !== 0) throw new StepFailed('npm ci failed; what it printed above says why');
  },
};

const sources = compiled('src', {
  project: at('tsconfig.json'),
  into: at('dist'),
  from: [at('package-lock.json'), at('tsconfig.base.json'), at('tsconfig.json')],
});

const integrationTests = compiled('tests', {
  project: at('tests', 'tsconfig.json'),
  into: at('build', 'tests'),
  from: [at('dist', stampName), at('tests', 'tsconfig.json')],
});

const products = { packages, sources, tests: integrationTests };

/**
 * Makes the checkout ready. Several processes may do so at once: one works, the others wait for it.
 * @param {keyof typeof products} [last] How far to go: `packages`, then `sources`, then `tests`.
 * @throws {StepFailed} When Node is too old, or a step fails.
 */
export async function setup(last = 'sources') {
  checkNode(process.versions.node);
  const needed = Object.values(products).slice(0, Object.keys(products).indexOf(last) + 1);
  if (needed.every((product) => product.isUpToDate())) return;
  await withLock(
    'setup',
    () => makeAll(needed),
    () => say('waiting for another setup of this checkout'),
  );
}

/** @param {string} version */
export function checkNode(version) {
  if (Number.parseInt(version, 10) >= oldestNode) return;
  throw new StepFailed(`Strata needs Node ${oldestNode} or newer; this is Node ${version}`);
}

/** @param {readonly Product[]} needed */
async function makeAll(needed) {
  for (const product of needed) {
    if (product.isUpToDate()) continue;
    say(product.doing);
    await product.make();
  }
}

/**
 * A folder of sources and what is compiled from it.
 * @param {string} folder
 * @param {{ project: string, into: string, from: readonly string[] }} options `from` is what it depends on beside the sources.
 * @returns {Product}
 */
function compiled(folder, { project, into, from }) {
  const stamp = new Stamp(path.join(into, stampName));
  const digest = () => digestOf([...from, ...typescript(folder)]);
  return {
    doing: `compiling ${folder}/ into ${path.relative(at(), into)}/`,
    isUpToDate: () => from.every((file) => existsSync(file)) && stamp.matches(digest()),
    async make() {
      stamp.clear();
      const before = digest();
      await compile(folder, { project, into });
      stamp.write(before);
    },
  };
}

/** @param {string} folder */
function typescript(folder) {
  return filesBelow(at(folder), (file) => file.endsWith('.ts'));
}

/**
 * Compiles, and takes away what was compiled from sources that are gone.
 * @param {string} folder
 * @param {{ project: string, into: string }} options
 */
async function compile(folder, { project, into }) {
  if ((await run(tool('tsc'), ['-p', project], { output: 'stderr' })) !== 0) {
    throw new StepFailed(`${folder}/ does not compile; the compiler says above where`);
  }
  const wanted = new Set(typescript(folder).map((file) => path.relative(at(folder), file).replace(/\.ts$/, '')));
  for (const file of filesBelow(into)) {
    const match = /^(.*)\.(?:js|js\.map|d\.ts)$/.exec(path.relative(into, file));
    if (match !== null && !wanted.has(String(match[1]))) rmSync(file);
  }
}

if (import.meta.url === pathToFileURL(String(process.argv[1])).href) {
  await asCommand(async () => {
    const last = process.argv[2] ?? 'sources';
    if (!isProduct(last)) throw new StepFailed('usage: node scripts/setup.mjs [packages|sources|tests]');
    await setup(last);
    return 0;
  });
}

/**
 * @param {string} name
 * @returns {name is keyof typeof products}
 */
function isProduct(name) {
  return Object.hasOwn(products, name);
}
