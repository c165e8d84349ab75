/** Lines of a log by name. */
export type LogLines = ReadonlyMap<string, Uint8Array>;

/**
 * Keeps what a process has seen and cannot fetch again. The lines of a log are added together and never changed; the writer also drops the
 * oldest, so that a log stays bounded. Logs hold no name or address of a person.
 */
export interface Logs {
  /** Adds all lines or none of them. A line that is there stays. */
  append(log: string, lines: LogLines): Promise<void>;
  /** The names of the lines of a log, in no order. */
  names(log: string): Promise<readonly string[]>;
  /** The lines with these names; those that are missing are left out. */
  read(log: string, names: readonly string[]): Promise<LogLines>;
  drop(log: string, names: readonly string[]): Promise<void>;
}
