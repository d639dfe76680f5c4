import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { bootOnce } from './choice.js';
import { firstThatBoots, type KernelSource } from './kernels.js';
import { standardModules } from './standard.js';

const panic = 'Kernel panic - not syncing: ptrace set fp regs failed, errno = 14';

/** A program that has all modules, and does what a kernel does that is too old for its processor. */
function panickingKernel(t: TestContext): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'strata-kernel-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const modules = path.join(directory, 'lib', 'uml', 'modules', '6.1.0');
  mkdirSync(modules, { recursive: true });
  writeFileSync(path.join(modules, 'modules.dep'), '');
  writeFileSync(path.join(modules, 'modules.builtin'), standardModules.map((name) => `kernel/${name}.ko\n`).join(''));
  const program = path.join(directory, 'bin', 'linux.uml');
  mkdirSync(path.dirname(program));
  const script = `#!/bin/sh\nif [ "$1" = --version ]; then echo 6.1.0; else echo 'Run /init'; echo '${panic}'; exit 1; fi\n`;
  writeFileSync(program, script, { mode: 0o755 });
  return program;
}

function source(title: string, program: string | Error): KernelSource {
  return { title, program: () => (program instanceof Error ? Promise.reject(program) : Promise.resolve(program)) };
}

describe('the choice of a kernel', () => {
  it('takes the first that boots', async (t) => {
    const [old, later, latest] = [panickingKernel(t), '/newer/linux.uml', '/newest/linux.uml'];
    const tried: string[] = [];
    const boots = (program: string) => {
      tried.push(program);
      return program === old ? bootOnce(program) : Promise.resolve();
    };
    const sources = [source('old', old), source('newer', later), source('newest', latest)];
    assert.equal(await firstThatBoots(sources, boots), later);
    assert.deepEqual(tried, [old, later]);
  });

  it('says of each kernel why it is of no use', async (t) => {
    const sources = [source('old', panickingKernel(t)), source('newer', new Error('cannot be fetched: no network'))];
    await assert.rejects(firstThatBoots(sources, bootOnce), {
      message: `old: ${panic}; newer: cannot be fetched: no network`,
    });
  });

  it('says which module a kernel lacks', async (t) => {
    const program = panickingKernel(t);
    writeFileSync(path.join(path.dirname(program), '../lib/uml/modules/6.1.0/modules.builtin'), '');
    await assert.rejects(bootOnce(program), { message: `it has no module ${standardModules[0]}` });
  });
});
