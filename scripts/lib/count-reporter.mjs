// A reporter for node's test runner: one line of JSON for every test that ended, for `test.mjs` to count.

/**
 * What a test came to, and why: what it says of being skipped, or the error it failed with.
 * @typedef {{ outcome: 'passed' | 'failed' | 'skipped', name: string, file: string, reason: string }} Outcome
 */

/**
 * The part of node's events that is used here.
 * @typedef {object} TestEvent
 * @property {string} type
 * @property {{ name: string, file?: string, skip?: string | boolean, todo?: string | boolean, details?: { type?: string, error?: unknown } }} data
 */

/**
 * What a test came to; nothing for events that are not the end of a test, and for suites, whose tests are counted.
 * @param {TestEvent} event
 * @returns {Outcome | undefined}
 */
export function outcomeOf({ type, data }) {
  if (type !== 'test:pass' && type !== 'test:fail') return undefined;
  const passed = type === 'test:pass';
  const excuse = data.skip ?? data.todo;
  if (data.details?.type === 'suite' && passed && excuse === undefined) return undefined;
  const base = { name: data.name, file: data.file ?? '' };
  if (excuse !== undefined && excuse !== false) {
    return { outcome: 'skipped', ...base, reason: typeof excuse === 'string' ? excuse : '' };
  }
  return passed
    ? { outcome: 'passed', ...base, reason: '' }
    : { outcome: 'failed', ...base, reason: whyOf(data.details?.error) };
}

/** The runner wraps what a test threw into an error of its own. @param {unknown} error */
function whyOf(error) {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error ? (cause.stack ?? String(cause)) : String(cause ?? '');
}

/** @param {AsyncIterable<TestEvent>} events */
export default async function* countReporter(events) {
  for await (const event of events) {
    const outcome = outcomeOf(event);
    if (outcome !== undefined) yield `${JSON.stringify(outcome)}\n`;
  }
}
