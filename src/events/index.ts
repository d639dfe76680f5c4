export type { PayloadReader } from './envelope-fields.js';
export type { AnyMessage, Envelope, EventPublisher, Timestamp } from './event.js';
export {
  createEventExchange,
  type EventExchange,
  type EventExchangeOptions,
  type ExchangeCounters,
} from './exchange.js';
export type { Subscription } from './subscription.js';
export { validateTopic } from './validate.js';
