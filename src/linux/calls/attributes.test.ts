import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { copyAttributes, getAttribute, listAttributes, setAttribute } from './attributes.js';

describe('attributes', { skip: process.geteuid?.() !== 0 && 'needs root' }, () => {
  it('are bytes, of any length, and of links themselves', (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'strata-attributes-'));
    t.after(() => rmSync(directory, { recursive: true }));
    const [file, link, copy] = [join(directory, 'file'), join(directory, 'link'), join(directory, 'copy')];
    writeFileSync(file, '');
    writeFileSync(copy, '');
    symlinkSync('file', link);
    const value = Buffer.from(Array.from({ length: 600 }, (_, n) => n % 256));
    setAttribute(file, 'trusted.one', value);
    setAttribute(file, 'trusted.empty', Buffer.alloc(0));
    setAttribute(link, 'trusted.link', Buffer.from('of the link'));
    assert.deepEqual(getAttribute(file, 'trusted.one'), value);
    assert.deepEqual(getAttribute(file, 'trusted.empty'), Buffer.alloc(0));
    assert.equal(getAttribute(file, 'trusted.link'), undefined);
    assert.equal(String(getAttribute(link, 'trusted.link')), 'of the link');
    copyAttributes(file, copy);
    const names = (path: string) =>
      listAttributes(path)
        .map(String)
        .filter((name) => name.startsWith('trusted.'))
        .sort();
    assert.deepEqual(names(copy), ['trusted.empty', 'trusted.one']);
    assert.throws(() => getAttribute(join(directory, 'missing'), 'trusted.one'), { code: 'ENOENT' });
  });
});
