// Our Go programs, compiled against the sources that Debian ships.
import { mkdirSync } from 'node:fs';
import { at } from '../../scripts/lib/project.mjs';
import { run, StepFailed } from '../../scripts/lib/run.mjs';

const directory = at('build', 'go');

/** Where each is: one asks, the other serves containerd's overlayfs behind a socket. */
export const programs = { load: at('build', 'go', 'bench-load'), peer: at('build', 'go', 'bench-peer') };

/** Compiles them; quick when nothing changed. @throws {StepFailed} */
export async function compilePrograms() {
  mkdirSync(directory, { recursive: true });
  // Debian's Go packages are sources in one tree, without modules.
  const env = { GO111MODULE: 'off', GOPATH: '/usr/share/gocode', GOFLAGS: '', GOCACHE: at('build', 'go', 'cache') };
  for (const [name, program] of Object.entries(programs)) {
    const status = await run('go', ['build', '-o', program, `./bench/${name}`], { env, output: 'stderr' });
    if (status !== 0) throw new StepFailed(`bench/${name} does not compile; go says above why`);
  }
}
