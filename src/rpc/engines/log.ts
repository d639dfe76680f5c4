/** Where the service reports what callers do not get to see. A pino logger is one. */
export interface ServiceLog {
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}
