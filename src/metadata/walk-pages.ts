import { DataLossError } from '../errors/index.js';
import type { Filter } from '../filters/index.js';
import type { ReadTransaction } from '../store/index.js';
import { candidatesOf } from './candidates.js';
import type { MetadataRecords, NamedMetadata } from './records.js';
import type { MetadataRecord } from './tables.js';

const pageSize = 200;

/** What a walk visits. */
export interface WalkPagesOptions {
  readonly records: MetadataRecords;
  readonly filter: Filter;
  /** Whether a label may be shown that the records do not have. */
  readonly isAdded: (label: string) => boolean;
  /** Told about records that cannot be read, which are passed over. */
  readonly onUnreadable: (error: unknown) => void;
}

/** The records that a walk has to look at, page by page, each page in a transaction of its own. */
export class WalkPages {
  readonly #options: WalkPagesOptions;
  #begun = false;
  /** The keys that an index gave; undefined when all records are visited. */
  #candidates: string[] | undefined;
  #after: string | undefined;
  #more = true;

  constructor(options: WalkPagesOptions) {
    this.#options = options;
  }

  /** Whether there may be another page. */
  get more(): boolean {
    return this.#more;
  }

  /** The next page. */
  readonly read = (tx: ReadTransaction): NamedMetadata[] => {
    if (!this.#begun) {
      this.#begun = true;
      this.#candidates = candidatesOf(tx, this.#options);
    }
    return this.#candidates === undefined ? this.#nextOfAll(tx) : this.#nextOf(tx, this.#candidates);
  };

  #nextOfAll(tx: ReadTransaction): NamedMetadata[] {
    const { records, onUnreadable } = this.#options;
    const found = records.page(tx, { after: this.#after, limit: pageSize, onUnreadable });
    this.#after = found.at(-1)?.key;
    this.#more = found.length === pageSize;
    return found;
  }

  #findReadable(tx: ReadTransaction, key: string): MetadataRecord | undefined {
    try {
      return this.#options.records.find(tx, key);
    } catch (error) {
      if (!(error instanceof DataLossError)) throw error;
      this.#options.onUnreadable(error);
      return undefined;
    }
  }

  #nextOf(tx: ReadTransaction, candidates: string[]): NamedMetadata[] {
    const found: NamedMetadata[] = [];
    for (const key of candidates.splice(0, pageSize)) {
      const record = this.#findReadable(tx, key);
      if (record !== undefined) found.push({ key, record });
    }
    this.#more = candidates.length > 0;
    return found;
  }
}
