/** Told about failures that no caller waits for. */
export interface BackgroundErrors {
  /** @param task What was being done, for a log line. */
  report(task: string, error: unknown): void;
  /** Of how many snapshots there are files that could not be deleted yet, when that may have changed. */
  undeleted?(count: number): void;
}

/** For callers who do not want to know. */
export const silentErrors: BackgroundErrors = { report: () => undefined };
