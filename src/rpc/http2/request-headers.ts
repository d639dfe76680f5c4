/** The headers of one request, as they arrived. */
export class RequestHeaders {
  readonly method: string;
  readonly path: string;
  /** Their size, as HTTP/2 counts it (RFC 9113, section 6.5.2). */
  readonly bytes: number;
  /** How long the client says that the body is; undefined when it does not. */
  readonly contentLength: number | undefined;
  /** Names and values in turn. */
  readonly #fields: readonly string[];

  constructor({ method, path, bytes, contentLength, fields }: RequestParts) {
    this.method = method;
    this.path = path;
    this.bytes = bytes;
    this.contentLength = contentLength;
    this.#fields = fields;
  }

  /** The first value of a header, by its name in lower case. */
  get(name: string): string | undefined {
    for (let index = 0; index < this.#fields.length; index += 2) {
      if (this.#fields[index] === name) return this.#fields[index + 1];
    }
    return undefined;
  }
}

interface RequestParts {
  readonly method: string;
  readonly path: string;
  readonly bytes: number;
  readonly contentLength: number | undefined;
  readonly fields: readonly string[];
}

/**
 * What a header block turned out to be: a request; `trailers`, well formed and without pseudo-headers; or what makes no
 * sense to HTTP, or is more than the server takes.
 */
export type HeaderContent = RequestHeaders | 'trailers' | 'malformed' | 'too large';

/** Headers that belong to a single connection of HTTP/1 and must not be sent in HTTP/2 (RFC 9113, section 8.2.2). */
const forbidden: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

/** What HTTP/2 adds to the bytes of each header when it counts them (section 6.5.2). */
const fieldOverhead = 32;

/** Gathers the fields of one header block, as long as they are not too large, and sees what they make. */
export class RequestBuilder {
  readonly #limit: number;
  readonly #fields: string[] = [];
  readonly #pseudo = new Map<string, string>();
  #malformed = false;
  #bytes = 0;
  #contentLength: number | undefined;

  /** @param limit The largest size of all fields together, as HTTP/2 counts it. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  readonly add = (name: string, value: string): void => {
    this.count(name.length + value.length + fieldOverhead);
    if (this.#tooLarge) return;
    if (name.charCodeAt(0) === 0x3a) this.#addPseudo(name, value);
    else if (isMalformed(name, value)) this.#malformed = true;
    else if (name === 'content-length') this.#addLength(value);
    else this.#fields.push(name, value);
  };

  /** Counts bytes of fields. Once they are too many, no field is kept. */
  count(bytes: number): void {
    this.#bytes += bytes;
    if (!this.#tooLarge) return;
    this.#fields.length = 0;
    this.#pseudo.clear();
  }

  /** What the fields make. */
  finish(): HeaderContent {
    if (this.#tooLarge) return 'too large';
    if (this.#malformed) return 'malformed';
    if (this.#pseudo.size === 0) return 'trailers';
    const method = this.#pseudo.get(':method');
    const path = this.#pseudo.get(':path');
    if (method === undefined || !path || !this.#pseudo.has(':scheme')) return 'malformed';
    const contentLength = this.#contentLength;
    return new RequestHeaders({ method, path, bytes: this.#bytes, contentLength, fields: this.#fields });
  }

  get #tooLarge(): boolean {
    return this.#bytes > this.#limit;
  }

  /** Pseudo-headers come first, once each, and are of a fixed set (section 8.3). */
  #addPseudo(name: string, value: string): void {
    const known = name === ':method' || name === ':path' || name === ':scheme' || name === ':authority';
    if (!known || this.#fields.length > 0 || this.#pseudo.has(name)) this.#malformed = true;
    else this.#pseudo.set(name, value);
  }

  /** A length that is repeated must be the same each time (RFC 9110, section 8.6). */
  #addLength(value: string): void {
    const length = /^\d{1,15}$/.test(value) ? Number(value) : undefined;
    if (length === undefined || (this.#contentLength ?? length) !== length) this.#malformed = true;
    this.#contentLength = length;
    this.#fields.push('content-length', value);
  }
}

function isMalformed(name: string, value: string): boolean {
  for (let index = 0; index < name.length; index++) {
    const code = name.charCodeAt(index);
    // Control characters, space, upper case, DEL and beyond; and a colon, with which only pseudo-headers begin.
    if (code <= 0x20 || code === 0x3a || (code >= 0x41 && code <= 0x5a) || code >= 0x7f) return true;
  }
  if (name === '' || forbidden.has(name) || /[\0\r\n]/.test(value)) return true;
  return name === 'te' && value !== 'trailers';
}
