/** A value as JSON in which maps are objects and times are RFC 3339. Text is not escaped further: this is for programs. */
export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, convert, indent) ?? 'null';
}

function convert(_key: string, value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return value;
}
