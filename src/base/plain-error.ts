/** An error in a form that can pass between threads, which keep the text of an error but not its class. */
export interface PlainError {
  readonly message: string;
  readonly code?: unknown;
  readonly errno?: unknown;
  readonly syscall?: unknown;
  readonly path?: unknown;
}

/** An error without its class and stack. */
export function toPlainError(thrown: unknown): PlainError {
  if (!(thrown instanceof Error)) return { message: String(thrown) };
  return { ...thrown, message: thrown.message };
}

/** The error again, with the properties of a system error if it had them. */
export function fromPlainError(plain: PlainError): Error {
  return Object.assign(new Error(plain.message), plain);
}
