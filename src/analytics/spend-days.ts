import { type Finality, leastSettled } from "../cache/policy.ts";
import type { ReportRow } from "../domain/bucket.ts";
import { addDays, type Day, dayOf, daysBetween, earlier, type Instant } from "../domain/day.ts";
import { groupedInPieces, inPieces } from "../domain/pieces.ts";
import type { DayRange } from "../domain/range.ts";
import { GatewayError } from "../errors.ts";
import { collect, type PageRun } from "../upstream/pages/iterate.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { oldest } from "./freshness.ts";
import type { Algebra } from "./ranking.ts";
import type { ReportPlan } from "./report/plan.ts";
import { rowsOfReport } from "./report/read.ts";
import { Cells } from "./spend-cells.ts";

/** Figures of a report for one day. */
export interface ReportDay<Measure> {
  readonly day: Day;
  readonly cells: Cells<Measure>;
  readonly state: Finality;
  /** When upstream exported it; null where it does not say. */
  readonly refreshedAt: Instant | null;
  /** Instant that the figures are as of; null where upstream has not exported the day yet. */
  readonly asOf: Instant | null;
}

export type ReportDays<Measure> = AsyncGenerator<ReportDay<Measure>, void, void>;

/**
 * Yields a page run in order of time as one item per day, without empty days. A window that is refreshed while it is read is
 * read again: its final days stay as yielded; otherwise reading ends with CURSOR_EXPIRED.
 */
export async function* daysOf<Measure>(
  run: PageRun<ReportRow<Measure>>,
  algebra: Algebra<Measure>,
): ReportDays<Measure> {
  let held = null as (ReportDay<Measure> & InWindow) | null;
  let given = null as InWindow | null;
  let rereads = false;
  for await (const { window, restarted, rows, state, watermark: refreshedAt, asOf } of run(null)) {
    if (restarted) {
      if (given?.window === window && state !== "FINAL") throw refreshed(given.day);
      if (held?.window === window) held = null;
      rereads = true;
    }
    for (const row of rows) {
      const day = dayOf(row.from);
      if (rereads && given !== null && day <= given.day) continue;
      const newest = held?.day ?? given?.day ?? day;
      if (day < newest)
        throw new GatewayError("UPSTREAM_SHAPE", `The report returned ${day} after ${newest}.`);
      if (held !== null && held.day !== day) {
        yield held;
        given = { day: held.day, window: held.window };
        held = null;
      }
      held ??= { day, cells: new Cells(algebra), state, refreshedAt, asOf, window };
      held.cells.add(row);
    }
  }
  if (held !== null) yield held;
}

interface InWindow {
  readonly day: Day;
  readonly window: number;
}

function refreshed(day: Day): GatewayError {
  return new GatewayError(
    "CURSOR_EXPIRED",
    `Upstream refreshed figures that are not final while they were read, after ${day}; retry.`,
  );
}

/** The most rows of a report by person that are held at once. */
const HELD_ROWS = 50_000;

/**
 * Yields the days of a report that is not in order of time. A window is held in memory at once: windows begin with one day and
 * double, up to the end of a month, while their rows are surely few enough.
 */
export async function* gatheredDays<Measure>(
  upstream: Upstream,
  plan: ReportPlan<Measure>,
  months: readonly DayRange[],
): ReportDays<Measure> {
  let length = 1;
  for (const month of months) {
    for (let from = month.from; from < month.until; ) {
      const window = { from, until: earlier(addDays(from, length), month.until) };
      const { rows, sources } = await collect(rowsOfReport(upstream, plan, [window]));
      const state = leastSettled(sources.map((source) => source.state));
      const refreshedAt = sources[0]?.watermark ?? null;
      const asOf = oldest(sources.map((source) => source.asOf));
      const days = await groupedInPieces(rows, upstream.turn, (row) => dayOf(row.from));
      for (const day of [...days.keys()].sort()) {
        const cells = new Cells(plan.algebra);
        await inPieces(days.get(day) ?? [], upstream.turn, (row) => cells.add(row));
        yield { day, cells, state, refreshedAt, asOf };
      }
      const isLong = daysBetween(window.from, window.until) === length;
      if (rows.length > HELD_ROWS) length = Math.max(1, Math.floor(length / 2));
      else if (isLong && rows.length * 2 <= HELD_ROWS) length = Math.min(31, length * 2);
      from = window.until;
    }
  }
}

/** The days of a report, of which the next one can be looked at before it is taken. */
export class Days<Measure> {
  readonly #days: ReportDays<Measure>;
  #next: ReportDay<Measure> | null | undefined;

  constructor(days: ReportDays<Measure>) {
    this.#days = days;
  }

  /** The next day there is; null at the end. */
  async next(): Promise<Day | null> {
    if (this.#next === undefined) this.#next = (await this.#days.next()).value ?? null;
    return this.#next?.day ?? null;
  }

  /** Returns the figures of this day, if it is the next one. */
  take(day: Day): ReportDay<Measure> | null {
    if (this.#next?.day !== day) return null;
    const taken = this.#next;
    this.#next = undefined;
    return taken;
  }

  async close(): Promise<void> {
    await this.#days.return();
  }
}
