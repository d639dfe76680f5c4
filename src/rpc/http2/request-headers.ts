/** The headers of one request, as they arrived. */
export class RequestHeaders {
  readonly method: string;
  readonly path: string;
  /** Names and values in turn. */
  readonly #fields: readonly string[];

  constructor({ method, path, fields }: { method: string; path: string; fields: readonly string[] }) {
    this.method = method;
    this.path = path;
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

/** Gathers the fields of one header block and sees whether they make a request. */
export class RequestBuilder {
  readonly #fields: string[] = [];
  readonly #pseudo = new Map<string, string>();
  #malformed = false;
  #bytes = 0;

  /** Their size, as HTTP/2 counts it. */
  get bytes(): number {
    return this.#bytes;
  }

  readonly add = (name: string, value: string): void => {
    this.#bytes += name.length + value.length + fieldOverhead;
    if (name.charCodeAt(0) === 0x3a) this.#addPseudo(name, value);
    else if (isMalformed(name, value)) this.#malformed = true;
    else this.#fields.push(name, value);
  };

  /** The request; undefined when it is malformed (section 8.1.1). */
  finish(): RequestHeaders | undefined {
    const method = this.#pseudo.get(':method');
    const path = this.#pseudo.get(':path');
    if (this.#malformed || method === undefined || path === undefined || !this.#pseudo.has(':scheme')) return undefined;
    return new RequestHeaders({ method, path, fields: this.#fields });
  }

  /** Pseudo-headers come first, once each, and are of a fixed set (section 8.3). */
  #addPseudo(name: string, value: string): void {
    const known = name === ':method' || name === ':path' || name === ':scheme' || name === ':authority';
    if (!known || this.#fields.length > 0 || this.#pseudo.has(name)) this.#malformed = true;
    else this.#pseudo.set(name, value);
  }
}

function isMalformed(name: string, value: string): boolean {
  for (let index = 0; index < name.length; index++) {
    const code = name.charCodeAt(index);
    // Control characters, space, upper case, DEL and beyond.
    if (code <= 0x20 || (code >= 0x41 && code <= 0x5a) || code >= 0x7f) return true;
  }
  if (name === '' || forbidden.has(name)) return true;
  return name === 'te' && value !== 'trailers';
}
