import { type Finality, finalityOf } from "../../cache/policy.ts";
import { dimensionKey, type ReportRow, type Span } from "../../domain/bucket.ts";
import { addDays, dayOf, type Instant } from "../../domain/day.ts";
import { type DayRange, daysIn } from "../../domain/range.ts";
import type { ReportQuestion } from "../../domain/report.ts";
import { type Collected, collectAll, joined, mapPages, type PageRun } from "../../upstream/pages/iterate.ts";
import type { Upstream } from "../../upstream/upstream.ts";
import { matchesAny } from "../alternatives.ts";
import type { ReportPlan } from "./plan.ts";
import { withRemainders } from "./remainders.ts";
import type { GatewayRow } from "./report.ts";
import { FEW_VALUES } from "./shared-question.ts";
import { readWanted } from "./wanted-days.ts";

/**
 * Reads the rows of a plan page by page: oldest first where there are buckets, and largest first within each. Where a resource does
 * not send its rows in that order, they come in its ranking within each window.
 */
export function pagesOfReport<Measure>(
  upstream: Upstream,
  plan: ReportPlan<Measure>,
  ranges: readonly DayRange[] = plan.windows.ranges,
): PageRun<GatewayRow<Measure>> {
  const windows = ranges.map((range) => ({ run: pagesOfWindow(upstream, plan, range), days: daysIn(range) }));
  return joined(windows, rowsPerDay(plan.question));
}

/** About how many rows a day has at most; infinitely many where any number can be. */
function rowsPerDay({ bucket, groupBy }: ReportQuestion): number {
  if (bucket === "MINUTE" || !groupBy.every((dimension) => FEW_VALUES.has(dimension)))
    return Number.POSITIVE_INFINITY;
  return (bucket === "HOUR" ? 24 : 1) * VALUES_A_DAY ** groupBy.length;
}

/** Values of a dimension with few values on one day. */
const VALUES_A_DAY = 10;

/** Reads the rows of a plan as `pagesOfReport` does. Where upstream has sent all of them, they are those of its pages. */
export function rowsOfReport<Measure>(
  upstream: Upstream,
  plan: ReportPlan<Measure>,
  ranges: readonly DayRange[],
): PageRun<ReportRow<Measure>> {
  const { resource, question } = plan;
  if (resource.hasBuckets || question.any !== undefined) return pagesOfReport(upstream, plan, ranges);
  const windows = ranges.map((range) => ({
    run: readWanted(upstream, plan, [range]),
    days: daysIn(range),
  }));
  return joined(windows, rowsPerDay(question));
}

function pagesOfWindow<Measure>(
  upstream: Upstream,
  plan: ReportPlan<Measure>,
  wanted: DayRange,
): PageRun<GatewayRow<Measure>> {
  const isWanted = matchesAny(plan.question);
  return mapPages(readWanted(upstream, plan, [wanted]), async ({ rows, asOf }) => {
    const { resource, question } = plan;
    const isFinal = finalityOf("money", wanted, asOf) === "FINAL";
    if (isFinal && !resource.hasBuckets && question.any === undefined) return finalRowsOf(rows);
    const stateOf = statesBy(wanted, asOf);
    const { range } = plan.questionFor(wanted);
    const complete = resource.hasBuckets
      ? await withRemainders(upstream, plan, range, rows)
      : rows.map((row) => ({ row, isRemainder: false }));
    return complete.flatMap(({ row, isRemainder }) =>
      isWanted(row) ? [{ ...row, isRemainder, state: stateOf(row) }] : [],
    );
  });
}

/** The rows of final pages as clients see them, by the rows of the page: the same in every answer. */
const finalRows = new WeakMap<readonly ReportRow<unknown>[], readonly GatewayRow<unknown>[]>();

function finalRowsOf<Measure>(rows: readonly ReportRow<Measure>[]): readonly GatewayRow<Measure>[] {
  return finalRows.getOrInsertComputed(rows, () =>
    rows.map((row) => ({ ...row, isRemainder: false, state: "FINAL" as const })),
  ) as readonly GatewayRow<Measure>[];
}

/** Reads every row of a plan, window by window. */
export async function readReport<Measure>(
  upstream: Upstream,
  plan: ReportPlan<Measure>,
): Promise<Collected<GatewayRow<Measure>>> {
  const { rows, sources } = await collectAll(
    plan.windows.ranges.map((range) => pagesOfWindow(upstream, plan, range)),
  );
  return { rows: withHidden(plan, rows), sources };
}

/**
 * Numbers the rows of hidden identities, so that they are not added up as one. Rows without an actor can be of several identities that
 * upstream hides: those of the Console, and any that read alike within one bucket. Other rows without an actor are the Enterprise
 * organization's usage without an identity.
 */
export function withHidden<Measure, Row extends ReportRow<Measure>>(
  { question, source }: ReportPlan<Measure>,
  rows: readonly Row[],
): readonly Row[] {
  if (!question.groupBy.includes("ACTOR")) return rows;
  const unattributed = rows.filter(({ actor }) => actor === null);
  const different = new Set(unattributed.map((row) => `${row.from} ${dimensionKey(row)}`));
  const areHidden = source.organization === "CONSOLE" || different.size < unattributed.length;
  return areHidden ? rows.map((row, i) => (row.actor === null ? { ...row, hidden: i } : row)) : rows;
}

/** Returns the state of a row of some days, worked out once for each span: a page has a thousand rows and a few buckets. */
function statesBy(days: DayRange, watermark: Instant | null): (row: Span) => Finality {
  if (finalityOf("money", days, watermark) === "FINAL") return () => "FINAL"; // so are the parts
  const states = new Map<string, Finality>();
  return ({ from, until }) => {
    const span = `${from} ${until}`;
    const state =
      states.get(span) ??
      finalityOf("money", { from: dayOf(from), until: addDays(dayOf(until - 1), 1) }, watermark);
    states.set(span, state);
    return state;
  };
}
