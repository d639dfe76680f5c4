import { createEventExchange, type EventExchange } from '../../events/index.js';
import { definePlugin } from '../../plugins/index.js';
import { readPayload } from '../../rpc/services/index.js';
import type { Logger } from '../logging/logger.js';
import { pluginTypes } from './plugin-types.js';

/** The exchange of events. */
export const eventPlugin = definePlugin<EventExchange, { readonly logger: Logger }>({
  type: pluginTypes.event,
  id: 'exchange',
  init: ({ config: { logger } }) =>
    createEventExchange({
      readPayload,
      onBadExpression: ({ expression, reason }) =>
        logger.warn({ expression, reason }, 'a subscription has a malformed regular expression, which matches nothing'),
    }),
  stop: (exchange) => exchange.close(),
});
