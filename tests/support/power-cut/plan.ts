/** What the program inside is told; passed as JSON. */
export interface Plan {
  /** What is on the first disk. */
  readonly format: 'ext4' | 'xfs';
  /** Where its report and the journals go. */
  readonly share: string;
  /** How many cuts there were before; part of all names. */
  readonly generation: number;
  /** How many callers put the daemon under load; with none it only reports. */
  readonly callers: number;
  /** Lines of the configuration of the daemon. */
  readonly settings: string;
}

/** The name of the file with what was found on the disk. */
export const reportName = 'report.json';

/** The name of the file with what one caller did. */
export function journalName(caller: number): string {
  return `journal-${caller}`;
}
