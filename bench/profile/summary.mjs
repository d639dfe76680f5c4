// Where a CPU profile says that the time went.
import { fileURLToPath } from 'node:url';

/**
 * The part of V8's profiles that is used here.
 * @typedef {object} Profile
 * @property {readonly ProfileNode[]} nodes
 * @property {readonly number[]} samples The node of each sample.
 * @property {readonly number[]} timeDeltas Microseconds since the sample before.
 */

/**
 * @typedef {object} ProfileNode
 * @property {number} id
 * @property {{ functionName: string, url: string, lineNumber: number }} callFrame
 * @property {readonly number[]} [children]
 */

/**
 * A function and its own share of the time in which the main thread was busy.
 * @typedef {object} Cost
 * @property {number} share From 0 to 1.
 * @property {string} name With its file and line, where it has one.
 */

const shown = 30;
const largest = 3;

/** What no work goes by: waiting, and starting and ending the profile itself. */
const noWork = '(no work)';
const waiting = new Set(['(idle)', '(root)', 'dispatch']);

/**
 * The three functions that the main thread spent most of its time in, what they call left out.
 * @param {Profile} profile
 * @param {{ root: string }} options Paths are shown relative to this.
 * @returns {readonly Cost[]}
 */
export function largestCosts(profile, { root }) {
  const own = ownTimes(profile);
  const busy = busyTime(profile, own);
  return sorted(byName(profile, own, namesOf(profile, root)))
    .slice(0, largest)
    .map(([name, time]) => ({ share: time / busy, name }));
}

/**
 * The most expensive functions: by their own time, and by that of all they call.
 * @param {Profile} profile
 * @param {{ root: string }} options Paths are shown relative to this.
 */
export function summarize(profile, { root }) {
  const own = ownTimes(profile);
  const total = sum(own.values());
  const busy = busyTime(profile, own);
  /** @param {Map<string, number>} times */
  const list = (times) =>
    sorted(times)
      .slice(0, shown)
      .map(([name, time]) => `${((100 * time) / busy).toFixed(1).padStart(6)} %  ${name}`)
      .join('\n');
  const names = namesOf(profile, root);
  const self = byName(profile, own, names);
  const whole = inclusive(profile, { own, names });
  return `busy ${((100 * busy) / total).toFixed(0)} % of ${(total / 1e6).toFixed(1)} s
own time, of what it was busy:\n${list(self)}\nwith what was called:\n${list(whole)}\n`;
}

/** The most expensive first. @param {Map<string, number>} times */
function sorted(times) {
  return [...times].filter(([name]) => name !== noWork).sort(([, a], [, b]) => b - a);
}

/** @param {Profile} profile @param {Map<number, number>} own */
function busyTime({ nodes }, own) {
  return sum(nodes.filter((node) => !isNoWork(node)).map(({ id }) => own.get(id) ?? 0));
}

/** @param {ProfileNode} node */
function isNoWork({ callFrame: { functionName, url } }) {
  return url === 'node:inspector' || (url === '' && waiting.has(functionName));
}

/** Microseconds by node. @param {Profile} profile */
function ownTimes({ samples, timeDeltas }) {
  /** @type {Map<number, number>} */
  const own = new Map();
  for (const [index, node] of samples.entries()) own.set(node, (own.get(node) ?? 0) + (timeDeltas[index] ?? 0));
  return own;
}

/** @param {Iterable<number>} numbers */
function sum(numbers) {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}

/** @param {Profile} profile @param {Map<number, number>} own @param {Map<number, string>} names */
function byName({ nodes }, own, names) {
  /** @type {Map<string, number>} */
  const times = new Map();
  for (const node of nodes) {
    const name = names.get(node.id) ?? '';
    times.set(name, (times.get(name) ?? 0) + (own.get(node.id) ?? 0));
  }
  return times;
}

/** A function that calls itself counts once. @param {Profile} profile @param {{ own: Map<number, number>, names: Map<number, string> }} options */
function inclusive({ nodes }, { own, names }) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  /** @type {Map<string, number>} */
  const times = new Map();
  /** @param {ProfileNode} node @param {readonly string[]} above @returns {number} */
  const visit = (node, above) => {
    const name = names.get(node.id) ?? '';
    const inside = [...above, name];
    let time = isNoWork(node) ? 0 : (own.get(node.id) ?? 0);
    for (const id of node.children ?? []) {
      const child = byId.get(id);
      if (child !== undefined) time += visit(child, inside);
    }
    if (!above.includes(name)) times.set(name, (times.get(name) ?? 0) + time);
    return time;
  };
  const [first] = nodes;
  if (first !== undefined) visit(first, []);
  return times;
}

/**
 * What to call each node.
 *
 * V8 names native functions by the address of their code, which all functions of native addons have in common: each is
 * called what any of them is called. So what is not called by Node itself goes by the name of its caller.
 * @param {Profile} profile
 * @param {string} root
 */
function namesOf({ nodes }, root) {
  /** @type {Map<number, ProfileNode>} */
  const callers = new Map();
  for (const node of nodes) for (const child of node.children ?? []) callers.set(child, node);
  /** @param {ProfileNode} node */
  const nameOf = (node) => {
    const caller = callers.get(node.id)?.callFrame;
    const isNamed = node.callFrame.url !== '' || caller === undefined || caller.url === '';
    if (isNoWork(node)) return noWork;
    if (isNamed) return scriptName(node.callFrame, root);
    if (caller.url.startsWith('node:')) return `${node.callFrame.functionName}  ${caller.url}`;
    return `native code in ${scriptName(caller, root)}`;
  };
  return new Map(nodes.map((node) => [node.id, nameOf(node)]));
}

/** @param {ProfileNode['callFrame']} frame @param {string} root */
function scriptName({ functionName, url, lineNumber }, root) {
  const name = functionName === '' ? '(anonymous)' : functionName;
  if (url === '') return name;
  const file = url.startsWith('file:') ? fileURLToPath(url) : url;
  return `${name}  ${file.replace(`${root}/`, '')}:${lineNumber + 1}`;
}
