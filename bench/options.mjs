// What the benchmark can be told.
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { at } from '../scripts/lib/project.mjs';
import { StepFailed } from '../scripts/lib/run.mjs';

/**
 * @typedef {object} Options
 * @property {'table' | 'json'} format What is printed.
 * @property {string | undefined} markdown A file for the page with the newest table.
 * @property {boolean} quick The cheap rows only, in less than three minutes.
 * @property {boolean} full One million snapshots as well.
 * @property {boolean} backEnds The back ends of this checkout instead, each by itself.
 * @property {boolean} durability Our own daemon with each setting of `durability` instead.
 * @property {readonly string[]} scenarios Names, or how they begin; none for all.
 * @property {number | undefined} rounds
 * @property {string} directory For the file that holds the file system.
 * @property {string} strata The command that is measured.
 * @property {'both' | 'ours' | 'theirs'} only
 * @property {string | undefined} profile A directory for profiles of our daemon, each of a round that does not count.
 */

/** Printed for `--help`. */
export const usage = `usage: npm run bench -- [options]

Measures strata against containerd's own overlayfs, in turn on a file system of their own, and prints a table.

  --scenario NAME   only these; may be given several times, and be only the beginning of a name
  --rounds N        how often each scenario is measured; 3 or 5 by default, 1 with --quick
  --quick           the cheap scenarios only, in less than three minutes
  --full            with a million snapshots as well; takes many minutes and some gigabytes
  --backends        what each back end costs instead, on file systems of their own; needs no containerd
  --durability      what each setting of durability costs instead; needs no containerd
  --json            prints everything that was measured
  --markdown FILE   writes the table, and the machine that it is of, as a page
  --dir DIR         where to put the file that holds the file system; ${tmpdir()} by default
  --only WHICH      ours or theirs, which has the peer with it
  --strata COMMAND  another strata than bin/strata of this checkout
  --profile DIR     measures our daemon once more for each scenario, writes CPU profiles of that, and prints the three
                    largest costs of each row
`;

const flags = /** @satisfies {import('node:util').ParseArgsConfig['options']} */ ({
  help: { type: /** @type {const} */ ('boolean'), default: false },
  json: { type: /** @type {const} */ ('boolean'), default: false },
  quick: { type: /** @type {const} */ ('boolean'), default: false },
  full: { type: /** @type {const} */ ('boolean'), default: false },
  backends: { type: /** @type {const} */ ('boolean'), default: false },
  durability: { type: /** @type {const} */ ('boolean'), default: false },
  markdown: { type: /** @type {const} */ ('string') },
  scenario: {
    type: /** @type {const} */ ('string'),
    multiple: /** @type {const} */ (true),
    default: /** @type {string[]} */ ([]),
  },
  rounds: { type: /** @type {const} */ ('string') },
  dir: { type: /** @type {const} */ ('string'), default: tmpdir() },
  strata: { type: /** @type {const} */ ('string'), default: at('bin', 'strata') },
  only: { type: /** @type {const} */ ('string'), default: 'both' },
  profile: { type: /** @type {const} */ ('string') },
});

/**
 * Reads the arguments.
 * @param {readonly string[]} args
 * @returns {Options | 'help'}
 * @throws {StepFailed} For an argument that cannot be understood.
 */
export function readOptions(args) {
  const values = parse(args);
  if (values.help) return 'help';
  return {
    format: values.json ? 'json' : 'table',
    markdown: values.markdown,
    quick: values.quick,
    full: values.full,
    backEnds: values.backends,
    durability: values.durability,
    scenarios: values.scenario,
    rounds: values.rounds === undefined ? undefined : readRounds(values.rounds),
    directory: path.resolve(values.dir),
    strata: path.resolve(values.strata),
    only: readOnly(values.only),
    profile: values.profile === undefined ? undefined : path.resolve(values.profile),
  };
}

/** @param {readonly string[]} args */
function parse(args) {
  try {
    return parseArgs({ args: [...args], options: flags, strict: true }).values;
  } catch (error) {
    throw new StepFailed(`${error instanceof Error ? error.message : error}\n\n${usage}`);
  }
}

/** @param {string} text */
function readRounds(text) {
  const rounds = Number(text);
  if (Number.isSafeInteger(rounds) && rounds > 0) return rounds;
  throw new StepFailed(`--rounds: want a whole number from 1, got "${text}"`);
}

/** @param {string} text */
function readOnly(text) {
  if (text === 'both' || text === 'ours' || text === 'theirs') return text;
  throw new StepFailed(`--only: want ours or theirs, got "${text}"`);
}
