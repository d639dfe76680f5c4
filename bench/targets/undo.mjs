// What was started, to be ended in the reverse order.

/** A list of things to take back. */
export class Undo {
  constructor() {
    /** @type {(() => Promise<void> | void)[]} */
    this.steps = [];
  }

  /** Does something at the end, before what was added earlier. @param {() => Promise<void> | void} step */
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
