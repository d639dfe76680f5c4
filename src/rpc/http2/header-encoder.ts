import { encodeField, encodeHeaders, encodeRemembered, forgetAll, type HeaderField } from './hpack/encode.js';

/** Headers that are sent. To be made once where they are always the same. */
export interface HeaderBlock {
  readonly fields: readonly HeaderField[];
  /** Sent often: the peer is made to remember them, so that they cost a byte each from the second time on. */
  readonly common: boolean;
  /** As they go to a peer that remembers nothing. */
  readonly plain: Buffer;
}

/** Readies headers for sending. @param options.common For the few that are sent often, together some hundred bytes. */
export function headerBlock(fields: readonly HeaderField[], { common }: { readonly common: boolean }): HeaderBlock {
  return { fields, common, plain: encodeHeaders(fields) };
}

/** Encodes the header blocks of one connection, in the order of sending. */
export class HeaderEncoder {
  /** When each field was remembered. */
  readonly #remembered = new Map<HeaderField, number>();
  /** Blocks whose every field the peer remembers. */
  readonly #short = new Map<HeaderBlock, Buffer>();
  #forgetful: 'no' | 'announce' | 'yes' = 'no';

  /** The peer remembers less than the default; to keep this simple it then remembers nothing. */
  forget(): void {
    if (this.#forgetful === 'no') this.#forgetful = 'announce';
  }

  /** The bytes of a block; they must be sent, and before those of the next one. */
  encode(block: HeaderBlock): Buffer {
    if (this.#forgetful === 'announce') {
      this.#forgetful = 'yes';
      return Buffer.concat([forgetAll, block.plain]);
    }
    if (!block.common || this.#forgetful === 'yes') return block.plain;
    return this.#short.get(block) ?? this.#teach(block);
  }

  /** Lets the peer remember the fields of a block, the first time, and refers to them from then on. */
  #teach(block: HeaderBlock): Buffer {
    const unknown = block.fields.filter((field) => isWorthRemembering(field) && !this.#remembered.has(field));
    if (unknown.length > 0) {
      // Each entry moves the references to the older ones.
      this.#short.clear();
      for (const field of unknown) this.#remembered.set(field, this.#remembered.size);
      return Buffer.concat(
        block.fields.map((field) => encodeField(field, unknown.includes(field) ? 'remember' : 'forget')),
      );
    }
    const newest = this.#remembered.size - 1;
    const references = block.fields.map((field) => {
      const when = this.#remembered.get(field);
      return when === undefined ? encodeField(field, 'forget') : encodeRemembered(newest - when);
    });
    const bytes = Buffer.concat(references);
    this.#short.set(block, bytes);
    return bytes;
  }
}

/** Whether a field is not one of those that both sides know from the start. */
function isWorthRemembering(field: HeaderField): boolean {
  return encodeField(field, 'forget').length > 1;
}
