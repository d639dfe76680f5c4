/**
 * The daemon that the torture kills: an ordinary one that ends itself by SIGKILL at a fault point.
 *
 *     node daemon.js <configuration file> [<point> <count> start|later]
 *
 * The count says at which passing of the point it dies. With `later` passings count only after a line has come on
 * standard input. It says on standard error where it dies, since whoever starts it sees only the signal.
 */
import { writeSync } from 'node:fs';
import type { FaultPoint, FaultPoints } from '../../src/base/index.js';
import { resolveConfig, runDaemon } from '../../src/daemon/index.js';

const [file = '', point = '', count = '0', from = 'start'] = process.argv.slice(2);

/** Ends the process when one point is passed so many times. */
class Executioner implements FaultPoints {
  #armed = from === 'start';
  #left = Number(count);

  arm(): void {
    this.#armed = true;
  }

  reach(passed: FaultPoint): void {
    if (!this.#armed || passed !== point || --this.#left > 0) return;
    writeSync(2, `died at ${passed}\n`);
    process.kill(process.pid, 'SIGKILL');
  }
}

const faults = new Executioner();
process.stdin.on('data', () => faults.arm());
process.stdin.unref?.();
const config = await resolveConfig({ file });
process.exitCode = await runDaemon(config, {
  faults,
  onListening: () => process.stdout.write('listening\n'),
});
