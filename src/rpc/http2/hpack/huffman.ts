/**
 * The Huffman code of HPACK (RFC 7541, appendix B). It is canonical: within one length, codes count upwards in the order
 * of the symbols, so that the lengths say everything.
 */
import { ProtocolError } from '../protocol-error.js';

/** The symbols of each length in bits, in their order; 256 is the end-of-string symbol. */
const symbolsByLength: ReadonlyMap<number, string> = new Map([
  [5, '48-50 97 99 101 105 111 115-116'],
  [6, '32 37 45-47 51-57 61 65 95 98 100 102-104 108-110 112 114 117'],
  [7, '58 66-87 89 106-107 113 118-122'],
  [8, '38 42 44 59 88 90'],
  [10, '33-34 40-41 63'],
  [11, '39 43 124'],
  [12, '35 62'],
  [13, '0 36 64 91 93 126'],
  [14, '94 125'],
  [15, '60 96 123'],
  [19, '92 195 208'],
  [20, '128 130-131 162 184 194 224 226'],
  [21, '153 161 167 172 176-177 179 209 216-217 227 229-230'],
  [22, '129 132-134 136 146 154 156 160 163-164 169-170 173 178 181 185-187 189-190 196 198 228 232-233'],
  [23, '1 135 137-139 140-141 143 147 149-152 155 157-158 165-166 168 174-175 180 182-183 188 191 197 231 239'],
  [24, '9 142 144-145 148 159 171 206 215 225 236-237'],
  [25, '199 207 234-235'],
  [26, '192-193 200-202 205 210 213 218-219 238 240 242-243 255'],
  [27, '203-204 211-212 214 221-223 241 244-248 250-254'],
  [28, '2-8 11-12 14-21 23-31 127 220 249'],
  [30, '10 13 22 256'],
]);

const endOfString = 256;

/** A node of the code's tree: where a 0 and where a 1 leads. A number is a symbol. */
type Tree = [Tree | number | undefined, Tree | number | undefined];

const tree: Tree = buildTree();

function buildTree(): Tree {
  const root: Tree = [undefined, undefined];
  let code = 0;
  let length = 0;
  for (const [bits, ranges] of symbolsByLength) {
    code <<= bits - length;
    length = bits;
    for (const symbol of expand(ranges)) insert(root, { code: code++, bits, symbol });
  }
  return root;
}

function expand(ranges: string): number[] {
  return ranges.split(' ').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

function insert(root: Tree, { code, bits, symbol }: { code: number; bits: number; symbol: number }): void {
  let node = root;
  for (let shift = bits - 1; shift > 0; shift--) {
    const bit = (code >>> shift) & 1 ? 1 : 0;
    const next = node[bit];
    if (typeof next === 'object') {
      node = next;
    } else {
      const made: Tree = [undefined, undefined];
      node[bit] = made;
      node = made;
    }
  }
  node[code & 1 ? 1 : 0] = symbol;
}

/**
 * The text that Huffman-coded bytes stand for, one character for each byte.
 * @throws ProtocolError when they are no such text: padding that is too long or not made of ones, or the end-of-string
 * symbol within (section 5.2).
 */
export function decodeHuffman(bytes: Buffer, start: number, end: number): string {
  const reader = new Reader();
  for (let offset = start; offset < end; offset++) reader.byte(bytes[offset] ?? 0);
  return reader.finish();
}

class Reader {
  readonly #text: number[] = [];
  #node: Tree = tree;
  /** How many bits were read of the symbol that has begun, and whether all were ones. */
  #pending = 0;
  #onlyOnes = true;

  byte(byte: number): void {
    for (let shift = 7; shift >= 0; shift--) this.#bit((byte >>> shift) & 1 ? 1 : 0);
  }

  /** The rest of the last byte is filled with ones. */
  finish(): string {
    if (this.#pending > 7 || !this.#onlyOnes) throw malformed();
    return Buffer.from(this.#text).toString('latin1');
  }

  #bit(bit: 0 | 1): void {
    const next = this.#node[bit];
    if (typeof next === 'object') {
      this.#node = next;
      this.#pending++;
      this.#onlyOnes &&= bit === 1;
      return;
    }
    if (next === undefined || next === endOfString) throw malformed();
    this.#text.push(next);
    this.#node = tree;
    this.#pending = 0;
    this.#onlyOnes = true;
  }
}

function malformed(): ProtocolError {
  return new ProtocolError('COMPRESSION_ERROR', 'malformed Huffman code in a header');
}
