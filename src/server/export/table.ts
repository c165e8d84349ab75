import type { GraphQLSchema } from "graphql";
import type { Finality } from "../../cache/policy.ts";
import type { Context } from "../../context.ts";
import type { Instant } from "../../domain/day.ts";
import type { DayRange } from "../../domain/range.ts";
import type { Viewer } from "../../domain/viewer.ts";
import type { ReadOptions } from "../../upstream/budget/operation.ts";

/** Value of a cell. An amount is its decimal text; a list or an object is written as JSON. */
export type CellValue = string | number | boolean | object | null;

/** Names are those of the file's first line. Amounts are exact decimals, and are added up. */
export interface TableColumn {
  readonly name: string;
  readonly kind: "text" | "number" | "amount";
}

/** What a piece of a table says of its figures. */
export interface About {
  /** Whose figures they are, by name. */
  readonly organization: string;
  /** The dataset they come from. */
  readonly source: string;
  /** The days the whole table is about; null where it is about none. */
  readonly range: DayRange | null;
  /** Null: there are none in it. */
  readonly state: Finality | null;
  /** When upstream exported them, the oldest export that can still change; null where it does not say. */
  readonly refreshedAt: Instant | null;
  readonly stale: boolean;
}

/** Rows in one piece, and where the next one begins. */
export interface Chunk {
  readonly rows: readonly (readonly CellValue[])[];
  /** What `chunks` goes on from after these rows; null where they are the last. */
  readonly next: string | null;
  readonly about: About;
  /** Chunks of one window that can still change must be of one export; null: that is seen to otherwise. */
  readonly window: string | null;
  /** How much of the table is told with them, 0 to 1; null where that is not known. */
  readonly done: number | null;
}

/** Something to take away, row by row; there is always a last chunk, if an empty one. */
export interface Table {
  readonly columns: readonly TableColumn[];
  /** In order, from the first row or from where an earlier walk left off. */
  chunks(from: string | null): AsyncGenerator<Chunk, void, void>;
}

/** What tables are read with: new operations, all of them at one moment. */
export interface Reader {
  readonly viewer: Viewer;
  context(options: ReadOptions): Context;
  /** Names that the caller may learn; null: none. */
  readonly told: GraphQLSchema | null;
  /** Told of faults that the one who asks sees only as INTERNAL_SERVER_ERROR. */
  readonly onFault: (fault: unknown) => void;
}
