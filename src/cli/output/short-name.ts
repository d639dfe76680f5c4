/** A digest with its algorithm, or the 64 digits that containerd's clients call a container by. */
const DIGEST = /\b(sha256:|sha384:|sha512:)([0-9a-f]{12})[0-9a-f]{20,}|\b([0-9a-f]{12})[0-9a-f]{52}\b/g;

/** Cuts every digest in a name to twelve digits, which is enough for people to tell them apart. */
export function shortName(name: string): string {
  return name.replace(DIGEST, '$1$2$3');
}

/** The option of commands that shorten names; its value is false when it is given. */
export const noTruncOption = { flags: '--no-trunc', description: 'show digests in full' } as const;
