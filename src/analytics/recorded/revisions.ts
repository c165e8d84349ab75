import { type Finality, finalityOf } from "../../cache/policy.ts";
import type { Dataset } from "../../domain/dataset.ts";
import { type Day, type Instant, startOfMonth } from "../../domain/day.ts";
import { NO_MONEY, type SpendAmounts, spends } from "../../domain/money.ts";
import { type DayRange, oneDay } from "../../domain/range.ts";
import { type PageProvenance, type PageRun, pagesOfRows } from "../../upstream/pages/iterate.ts";
import {
  type DayChange,
  figuresName,
  type MonthExport,
  NO_FIGURES,
  type Recording,
  type SeenExport,
} from "../../upstream/pages/recordings.ts";
import { windowsOf } from "../../upstream/pages/windows.ts";
import type { Upstream } from "../../upstream/upstream.ts";
import { costReport } from "../cost.ts";
import { sumOf } from "../ranking.ts";
import type { Report, ReportChoice, Source } from "../report/report.ts";
import { reportOf, sourcesOf } from "../report/sources.ts";
import { asWritten, damaged, isExported, notRecorded, recordingOf, refuseUnrecorded } from "./as-of.ts";
import { type DayCell, readCells } from "./day-figures.ts";
import { endpointOf, RECORDED_SOURCES } from "./record.ts";

/** The cost of one product and model on a day, before and after a revision; null: none. */
export interface RevisedPart {
  readonly product: string | null;
  readonly model: string | null;
  readonly before: SpendAmounts | null;
  readonly after: SpendAmounts | null;
}

/** A change of a day that an earlier export had covered whole. */
export interface DayRevision {
  readonly day: Day;
  /** The export that changed it, and when the gateway first saw that. */
  readonly watermark: Instant;
  readonly observedAt: Instant;
  /** How settled the day was in this export. */
  readonly state: Finality;
  readonly before: SpendAmounts;
  readonly after: SpendAmounts;
  readonly parts: readonly RevisedPart[];
}

/** The revisions of a range, with the source that they are of. */
export interface Revisions {
  readonly source: Source;
  readonly dataset: Dataset;
  readonly range: DayRange;
  readonly pages: PageRun<DayRevision>;
}

/**
 * Reads the revisions of cost, by day and then in the order of exports, from the first source that is recorded. A day that grows while it
 * is open is not revised. Throws NOT_RECORDED for a month that no export is recorded of.
 */
export async function revisionsOf(
  upstream: Upstream,
  choice: ReportChoice,
  { range: wanted, since }: { readonly range: DayRange; readonly since: Instant | null },
  now: Instant,
): Promise<Revisions> {
  const recordedReport: Report<SpendAmounts> = { ...costReport, sources: RECORDED_SOURCES };
  for (const { source, ...each } of sourcesOf(reportOf(recordedReport, upstream.tenant), choice)) {
    const endpoint = endpointOf({ source, ...each });
    const recording = recordingOf(upstream, endpoint);
    const { range, ranges } = windowsOf(endpoint, wanted, now, "month", endpoint.coverage?.earliest);
    const seen = await recording.seen();
    const windows = await Promise.all(ranges.map((window) => revisionsIn(recording, window, seen, since)));
    const recorded = windows.filter((window) => window !== null);
    if (recorded.length < windows.length) continue;
    const pages = recorded.map(({ about }) => ({ ...about, rows: [], token: null, next: null }));
    upstream.take(endpoint, pages);
    return { source, dataset: endpoint.dataset, range, pages: pagesOfRows(recorded) };
  }
  refuseUnrecorded(choice);
  throw notRecorded(`Not every month from ${wanted.from} on is recorded.`);
}

interface RevisedWindow {
  readonly rows: readonly DayRevision[];
  readonly about: PageProvenance;
}

/** Null where no export of the month is recorded. */
async function revisionsIn(
  recording: Recording,
  range: DayRange,
  allSeen: readonly SeenExport[],
  since: Instant | null,
): Promise<RevisedWindow | null> {
  const month = startOfMonth(range.from);
  const exports = await recording.exports(month);
  const last = allSeen.at(-1);
  if (last === undefined) return null;
  const newest = exports.at(-1) ?? last;
  if (exports.length === 0 && isExported(month, last)) return null;
  const seen = new Map(allSeen.map(({ watermark, seenAt }) => [watermark, seenAt]));
  const seenAt = (watermark: Instant) => seen.get(watermark) ?? watermark;
  const changes = (await recording.changes(month)).filter(
    ({ day }) => day >= range.from && day < range.until,
  );
  const texts = await recording.figures(month, changes);
  const textOf = ({ day, changedBy }: DayChange): string => {
    const text = texts.get(figuresName(day, changedBy));
    if (text === undefined) throw damaged(day);
    return text;
  };
  const rows = [...Map.groupBy(changes, ({ day }) => day).values()].flatMap((ofDay) =>
    ofDay.flatMap((change, i): readonly DayRevision[] => {
      const { day, changedBy: watermark } = change;
      const last = ofDay[i - 1];
      const [before, after] = [last === undefined ? NO_FIGURES : textOf(last), textOf(change)];
      const observedAt = seenAt(watermark);
      if (before === after || !wasWhole(exports, change) || observedAt <= (since ?? Number.NEGATIVE_INFINITY))
        return [];
      const state = finalityOf("money", oneDay(day), watermark);
      return [{ day, watermark, observedAt, state, ...difference(readCells(before), readCells(after)) }];
    }),
  );
  const { watermark } = newest;
  const state = finalityOf("money", range, watermark);
  const about = { watermark, fetchedAt: seenAt(watermark), asOf: watermark, range, state, stale: null };
  return { rows, about };
}

/** True if the export before a change covered the whole day. */
function wasWhole(exports: readonly MonthExport[], { day, changedBy }: DayChange): boolean {
  const before = exports.findLast(({ watermark }) => watermark < changedBy);
  return before !== undefined && finalityOf("money", oneDay(day), before.watermark) !== "OPEN";
}

const NO_SPEND: SpendAmounts = { net: NO_MONEY, list: NO_MONEY, requests: 0 };

function difference(before: readonly DayCell[], after: readonly DayCell[]) {
  const parts = new Map<string, RevisedPart>();
  const keyOf = ({ product, model }: DayCell) => JSON.stringify([product, model]);
  for (const cell of before)
    parts.set(keyOf(cell), { product: cell.product, model: cell.model, before: cell.measure, after: null });
  for (const cell of after) {
    const { product, model, measure } = cell;
    parts.set(keyOf(cell), {
      product,
      model,
      before: parts.get(keyOf(cell))?.before ?? null,
      after: measure,
    });
  }
  const hasChanged = ({ before: was, after: is }: RevisedPart) =>
    was === null || is === null || !spends.isZero(spends.minus(is, was));
  return { before: totalOf(before), after: totalOf(after), parts: [...parts.values()].filter(hasChanged) };
}

function totalOf(cells: readonly DayCell[]): SpendAmounts {
  const measures = cells.map(({ measure }) => measure);
  return asWritten(sumOf(spends, measures) ?? NO_SPEND);
}
