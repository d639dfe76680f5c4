/** An error in a form that survives the way between threads, which keeps a class's text and nothing else of it. */
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
