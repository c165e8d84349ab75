import type { Table } from "./table.ts";

/** How long a run measures. */
export interface Options {
  /** Of each measurement, after its warm-up. */
  readonly seconds: number;
  /** Folder for files of the run, removed at its end. */
  readonly folder: string;
  /** The questions of the query library, by the beginnings of their names; empty for all. */
  readonly questions: readonly string[];
}

/** Measures one subject and gives each table as soon as it is there. */
export type Subject = (options: Options) => AsyncGenerator<Table>;
