// What was started, to be ended in the reverse order.
import { say } from '../../scripts/lib/run.mjs';

/** A list of things to take back. */
export class Undo {
  constructor() {
    /** @type {(() => Promise<unknown> | unknown)[]} */
    this.steps = [];
  }

  /** Does something at the end, before what was added earlier. @param {() => Promise<unknown> | unknown} step */
  add(step) {
    this.steps.push(step);
  }

  /** Takes everything back, whatever fails on the way. @throws {AggregateError} With what failed. */
  async run() {
    /** @type {unknown[]} */
    const errors = [];
    for (const step of this.steps.splice(0).reverse()) {
      try {
        await step();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, `cleaning up failed: ${errors.map(String).join('; ')}`);
  }
}

/**
 * Does something and then takes back what it has put on the list, whatever comes of it.
 * @template T
 * @param {(undo: Undo) => Promise<T>} action
 * @returns {Promise<T>}
 */
export async function withUndo(action) {
  const undo = new Undo();
  let result;
  try {
    result = await action(undo);
  } catch (error) {
    // What went wrong first is what whoever reads it has to know.
    await undo.run().catch((failure) => say(String(failure)));
    throw error;
  }
  await undo.run();
  return result;
}
