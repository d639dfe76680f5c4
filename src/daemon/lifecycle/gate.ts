/** Lets waiting work begin, once. */
export class Gate {
  /** Resolves when it is opened; never, if it is not. */
  readonly opened: Promise<void>;
  #open: () => void = () => undefined;

  constructor() {
    this.opened = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  /** Opening it again does nothing. */
  open(): void {
    this.#open();
  }
}
