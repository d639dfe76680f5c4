import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { mountLine, shellWord } from './mount-line.js';

describe('a word for the shell', () => {
  it('is bare where it can be', () => {
    for (const word of ['overlay', '/s/1/fs', 'lowerdir=/a:/b,ro', 'a_b@c%d+e']) assert.equal(shellWord(word), word);
  });

  const hard = [
    '',
    ' ',
    'a b',
    "it's",
    '"',
    '$HOME',
    '`id`',
    '\\',
    '*',
    '~',
    '!',
    'a\nb',
    '\t',
    'größe',
    '\u202e',
    '#',
    ';',
  ];

  it('is the same word to bash, whatever is in it', () => {
    const line = hard.map(shellWord).join(' ');
    const read = execFileSync('bash', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' });
    assert.deepEqual(read.split('\0').slice(0, -1), hard);
  });

  it('holds no character that a terminal obeys', () => {
    for (const word of hard) assert.match(shellWord(word), /^[^\p{Cc}\p{Cf}]*$/u);
  });
});

describe('the command line of a mount', () => {
  const mount = { type: 'overlay', source: 'overlay', target: '', options: ['index=off', 'lowerdir=/s/2/fs:/s/1/fs'] };

  it('has everything that mount(8) needs', () => {
    assert.equal(mountLine(mount, '/mnt'), 'mount -t overlay overlay /mnt -o index=off,lowerdir=/s/2/fs:/s/1/fs');
  });

  it('mounts below the directory where the mount says so', () => {
    assert.equal(
      mountLine({ ...mount, target: '/lower/1', options: [] }, '/mnt/'),
      'mount -t overlay overlay /mnt/lower/1',
    );
  });

  it('quotes a directory with blanks', () => {
    assert.equal(mountLine({ ...mount, options: [] }, '/my dir'), "mount -t overlay overlay '/my dir'");
  });
});
