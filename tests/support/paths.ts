import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The top folder of the checkout; this file is compiled to build/tests/support/. */
export const checkout = path.resolve(fileURLToPath(import.meta.url), '../../../..');

/** The command that is tested. */
export const strataCommand = path.join(checkout, 'bin', 'strata');
