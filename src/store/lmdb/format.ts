import { FailedPreconditionError, InternalError } from '../../errors/index.js';
import { numberCodec, presenceCodec } from '../codec.js';
import type { Store, WriteTransaction } from '../store.js';
import { defineTable } from '../table.js';
import type { Migration } from './options.js';

/** Where the store notes the format of its records: one record, `format`. */
export const formatTable = defineTable<readonly [name: string], number>({
  name: 'strata.store',
  shape: ['string'],
  codec: numberCodec,
});

const formatKey = ['format'] as const;

/** Which format is wanted, and how to get there. */
export interface FormatOptions {
  readonly tableNames: readonly string[];
  readonly formatVersion: number;
  readonly migrations: readonly Migration[];
}

/**
 * Brings the records to the wanted format, one transaction for each step, and notes the format in a new store.
 * @throws FailedPreconditionError when the store is newer than the program, or no step leads from its format.
 */
export async function ensureFormat(store: Store, options: FormatOptions): Promise<void> {
  const { formatVersion: wanted } = options;
  let found = store.read((tx) => tx.get(formatTable, formatKey)) ?? (await noteFirst(store, options));
  while (found < wanted) {
    const step = findStep(store, { found, ...options });
    await store.write((tx) => {
      // A promise would be refused by the store.
      const result = step.migrate(tx);
      tx.put(formatTable, formatKey, step.to);
      return result;
    });
    found = step.to;
  }
  if (found > wanted) {
    throw new FailedPreconditionError(`store ${store.path} has format ${found}, this program knows up to ${wanted}`);
  }
}

async function noteFirst(store: Store, { tableNames, formatVersion }: FormatOptions): Promise<number> {
  return await store.write((tx) => {
    const filled = tableNames.find((name) => !isEmpty(tx, name));
    if (filled !== undefined) {
      throw new FailedPreconditionError(`store ${store.path} has records in table "${filled}" but notes no format`);
    }
    tx.put(formatTable, formatKey, formatVersion);
    return formatVersion;
  });
}

/** Reads any table as one of texts, which every key can be, without values. */
function isEmpty(tx: WriteTransaction, name: string): boolean {
  const bare = defineTable<readonly [key: string], true>({ name, shape: ['string'], codec: presenceCodec });
  return tx.range(bare)[Symbol.iterator]().next().done === true;
}

interface Step extends FormatOptions {
  readonly found: number;
}

function findStep(store: Store, { found, formatVersion, migrations }: Step): Migration {
  const step = migrations.find(({ from }) => from === found);
  if (step === undefined) {
    throw new FailedPreconditionError(
      `store ${store.path} has format ${found}, and no migration leads from there to ${formatVersion}`,
    );
  }
  if (step.to <= found) throw new InternalError(`migration from format ${found} leads back to ${step.to}`);
  return step;
}
