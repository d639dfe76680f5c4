import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeChecker } from '../../../tests/support/fake-checker.js';
import { temporaryStore } from '../../../tests/support/store.js';
import { defaultConfig } from '../config/index.js';
import { liveSubject } from './live-subject.js';

describe('liveSubject', () => {
  it('has the snapshotters that are open, with what looks at their files and knows what they are doing', async () => {
    await using temporary = await temporaryStore();
    const files = new FakeChecker();
    const snapshotters = new Map([
      [
        'overlayfs',
        { checker: files, isBusy: (id: string) => id === '7', whyUndeleted: (id: string) => `${id} is busy` },
      ],
      ['zfs', { checker: undefined, isBusy: () => false, whyUndeleted: () => undefined }],
    ]);
    const { store } = temporary;
    const subject = liveSubject({ config: { ...defaultConfig(), root: '/r' }, store, snapshotters });
    assert.deepEqual([subject.store, subject.live], [store, true]);
    assert.deepEqual(
      subject.snapshotters.map((one) => [
        one.name,
        one.files,
        one.isBusy('7'),
        one.isBusy('8'),
        one.whyUndeleted?.('7'),
      ]),
      [
        ['overlayfs', files, true, false, '7 is busy'],
        ['zfs', undefined, false, false, undefined],
      ],
    );
    assert.equal(subject.lostAndFound('overlayfs'), '/r/lost+found');
  });
});
