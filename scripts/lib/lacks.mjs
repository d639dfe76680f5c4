// What this machine cannot do for the tests, and which tests were skipped for it.
import { pathToFileURL } from 'node:url';
import { at } from './project.mjs';

/** @typedef {import('./count-reporter.mjs').Outcome} Outcome */
/** @typedef {{ need: string, kind: 'setup' | 'machine', why: string }} Lack */
/**
 * The part of tests/support/needs that is used here.
 * @typedef {object} Needs
 * @property {(needs?: readonly string[]) => Promise<Lack[]>} lacksOfThisMachine
 * @property {(reason: string, lacks: readonly Lack[]) => readonly Lack[] | undefined} lacksBehind
 */

/** What is not here. */
export class Lacks {
  /**
   * @param {readonly Lack[]} lacks
   * @param {Needs['lacksBehind']} lacksBehind
   */
  constructor(lacks, lacksBehind) {
    this.lacks = lacks;
    this.lacksBehind = lacksBehind;
  }

  /** Whether it is for what is not here that a test was skipped. @param {Outcome} skipped */
  explain({ reason }) {
    return this.lacksBehind(reason, this.lacks) !== undefined;
  }

  /** Whether it is for what this machine itself cannot do that a test was skipped. @param {Outcome} skipped */
  excuse({ reason }) {
    return this.lacksBehind(reason, this.lacks)?.every(({ kind }) => kind === 'machine') ?? false;
  }

  /**
   * A line for each thing that is not here.
   * @param {readonly Outcome[]} skipped
   */
  summary(skipped) {
    return this.lacks.map((lack) => {
      const count = skipped.filter(({ reason }) => this.lacksBehind(reason, this.lacks)?.includes(lack)).length;
      const whose = lack.kind === 'machine' ? 'this machine cannot' : 'not set up';
      return `${whose}: ${lack.need} (${lack.why}); ${count} skipped for it`;
    });
  }
}

/**
 * Asks this machine for what tests need, by trying it. They are told the answers.
 * @param {readonly string[]} [needs] Everything by default.
 * @returns {Promise<Lacks>}
 */
export async function askMachine(needs) {
  /** @type {Needs} */
  const { lacksOfThisMachine, lacksBehind } = await import(
    pathToFileURL(at('build', 'tests', 'support', 'needs', 'index.js')).href
  );
  return new Lacks(await lacksOfThisMachine(needs), lacksBehind);
}
