import { InternalError } from '../errors/index.js';
import type { Connection } from './connection.js';
import type { SqlValue, Statement } from './statement.js';
import type { WriteTransaction } from './store.js';

/** What a caller's function is given: the connection, until the function returns. */
export class ConnectionTransaction implements WriteTransaction {
  readonly #connection: Connection;
  readonly #iterations = new Set<Generator>();
  #ended = false;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  get<Row>(statement: Statement<Row>, ...parameters: readonly SqlValue[]): Row | undefined {
    this.#refuseLate();
    return this.#connection.get(statement, parameters);
  }

  all<Row>(statement: Statement<Row>, ...parameters: readonly SqlValue[]): Row[] {
    this.#refuseLate();
    return this.#connection.all(statement, parameters);
  }

  each<Row>(statement: Statement<Row>, ...parameters: readonly SqlValue[]): IterableIterator<Row> {
    this.#refuseLate();
    const iteration = this.#connection.each(statement, parameters);
    this.#iterations.add(iteration);
    return iteration;
  }

  run(statement: Statement<object>, ...parameters: readonly SqlValue[]): number {
    this.#refuseLate();
    return this.#connection.run(statement, parameters);
  }

  /** Ends what is still being iterated, and refuses everything from now on. */
  end(): void {
    this.#ended = true;
    for (const iteration of this.#iterations) iteration.return(undefined);
    this.#iterations.clear();
  }

  #refuseLate(): void {
    if (this.#ended) throw new InternalError('transaction of the store is used after its function returned');
  }
}

/**
 * Calls a function with a transaction over a connection.
 * @throws InternalError when it returns a promise: what it awaits would be outside of the transaction.
 */
export function within<T>(connection: Connection, work: (tx: WriteTransaction) => T): T {
  const tx = new ConnectionTransaction(connection);
  try {
    return refusePromise(work(tx));
  } finally {
    tx.end();
  }
}

function refusePromise<T>(result: T): T {
  if (typeof result !== 'object' || result === null || !('then' in result) || typeof result.then !== 'function') {
    return result;
  }
  // Nobody needs its outcome any more.
  void Promise.resolve(result).catch(() => undefined);
  throw new InternalError('function in a transaction of the store returned a promise; it must be synchronous');
}
