/** The unit for systemd, and running a program with no more rights than it gives. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { checkout } from './paths.js';

/** All values of a setting in the unit, in their order. */
export function unitSetting(name: string): readonly string[] {
  const text = readFileSync(path.join(checkout, 'contrib/strata.service'), 'utf8');
  return [...text.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value = '']) => value);
}

/** What goes before a command line so that the command has the capabilities and privileges of the unit. */
export function asUnit(): readonly string[] {
  const capabilities = unitSetting('CapabilityBoundingSet').flatMap((value) => value.split(' '));
  const kept = capabilities.map((name) => `+${name.replace(/^CAP_/, '').toLowerCase()}`);
  return ['setpriv', '--no-new-privs', `--bounding-set=-all,${kept.join(',')}`, '--inh-caps=-all', '--'];
}
