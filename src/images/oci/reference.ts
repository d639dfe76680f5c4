/**
 * The complete form of a name that people write, as Docker and containerd have it: `busybox` is
 * `docker.io/library/busybox:latest`. A name that has all its parts stays as it is.
 */
export function completeName(name: string): string {
  const [first = '', ...rest] = name.split('/');
  const hasHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  const located = hasHost ? name : `docker.io/${rest.length > 0 ? '' : 'library/'}${name}`;
  const last = located.slice(located.lastIndexOf('/'));
  return /[:@]/.test(last) ? located : `${located}:latest`;
}
