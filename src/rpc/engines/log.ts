/** Where the service reports errors that callers do not see. A pino logger is one. */
export interface ServiceLog {
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}
