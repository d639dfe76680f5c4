import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { checkout } from './paths.js';
import { mustRun, run } from './run.js';

/** What became of one case of the suite. */
export interface GoOutcome {
  readonly name: string;
  readonly outcome: 'pass' | 'fail' | 'skip';
  /** What the case printed. */
  readonly output: string;
}

/** Which daemon the suite is run against, and how. */
export interface GoTarget {
  readonly address: string;
  readonly snapshotter: string;
  /** Whether the calls carry a namespace. */
  readonly namespaced: boolean;
}

/** Go's names of the tests in tests/go. */
export type GoTest = 'TestSnapshotter' | 'TestRebase';

interface GoEvent {
  readonly Action: string;
  readonly Test?: string;
  readonly Output?: string;
}

const program = path.join(checkout, 'build', 'go', 'suite.test');

/** Compiles containerd's snapshotter suite, and what else uses its Go packages, against the sources that Debian ships; quick when nothing changed. */
export async function compileGoSuite(): Promise<void> {
  const directory = path.dirname(program);
  await mkdir(directory, { recursive: true });
  await mustRun('go', ['test', '-c', '-o', program, '.'], {
    cwd: path.join(checkout, 'tests', 'go'),
    env: {
      // Debian's Go packages are sources in one tree, without modules.
      GO111MODULE: 'off',
      GOPATH: '/usr/share/gocode',
      GOFLAGS: '',
      GOCACHE: path.join(directory, 'cache'),
    },
    seconds: 600,
  });
}

/** Runs a compiled test against a daemon, one case after the other, since all use the same keys. */
export async function runGoTest(
  test: GoTest,
  { address, snapshotter, namespaced }: GoTarget,
  work: string,
): Promise<GoOutcome[]> {
  const flags = [`-test.run=^${test}$`, '-test.v', '-test.root', '-test.parallel=1', '-test.timeout=10m'];
  const target = [`-address=${address}`, `-snapshotter=${snapshotter}`, `-namespaced=${namespaced}`];
  const { stdout, stderr } = await run(program, [...flags, ...target], { env: { TMPDIR: work }, seconds: 660 });
  const json = await mustRun('go', ['tool', 'test2json'], { input: stdout + stderr, env: { GOFLAGS: '' } });
  return outcomesOf(json.split('\n').filter((line) => line !== ''));
}

/** The end of every case below the one test that holds them, and of that test when a case did not get to run. */
function outcomesOf(lines: readonly string[]): GoOutcome[] {
  const outcomes: GoOutcome[] = [];
  const outputs = new Map<string, string>();
  for (const line of lines) {
    const { Action: action, Test: name = '', Output: output = '' } = parseEvent(line);
    outputs.set(name, (outputs.get(name) ?? '') + output);
    if (action !== 'pass' && action !== 'fail' && action !== 'skip') continue;
    if (name.includes('/')) outcomes.push({ name, outcome: action, output: outputs.get(name) ?? '' });
  }
  return outcomes;
}

function parseEvent(line: string): GoEvent {
  const event: unknown = JSON.parse(line);
  if (typeof event !== 'object' || event === null || !('Action' in event) || typeof event.Action !== 'string') {
    throw new Error(`this is no event of go's test2json: ${line}`);
  }
  return {
    Action: event.Action,
    ...('Test' in event && typeof event.Test === 'string' ? { Test: event.Test } : {}),
    ...('Output' in event && typeof event.Output === 'string' ? { Output: event.Output } : {}),
  };
}

/** The names of the cases, read from the suite's own source, so that none is lost without notice. */
export async function goCases(): Promise<string[]> {
  const source = '/usr/share/gocode/src/github.com/containerd/containerd/snapshots/testsuite/testsuite.go';
  const matches = (await readFile(source, 'utf8')).matchAll(/t\.Run\("(\w+)", makeTest\(/g);
  return [...matches].map((match) => match[1] ?? '');
}
