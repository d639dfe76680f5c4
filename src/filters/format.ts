import { defectOf } from './characters.js';
import type { Selector } from './filter.js';

/**
 * Writes selectors as one filter, everything quoted that needs it, so that a name with a comma, a slash or a space
 * means itself. {@link parseFilters} reads the same selectors back. No selectors give the empty filter.
 *
 * @example The snapshots that were made for a layer
 * ```ts
 * formatFilter([{ fieldpath: ['labels', 'containerd.io/snapshot.ref'], operator: '==', value: chainId }]);
 * // labels."containerd.io/snapshot.ref"=="sha256:..."
 * ```
 */
export function formatFilter(selectors: readonly Selector[]): string {
  return selectors.map(formatSelector).join(',');
}

function formatSelector({ fieldpath, operator, value }: Selector): string {
  const path = fieldpath.map((field) => (bareField.test(field) ? field : quote(field))).join('.');
  return operator === 'present' ? path : `${path}${operator}${quote(value)}`;
}

const bareField = /^[A-Za-z0-9_]+$/;
/** What must be escaped in quotes. The escapes for characters are those of bytes: stray bytes are never text. */
const special = /["\\\n\u0000\ufffd\p{Surrogate}]/gu;

function quote(text: string): string {
  return `"${text.replace(special, escapeOf)}"`;
}

function escapeOf(character: string): string {
  const code = character.charCodeAt(0);
  if (character === '\n') return '\\n';
  if (defectOf(code) === undefined) return `\\${character}`;
  if (code === 0) return '\\x00';
  return isStrayByte(code) ? `\\x${(code - 0xdc00).toString(16)}` : '\\ufffd';
}

function isStrayByte(code: number): boolean {
  return code >= 0xdc80 && code <= 0xdcff;
}
