/**
 * Refuses a Node that is too old with one clear error. Each entry of the package imports this file first: modules are
 * evaluated in the order of their imports, so no native code, which can crash such a Node, is loaded before. For the same
 * reason this file imports nothing.
 */

/** The oldest Node that Strata runs on, as `engines` in package.json has it. */
export const oldestNode = '22.15';

/**
 * Whether Strata runs on a version of Node.
 * @param version Such as `22.15.0`.
 */
export function isSupported(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = oldestNode.split('.').map(Number);
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
}

if (!isSupported(process.versions.node)) {
  throw new Error(`Strata needs Node ${oldestNode} or newer, and this is Node ${process.versions.node}`);
}
