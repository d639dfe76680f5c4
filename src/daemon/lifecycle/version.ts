import { createRequire } from 'node:module';

/** The version of this package, from its package.json. */
export function packageVersion(): string {
  const manifest: unknown = createRequire(import.meta.url)('#package.json');
  const version: unknown = typeof manifest === 'object' && manifest !== null ? Reflect.get(manifest, 'version') : '';
  return typeof version === 'string' ? version : '';
}
