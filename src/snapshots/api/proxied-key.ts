/** A snapshot of a containerd in front, as its clients know it. */
export interface ProxiedKey {
  /** The namespace of that containerd. */
  readonly namespace: string;
  /** Drawn for each snapshot, so that it is larger than that of its parent. */
  readonly number: number;
  /** The key or name that its client gave. */
  readonly key: string;
}

const proxiedKey = /^(?<namespace>[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*)\/(?<number>[1-9]\d*)\/(?<key>.+)$/s;

/**
 * What is behind a key that a containerd in front has made: it sends `<namespace>/<number>/<key>`, with a number that it gives
 * out once for each namespace and snapshotter. Undefined for any other key.
 */
export function parseProxiedKey(given: string): ProxiedKey | undefined {
  const { namespace, number, key } = proxiedKey.exec(given)?.groups ?? {};
  return namespace === undefined || key === undefined ? undefined : { namespace, number: Number(number), key };
}
