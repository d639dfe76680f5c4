/** The most bytes that an identifier may have. */
export const maxIdentifierBytes = 76;

const pattern = /^[A-Za-z0-9]+(?:[._-](?:[A-Za-z0-9]+))*$/;

/**
 * What is wrong with the name of a namespace, or with one component of a topic; undefined when nothing is. It must be runs
 * of letters and digits of ASCII, with single dots, underscores or dashes between them, 1 to 76 bytes in all (containerd:
 * pkg/identifiers/validate.go).
 */
export function identifierProblem(identifier: string): string | undefined {
  if (identifier === '') return 'identifier must not be empty';
  if (Buffer.byteLength(identifier) > maxIdentifierBytes) {
    return `identifier "${identifier}" greater than maximum length (${maxIdentifierBytes} characters)`;
  }
  if (!pattern.test(identifier)) return `identifier ${JSON.stringify(identifier)} must match ${pattern.source}`;
  return undefined;
}
