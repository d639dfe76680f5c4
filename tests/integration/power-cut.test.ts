/** What was answered is there after the power is cut. */
import assert from 'node:assert/strict';
import { formats, powerCuts } from '../support/power-cut/cuts.js';
import { scenario } from '../support/scenario.js';

const needs = ['second-kernel'] as const;

scenario('power cuts', { needs }, async (running) => {
  const directory = await running.directory();
  const runs = formats.map(async (format) => [format, await powerCuts({ directory, format, cuts: 5 })] as const);
  for (const [format, { complaints, calls, layers, interrupted }] of await Promise.all(runs)) {
    await running.step(`on ${format} everything that was answered is there`, () => {
      assert.deepEqual(complaints, []);
    });
    await running.step(`on ${format} there was something to lose, and calls were under way`, () => {
      assert.ok(calls > 0 && layers > 0 && interrupted > 0);
    });
  }
});

scenario('power cuts without durability are noticed', { needs }, async (running) => {
  const directory = await running.directory();
  const cut = async (format: (typeof formats)[number], durability: string) => {
    const settings = `durability = "${durability}"`;
    return (await powerCuts({ directory, format, cuts: 1, settings })).complaints;
  };
  const [records, files] = await Promise.all([cut('xfs', 'none'), cut('ext4', 'metadata')]);
  await running.step('records are lost with `none`', () => {
    assert.ok(records.some((complaint) => complaint.endsWith('is lost')));
  });
  await running.step('the files of layers are lost with `metadata`, but no record', () => {
    const about = (pattern: RegExp) => files.filter((complaint) => pattern.test(complaint));
    assert.ok(about(/the (digest|files) of committed/).length > 0);
    assert.deepEqual(about(/is lost$/), []);
  });
});
