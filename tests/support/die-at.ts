import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { FaultPoint, FaultPoints } from '../../src/base/index.js';

/** Ends this process by SIGKILL when it passes a point. */
export function dieAt(point: string): FaultPoints {
  return {
    reach: (passed: FaultPoint) => {
      if (passed === point) process.kill(process.pid, 'SIGKILL');
    },
  };
}

/** Runs a program of a test with arguments, to its end. @returns the signal that ended it, or its status. */
export async function endOf(program: string, args: readonly string[]): Promise<NodeJS.Signals | number> {
  const child = spawn(process.execPath, ['--enable-source-maps', program, ...args], { stdio: 'inherit' });
  const [status, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return signal ?? status ?? -1;
}
