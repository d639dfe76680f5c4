import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The top folder of the checkout; this file is compiled to build/tests/support/. */
export const checkout = path.resolve(fileURLToPath(import.meta.url), '../../../..');

/** The command that is tested: that of this checkout, or the one that STRATA_COMMAND names. */
export const strataCommand = process.env['STRATA_COMMAND'] ?? path.join(checkout, 'bin', 'strata');
