/** Configuration files: any text gives a configuration, or InvalidArgument with the place of what is wrong. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { defaultConfig, renderToml, resolveConfig } from '../../src/daemon/index.js';
import { InvalidArgumentError } from '../../src/index.js';
import type { Random } from '../support/random.js';
import { anyText, damaged } from './bytes.js';
import type { Fuzzed, FuzzTarget } from './target.js';

/** The target. */
export const configurations: FuzzTarget = {
  name: 'configurations',
  attempts: 600,
  open: async (directory) => new Configurations(path.join(directory, 'config.toml')),
};

const oddValues = [
  '1',
  '-1',
  '1e400',
  'nan',
  '0x10',
  '9223372036854775808',
  '"x"',
  '[]',
  '{}',
  'true',
  '1979-05-27',
  "'''\n'''",
];

class Configurations implements Fuzzed {
  readonly #file: string;
  readonly #sound = renderToml(defaultConfig(), { comments: false });

  constructor(file: string) {
    this.#file = file;
  }

  async attempt(random: Random): Promise<void> {
    const text = this.#anyConfiguration(random);
    await writeFile(this.#file, text);
    try {
      assert.equal(typeof (await resolveConfig({ file: this.#file })).root, 'string');
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw new Error(JSON.stringify(text), { cause: error });
      assert.match(
        error.message,
        /config\.toml:\d+/,
        `${error.message} does not say where, of ${JSON.stringify(text)}`,
      );
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #anyConfiguration(random: Random): string {
    switch (random.below(4)) {
      case 0:
        return anyText(random, 200);
      case 1:
        return this.#sound.replaceAll(/= .*$/gm, (line) => (random.chance(0.1) ? `= ${random.pick(oddValues)}` : line));
      case 2: {
        const lines = this.#sound.split('\n');
        return lines
          .filter(() => random.chance(0.8))
          .sort(() => random.next() - 0.5)
          .join('\n');
      }
      default:
        return damaged(random, Buffer.from(this.#sound)).toString();
    }
  }
}
