import { createEventExchange, type EventExchange } from '../../events/index.js';
import { definePlugin } from '../../plugins/index.js';
import { readPayload } from '../../services/index.js';
import { pluginTypes } from '../plugin-types.js';

/** The exchange of events. */
export const eventPlugin = definePlugin<EventExchange>({
  type: pluginTypes.event,
  id: 'exchange',
  init: () => createEventExchange({ readPayload }),
  stop: (exchange) => exchange.close(),
});
