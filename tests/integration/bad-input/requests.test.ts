/** What clients get for requests that are wrong, and that nothing of them stays behind. */
import assert from 'node:assert/strict';
import { message } from '../../support/protobuf.js';
import { scenario } from '../../support/scenario.js';
import { codes } from '../../support/wire.js';
import { Bench } from './bench.js';
import { commitCases } from './commit.js';
import { creationCases, keyCases } from './creation.js';
import { serviceCases } from './every-method.js';
import { missingPartCases, otherCases } from './others.js';

scenario('requests that are wrong', {}, async (running) => {
  const bench = await Bench.start(running);
  await bench.steps(serviceCases);
  await bench.steps(keyCases);
  await bench.steps(creationCases);
  await bench.steps(commitCases);
  await bench.steps(otherCases);
  await bench.steps(missingPartCases);
  await bench.step('a method that does not exist', async () => {
    const answer = await bench.wire.call('/containerd.services.snapshots.v1.Snapshots/Nosuch', message());
    assert.equal(answer.code, codes.unimplemented);
  });
});
