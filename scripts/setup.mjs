#!/usr/bin/env node
// Makes a checkout ready: the packages of the lock file, and the compiled sources. Does nothing when both are up to date.
//
//   node scripts/setup.mjs [sources]   packages and dist/
//   node scripts/setup.mjs packages    packages alone
//   node scripts/setup.mjs tests       the sources with all tests as well, into build/
import { rmSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { asCommand } from './lib/command.mjs';
import { isInstalled } from './lib/installed.mjs';
import { withLock } from './lib/lock.mjs';
import { at, filesBelow, tool } from './lib/project.mjs';
import { run, StepFailed, say } from './lib/run.mjs';
import { quietNpm } from './lib/runtime.mjs';
import { digestOf, Stamp } from './lib/stamp.mjs';

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
    const status = await run('npm', ['ci', ...quietNpm], { output: 'stderr' });
    if (status !== 0) throw new StepFailed('npm ci failed; what it printed above says why');
  },
};

/** Of a test, or of what belongs to a test alone, such as `crash.test.child.ts`. */
const ofTest = /\.test(\.\w+)?\.ts$/;

/** What the package holds: the sources without their tests. */
const sources = compiled({
  what: 'src/',
  project: at('tsconfig.package.json'),
  files: () => typescript('src').filter((file) => !ofTest.test(file)),
  into: at('dist'),
  root: at('src'),
  folders: [at('dist')],
  endings: ['.js', '.d.ts'],
});

/** What the tests run: the sources once more, with all tests, so that both share their modules. */
const withTests = compiled({
  what: 'src/ and tests/',
  project: at('tsconfig.json'),
  files: () => [...typescript('src'), ...typescript('tests')],
  into: at('build'),
  root: at(),
  folders: [at('build', 'src'), at('build', 'tests')],
  endings: ['.js', '.js.map'],
});

const products = { packages, sources, tests: withTests };

/**
 * Makes the checkout ready. Several processes may do so at once: one works, the others wait for it.
 * @param {keyof typeof products} [last] How far to go: `packages`, then `sources`, then `tests`.
 * @throws {StepFailed} When a step fails.
 */
export async function setup(last = 'sources') {
  const needed = Object.values(products).slice(0, Object.keys(products).indexOf(last) + 1);
  if (needed.every((product) => product.isUpToDate())) return;
  await withLock(
    'setup',
    () => makeAll(needed),
    () => say('waiting for another setup of this checkout'),
  );
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
 * What the compiler makes of a project.
 * @typedef {object} Compiled
 * @property {string} what The sources, for people.
 * @property {string} project
 * @property {() => string[]} files All of its sources.
 * @property {string} into
 * @property {string} root What paths of sources are relative to, as those of what is made of them are to `into`.
 * @property {readonly string[]} folders Those below `into` that hold nothing else.
 * @property {readonly string[]} endings Of the files that are made of each source.
 */

/**
 * @param {Compiled} compiled
 * @returns {Product}
 */
function compiled({ what, project, files, into, root, folders, endings }) {
  const stamp = new Stamp(path.join(into, stampName));
  const digest = () => digestOf([at('package-lock.json'), at('tsconfig.base.json'), project, ...files()]);
  const made = () =>
    files().flatMap((file) => {
      const stem = path.join(into, path.relative(root, file).replace(/\.ts$/, ''));
      return endings.map((ending) => `${stem}${ending}`);
    });
  return {
    doing: `compiling ${what} into ${path.relative(at(), into)}/`,
    isUpToDate: () => stamp.matches(digest()),
    async make() {
      stamp.clear();
      const before = digest();
      if ((await run(tool('tsc'), ['-p', project], { output: 'stderr' })) !== 0) {
        throw new StepFailed(`${what} do not compile; the compiler says above where`);
      }
      // What was made of sources that are gone, or by another project.
      const wanted = new Set(made());
      for (const file of folders.flatMap((folder) => filesBelow(folder))) if (!wanted.has(file)) rmSync(file);
      stamp.write(before);
    },
  };
}

/** @param {string} folder */
function typescript(folder) {
  return filesBelow(at(folder), (file) => file.endsWith('.ts'));
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
