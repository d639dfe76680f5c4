import path from 'node:path';
import { checkout } from './paths.js';

/** A Node that is too old for Strata; `npm test` fetches it. */
export const oldNode = path.join(checkout, 'scripts/runtime/20/node_modules', `node-linux-${process.arch}`, 'bin/node');

/** Our environment, with a certain Node as the one that `node` is, and `npm` runs on. */
export function onNode(node: string): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${path.dirname(node)}:${process.env['PATH']}` };
}
