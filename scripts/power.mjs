#!/usr/bin/env node
// Cuts the power of a daemon under load again and again, in a second kernel, on ext4 and on xfs at the same time, and
// counts what is lost. The integration tests do the same five times.
//
//   node scripts/power.mjs [--cuts 100] [--durability full|metadata|none]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { asCommand } from './lib/command.mjs';
import { at } from './lib/project.mjs';
import { StepFailed, say, seconds } from './lib/run.mjs';
import { provideSystemPackages } from './lib/system-packages.mjs';
import { setup } from './setup.mjs';

/** So many cuts are made on one disk; every cut compares all that is on it. */
const cutsOnOneDisk = 10;

/** @typedef {{ calls: number, interrupted: number, layers: number, complaints: readonly string[] }} Totals */
/** @typedef {{ directory: string, format: string, cuts: number, settings: string }} Options */
/** @typedef {{ formats: readonly string[], powerCuts(options: Options): Promise<Totals> }} PowerCuts */

/**
 * All the cuts on one file system.
 * @param {PowerCuts} tests
 * @param {{ format: string, cuts: number, settings: string }} options
 */
async function cutAll({ powerCuts }, { format, cuts, settings }) {
  const total = { format, cuts: 0, calls: 0, interrupted: 0, layers: 0, complaints: 0 };
  while (total.cuts < cuts) {
    const directory = mkdtempSync(path.join(tmpdir(), 'strata-power-'));
    const now = Math.min(cutsOnOneDisk, cuts - total.cuts);
    try {
      const { complaints, ...counts } = await powerCuts({ directory, format, cuts: now, settings });
      for (const complaint of complaints) say(`${format}: ${complaint}`);
      total.calls += counts.calls;
      total.interrupted += counts.interrupted;
      total.layers += counts.layers;
      total.complaints += complaints.length;
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
    total.cuts += now;
    say(`${format}: ${total.cuts} cuts, ${total.complaints} complaints`);
  }
  return total;
}

/** A module of tests/support. @param {...string} parts */
function compiled(...parts) {
  return import(pathToFileURL(at('build', 'tests', 'support', ...parts)).href);
}

await asCommand(async () => {
  const start = performance.now();
  const { values } = parseArgs({
    options: {
      cuts: { type: 'string', default: '100' },
      durability: { type: 'string', default: 'full' },
    },
  });
  const cuts = Number(values.cuts);
  if (!Number.isSafeInteger(cuts) || cuts < 1) throw new StepFailed('--cuts is a number of cuts');
  await setup('tests');
  await provideSystemPackages({
    names: ['user-mode-linux', 'busybox-static', 'patchelf', 'e2fsprogs', 'xfsprogs'],
    purpose: 'power cuts',
    without: 'there is no power to cut',
  });
  /** @type {{ chooseKernel(): Promise<void> }} */
  const { chooseKernel } = await compiled('second-kernel', 'index.js');
  await chooseKernel().catch((error) => {
    throw new StepFailed(`there is no power to cut: ${error.message}`);
  });
  /** @type {PowerCuts} */
  const tests = await compiled('power-cut', 'cuts.js');
  const settings = `durability = "${values.durability}"`;
  const totals = await Promise.all(tests.formats.map((format) => cutAll(tests, { format, cuts, settings })));
  for (const total of totals) process.stdout.write(`${JSON.stringify(total)}\n`);
  say(`took ${seconds(start)}`);
  return totals.some(({ complaints }) => complaints > 0) ? 1 : 0;
});
