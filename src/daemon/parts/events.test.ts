import assert from 'node:assert/strict';
import { it } from 'node:test';
import { startPlugins } from '../../plugins/index.js';
import { createLogger } from '../logging/logger.js';
import { eventPlugin } from './events.js';
import { pluginTypes } from './plugin-types.js';

it('logs a malformed regular expression of a subscription, once, and subscribes', async () => {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const logger = createLogger({ level: 'info', format: 'json', destination });
  await using plugins = await startPlugins([eventPlugin], { root: '/', state: '/', configOf: () => ({ logger }) });
  const events = plugins.single(pluginTypes.event);
  events.subscribe(['topic~="("']);
  events.subscribe(['topic~="^/snapshot/"']);
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /"level":"warn","time":".*","expression":"\(","reason":".+"/);
});
