import { setImmediate } from "node:timers/promises";
import type { GraphQLSchema } from "graphql";
import type { Finality } from "../../cache/policy.ts";
import type { Context } from "../../context.ts";
import type { Instant } from "../../domain/day.ts";
import type { DayRange } from "../../domain/range.ts";
import type { Viewer } from "../../domain/viewer.ts";
import type { ReadOptions } from "../../upstream/budget/operation.ts";

/** Value of a cell. A decimal, a date and an instant are texts; a list or an object is written as JSON. */
export type CellValue = string | number | boolean | object | null;

/** Kind of a column's values. A decimal is exact; an amount is a decimal that is added up. */
export type CellKind = "text" | "boolean" | "date" | "instant" | "count" | "decimal" | "amount" | "float";

/** A column by its name in the file. */
export interface TableColumn {
  readonly name: string;
  readonly kind: CellKind;
}

const NUMERIC: readonly CellKind[] = ["count", "decimal", "amount", "float"];

export function isNumeric(kind: CellKind): boolean {
  return NUMERIC.includes(kind);
}

/** State of the figures in a chunk of a table. */
export interface About {
  /** Name of the organization that the figures are of. */
  readonly organization: string;
  /** The dataset they come from; null where none was read. */
  readonly source: string | null;
  /** The days the whole table is about; null where it is about none. */
  readonly range: DayRange | null;
  /** Null: there are none in it. */
  readonly state: Finality | null;
  /** When upstream exported them, the oldest export that can still change; null where it does not say. */
  readonly refreshedAt: Instant | null;
  /** Instant that the figures are as of; null where the source does not say. */
  readonly asOf: Instant | null;
  readonly stale: boolean;
}

/** Rows in one piece, and where the next one begins. */
export interface Chunk {
  readonly rows: readonly (readonly CellValue[])[];
  /** The place that `chunks` continues from after these rows; null where they are the last. */
  readonly next: string | null;
  readonly about: About;
  /** Chunks of one window that can still change must be of one export; null: that is seen to otherwise. */
  readonly window: string | null;
  /** Share of the table up to these rows, 0 to 1; null where it is unknown. */
  readonly done: number | null;
}

/** Something to take away, row by row; there is always a last chunk, if an empty one. */
export interface Table {
  readonly columns: readonly TableColumn[];
  /** True if its rows are by day, so that a day can be replaced; days can become final one by one. */
  readonly isByDay: boolean;
  /** Chunks in order, from the first row or from the place where an earlier run ended. */
  chunks(from: string | null): AsyncGenerator<Chunk, void, void>;
}

/** Contexts and names that tables are read with: new operations, all at one moment. */
export interface Reader {
  readonly viewer: Viewer;
  context(options: ReadOptions): Context;
  /** Names that the caller may learn; null: none. */
  readonly visible: GraphQLSchema | null;
  /** Receives faults that the caller sees only as INTERNAL_SERVER_ERROR. */
  readonly onFault: (fault: unknown) => void;
}

/** Even rows of a hundred columns take a few milliseconds. */
const ROWS_A_TURN = 500;

/** Yields rows in parts, at least one, and lets other work in between: a day of a large organization has a hundred thousand. */
export async function* inTurns<Row>(rows: readonly Row[]): AsyncGenerator<readonly Row[], void, void> {
  for (let begin = 0; begin === 0 || begin < rows.length; begin += ROWS_A_TURN) {
    if (begin > 0) await setImmediate();
    yield rows.slice(begin, begin + ROWS_A_TURN);
  }
}
