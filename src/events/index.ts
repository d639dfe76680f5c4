export {
  createEventExchange,
  type EventCounters,
  type EventExchange,
  type EventExchangeOptions,
  type EventPublisher,
  timestampOf,
} from './exchange.js';
export type { Subscription } from './subscription.js';
export { validateTopic } from './topic.js';
export type { AnyMessage, Envelope, Timestamp } from './types.js';
