/** Names of entries as paths inside a root: binary strings, each step behind a slash, and '' for the root itself. */

/** The steps of a path, without those that lead nowhere. */
export function stepsOf(path: string): string[] {
  return path.split('/').filter((step) => step !== '' && step !== '.');
}

/**
 * The steps of an entry's name, with `..` taken for the step back that it looks like; above the root it leads nowhere
 * (Go: path/filepath.Clean, which containerd cleans names with).
 */
export function cleanSteps(name: string): string[] {
  const steps: string[] = [];
  for (const step of stepsOf(name)) {
    if (step === '..') steps.pop();
    else steps.push(step);
  }
  return steps;
}

/** The directory that a path lies in; that of the root is the root. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** Whether a path lies below another. */
export function isBelow(path: string, top: string): boolean {
  return path.length > top.length && path.startsWith(`${top}/`);
}
