import { type Finality, leastSettled } from "../../cache/policy.ts";
import type { Instant } from "../../domain/day.ts";
import { type Decimal, formatDecimal, parseDecimal, plus, ZERO } from "../../domain/decimal.ts";
import type { DayRange } from "../../domain/range.ts";
import { GatewayError } from "../../errors.ts";
import type { FileFormat } from "./format.ts";
import { type DaysInState, daysByState, sinceIn } from "./increment.ts";
import { type Chunk, inTurns, type Table, type TableColumn } from "./table.ts";

/** How far a file has got, as JSON: with the bytes so far it is all that is needed to go on. */
export interface Mark {
  /** Where the table goes on; null: not begun, or whole. */
  readonly next: string | null;
  readonly isComplete: boolean;
  readonly rows: number;
  readonly bytes: number;
  /** State with which the writer of the format continues after the bytes; null: it needs none. */
  readonly writer: string | null;
  /** Exact sums of the columns that are amounts. */
  readonly totals: Readonly<Record<string, string>>;
  readonly organization: string | null;
  readonly source: string | null;
  readonly range: DayRange | null;
  /** The least settled so far; null: there was nothing yet. */
  readonly state: Finality | null;
  readonly refreshedAt: Instant | null;
  /** As of when the figures that can still change are, the oldest of them; while all are final, the newest. */
  readonly asOf: Instant | null;
  readonly stale: boolean;
  /** Of the last rows that can still change: which must go on in the same export, and which one that is. */
  readonly window: string | null;
  readonly windowRefreshedAt: Instant | null;
}

export const START: Mark = {
  next: null,
  isComplete: false,
  rows: 0,
  bytes: 0,
  writer: null,
  totals: {},
  organization: null,
  source: null,
  range: null,
  state: null,
  refreshedAt: null,
  asOf: null,
  stale: false,
  window: null,
  windowRefreshedAt: null,
};

/** Bytes that go to the file, and how far it is with them. */
export interface Piece {
  readonly bytes: Uint8Array;
  readonly mark: Mark;
  readonly done: number | null;
}

/**
 * A table as the bytes of a file, from its beginning or from a mark. The next piece is made when it is requested; it has the rows of as
 * many chunks as the format wants at once. Where figures were refreshed under it, CURSOR_EXPIRED says that what is written of figures
 * that can still move does not fit what would follow.
 */
export async function* piecesOf(
  table: Table,
  format: FileFormat,
  from: Mark = START,
): AsyncGenerator<Piece, void, void> {
  const { columns } = table;
  const writer = await format.open(columns, from);
  let mark = from;
  for await (const chunk of table.chunks(from.next)) {
    let { totals } = mark;
    for await (const rows of inTurns(chunk.rows)) {
      writer.write(rows);
      totals = added(totals, rows, columns);
    }
    const bytes = chunk.next === null ? writer.end() : writer.take();
    mark = after(mark, chunk, { totals, bytes: bytes?.length ?? 0, writer: writer.state });
    if (bytes !== null) yield { bytes, mark, done: chunk.done };
  }
}

function after(
  mark: Mark,
  { rows, next, about, window }: Chunk,
  { totals, bytes, writer }: Pick<Mark, "totals" | "bytes" | "writer">,
): Mark {
  const moves = about.state !== null && about.state !== "FINAL";
  if (moves && window !== null && window === mark.window && about.refreshedAt !== mark.windowRefreshedAt)
    throw new GatewayError(
      "CURSOR_EXPIRED",
      `Upstream refreshed the figures of ${window} while they were read; retry.`,
    );
  const states = [mark.state, about.state].filter((state) => state !== null);
  const moving = moves ? [mark.refreshedAt, about.refreshedAt].filter((at) => at !== null) : [];
  return {
    next,
    isComplete: next === null,
    rows: mark.rows + rows.length,
    bytes: mark.bytes + bytes,
    writer,
    totals,
    organization: about.organization,
    source: about.source,
    range: about.range,
    state: states.length === 0 ? null : leastSettled(states),
    refreshedAt: moving.length === 0 ? mark.refreshedAt : Math.min(...moving),
    asOf: asOfBoth(mark, about),
    stale: mark.stale || about.stale,
    window: moves ? window : mark.window,
    windowRefreshedAt: moves ? about.refreshedAt : mark.windowRefreshedAt,
  };
}

/** A final figure stays as it is, so that only others say how far back a later export has to reach. */
function asOfBoth(mark: Aged, about: Aged): Instant | null {
  const aged = [mark, about].filter(({ state }) => state !== null);
  const moving = aged.filter(({ state }) => state !== "FINAL");
  if (moving.length > 0) return Math.min(...moving.map(({ asOf }) => asOf ?? 0));
  return aged.length === 0 ? null : Math.max(...aged.map(({ asOf }) => asOf ?? 0));
}

type Aged = Pick<Mark, "state" | "asOf">;

function added(totals: Mark["totals"], rows: Chunk["rows"], columns: readonly TableColumn[]): Mark["totals"] {
  const sums = columns.flatMap(({ name, kind }, i) => {
    if (kind !== "amount") return [];
    let sum = decimal(totals[name] ?? null);
    for (const row of rows) sum = plus(sum, decimal(row[i] ?? null));
    return [[name, formatDecimal(sum)] as const];
  });
  return Object.fromEntries(sums);
}

function decimal(text: unknown): Decimal {
  return typeof text === "string" ? (parseDecimal(text) ?? ZERO) : ZERO;
}

/** Metadata of a file: its reader can check that it is complete and how old its figures are. */
export interface Manifest {
  readonly export: string;
  readonly parameters: string;
  readonly columns: readonly string[];
  readonly rows: number;
  readonly totals: Mark["totals"];
  /** Organization of the figures; null: there was nothing yet. */
  readonly organization: string | null;
  readonly source: string | null;
  readonly range: DayRange | null;
  readonly state: Finality | null;
  readonly refreshedAt: string | null;
  readonly stale: boolean;
  /** Days of a file by day, oldest first, each with its state. The rows of the file replace those of all these days. */
  readonly days?: readonly DaysInState[];
  /** The parameter `since` for the next file of the same days. */
  readonly nextSince?: string;
  readonly bytes: number;
  readonly sha256: string;
}

interface Written {
  readonly name: string;
  readonly parameters: URLSearchParams;
  readonly table: Table;
}

/** About the rows: `sha256` is the checksum of their bytes, with the first line of a CSV file. */
export function manifestOf({ name, parameters, table }: Written, mark: Mark, sha256: string): Manifest {
  const { rows, totals, organization, source, range, state, refreshedAt, asOf, stale, bytes } = mark;
  const since = asOf ?? sinceIn(parameters) ?? 0;
  return {
    export: name,
    parameters: parameters.toString(),
    columns: table.columns.map((column) => column.name),
    rows,
    totals,
    organization,
    source,
    range,
    state,
    refreshedAt: refreshedAt === null ? null : new Date(refreshedAt).toISOString(),
    stale,
    ...(table.isByDay && { days: daysByState(range, asOf), nextSince: new Date(since).toISOString() }),
    bytes,
    sha256,
  };
}
