import { InvalidArgumentError } from '../errors/index.js';

/** The most bytes that an identifier may have. */
export const maxIdentifierBytes = 76;

const pattern = /^[A-Za-z0-9]+(?:[._-](?:[A-Za-z0-9]+))*$/;

/**
 * Checks the name of a namespace, or one component of a topic: runs of letters and digits of ASCII, with single dots,
 * underscores or dashes between them, 1 to 76 bytes in all (containerd: pkg/identifiers/validate.go).
 * @throws InvalidArgumentError when it is empty, too long, or of another form.
 */
export function validateIdentifier(identifier: string): void {
  if (identifier === '') throw new InvalidArgumentError('identifier must not be empty');
  if (Buffer.byteLength(identifier) > maxIdentifierBytes) {
    throw new InvalidArgumentError(
      `identifier "${identifier}" greater than maximum length (${maxIdentifierBytes} characters)`,
    );
  }
  if (!pattern.test(identifier)) {
    throw new InvalidArgumentError(`identifier ${JSON.stringify(identifier)} must match ${pattern.source}`);
  }
}
