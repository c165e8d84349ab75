import { finalityOf } from "../../cache/policy.ts";
import type { Validity } from "../../cache/validity.ts";
import { NO_DIMENSIONS, type ReportRow } from "../../domain/bucket.ts";
import { addDays, type Day, type Instant, rfc3339, startOf, startOfMonth } from "../../domain/day.ts";
import { trimmed } from "../../domain/decimal.ts";
import { type MoneyAmount, type SpendAmounts, spends } from "../../domain/money.ts";
import { type DayRange, splitByMonth } from "../../domain/range.ts";
import type { ReportQuestion } from "../../domain/report.ts";
import { badInput, GatewayError } from "../../errors.ts";
import type { WindowPage } from "../../upstream/pages/iterate.ts";
import {
  figuresName,
  type MonthExport,
  type RecordedMonth,
  type Recording,
  type SeenExport,
} from "../../upstream/pages/recordings.ts";
import type { Upstream } from "../../upstream/upstream.ts";
import { costReport } from "../cost.ts";
import { largestFirst } from "../ranking.ts";
import type { ReportPlan, ReportPlans } from "../report/plan.ts";
import type { Report, ReportChoice, ReportSource } from "../report/report.ts";
import type { Resource } from "../report/resource.ts";
import { sourcesOf } from "../report/sources.ts";
import { type DayCell, RECORDED_DIMENSIONS, readCells } from "./day-figures.ts";
import { endpointOf, RECORDED_SOURCES } from "./record.ts";

/** Grain of what is recorded, as errors state it. */
const GRAIN = "days by PRODUCT and MODEL";

/** Returns the error for figures that were not recorded. */
export function notRecorded(why: string, recordedFrom?: Instant): GatewayError {
  return new GatewayError("NOT_RECORDED", `${why} This gateway records ${GRAIN}.`, {
    grain: ["DAY", "PRODUCT", "MODEL"],
    ...(recordedFrom !== undefined && { recordedFrom: rfc3339(recordedFrom) }),
  });
}

export function damaged(what: string): GatewayError {
  return notRecorded(`What was recorded of ${what} is damaged.`);
}

/** Throws BAD_USER_INPUT for an instant that has not come. */
export function refuseFuture(name: string, at: Instant, now: Instant): void {
  if (at > now)
    throw badInput(`\`${name}\` is ${rfc3339(at)}, which has not come yet; now is ${rfc3339(now)}.`);
}

/** Throws NOT_RECORDED for reports that are not recorded. */
export function refuseUnrecorded(choice: ReportChoice): void {
  if (sourcesOf({ ...costReport, sources: RECORDED_SOURCES }, choice).length > 0) return;
  throw notRecorded("The older reports of the Console state neither products nor exports.");
}

/** Throws NOT_RECORDED for a question that needs more than the recorded dimensions. */
export function refuseFiner({ groupBy, filter, bucket, any }: Omit<ReportQuestion, "range">): void {
  const known: readonly string[] = RECORDED_DIMENSIONS;
  const dimensions = [filter, ...(any ?? [])].flatMap(Object.keys).concat(groupBy);
  const finer = [...new Set(dimensions)].filter((dimension) => !known.includes(dimension));
  if (finer.length > 0) throw notRecorded(`Earlier figures by ${finer.join(", ")} are not known.`);
  if (bucket === "HOUR" || bucket === "MINUTE")
    throw notRecorded(`Earlier figures by ${bucket.toLowerCase()} are not known.`);
}

/** Cost as it stood at an instant, which is read from what was recorded. */
export function costAsOf(at: Instant, now: Instant): Report<SpendAmounts> {
  // What is recorded does not change, but a moment ago an export can have been seen that is being noted.
  const validity = at < now - SETTLED_MS ? ALWAYS : null;
  return { ...costReport, sources: RECORDED_SOURCES.map((source) => sourceAsOf(source, at, validity)) };
}

const SETTLED_MS = 60_000;

const ALWAYS: Validity = { isCurrent: () => true };

const NAMES = { MODEL: "model", PRODUCT: "product" } as const;

function sourceAsOf(
  source: ReportSource<SpendAmounts>,
  at: Instant,
  validity: Validity | null,
): ReportSource<SpendAmounts> {
  const resource: Resource<SpendAmounts> = {
    endpoint: endpointOf(source),
    hasBuckets: false,
    isOrdered: true,
    read: (upstream, questions) =>
      async function* (from) {
        for (const [window, question] of questions.entries()) {
          if (from !== null && window < from.window) continue;
          const page = await pageAsOf(upstream, source, question, at);
          upstream.take(resource.endpoint, [page], validity);
          yield { ...page, window };
        }
      },
    requests: (_questions, enough) => ({ plans: [], enough }),
  };
  return {
    source: source.source,
    organization: source.organization,
    names: { groupBy: NAMES, filter: NAMES },
    resourceFor: () => resource,
    largestGroups: null,
    onlyDays: true,
  };
}

/**
 * Returns the first plan with days that are all recorded. Throws NOT_RECORDED, with what is recorded of the preferred one. `plans` are those
 * of `costAsOf`.
 */
export async function planAsOf<Measure>(
  upstream: Upstream,
  plans: ReportPlans<Measure>,
): Promise<ReportPlan<Measure>> {
  let first: GatewayError | null = null;
  for (const plan of plans) {
    const recording = recordingOf(upstream, plan.resource.endpoint);
    try {
      const shown = await exportAt(recording, plan.asOf);
      for (const { from } of plan.windows.ranges)
        if (isExported(startOfMonth(from), shown)) await exportOfMonth(recording, startOfMonth(from), shown);
      return plan;
    } catch (fault) {
      if (!(fault instanceof GatewayError) || fault.code !== "NOT_RECORDED") throw fault;
      first ??= fault;
    }
  }
  throw first ?? notRecorded("Earlier figures of these reports are not known.");
}

/** Returns what is recorded of an endpoint. Throws NOT_RECORDED where nothing is. */
export function recordingOf(upstream: Upstream, endpoint: Resource<unknown>["endpoint"]): Recording {
  const recording = upstream.recording(endpoint);
  if (recording !== null) return recording;
  throw notRecorded(
    "This gateway has no store that outlives it, so it has not recorded earlier figures; its operator can set CACHE_URL to sqlite:PATH or redis://HOST.",
  );
}

/** Returns the export that the gateway answered from at an instant: the last one it had seen. Throws NOT_RECORDED. */
export async function exportAt(recording: Recording, at: Instant): Promise<SeenExport> {
  const seen = await recording.seen();
  const shown = seen.findLast(({ seenAt }) => seenAt <= at);
  if (shown !== undefined) return shown;
  const first = seen[0]?.seenAt;
  throw notRecorded(
    first === undefined
      ? "This gateway has read no figures of these reports yet."
      : `This gateway had read no figures at ${rfc3339(at)}; the first ones it read at ${rfc3339(first)}.`,
    first,
  );
}

/** False for a month that begins after an export: the export says nothing of it. */
export function isExported(month: Day, { watermark }: Pick<SeenExport, "watermark">): boolean {
  return startOf(month) < watermark;
}

/** Returns the recorded export of a month that shows it as `shown` has it. Throws NOT_RECORDED. */
async function exportOfMonth(recording: Recording, month: Day, shown: SeenExport): Promise<MonthExport> {
  const exports = await recording.exports(month);
  const found = exportAmong(exports, shown.watermark);
  if (found !== null) return found;
  const seen = new Map((await recording.seen()).map(({ watermark, seenAt }) => [watermark, seenAt]));
  const instants = exports.flatMap(({ watermark }) => seen.get(watermark) ?? []);
  const earliest = instants.length === 0 ? undefined : instants.reduce((a, b) => Math.min(a, b));
  const name = month.slice(0, 7);
  throw notRecorded(
    earliest === undefined
      ? `${name} is not recorded yet.`
      : `${name} is not recorded from upstream's export of ${rfc3339(shown.watermark)}, which this gateway saw at ${rfc3339(shown.seenAt)}; the first export of the month that is recorded it saw at ${rfc3339(earliest)}. The newest export is recorded within minutes.`,
    earliest,
  );
}

/** The recorded export that says of its month what `watermark` says; null: none is known to. */
export function exportAmong(exports: readonly MonthExport[], watermark: Instant): MonthExport | null {
  return (
    exports.find((each) => each.watermark === watermark) ??
    exports.find((each) => each.isFinal && each.watermark <= watermark) ??
    null
  );
}

/** The cells of days of a month, by day. Throws NOT_RECORDED where a day is damaged. */
async function recordedCells(
  recording: Recording,
  month: Day,
  { changedBy }: Pick<RecordedMonth, "changedBy">,
): Promise<ReadonlyMap<Day, readonly DayCell[]>> {
  const days = [...changedBy].map(([day, by]) => ({ day, changedBy: by }));
  const texts = await recording.figures(month, days);
  return new Map(
    days.map(({ day, changedBy: by }) => {
      const text = texts.get(figuresName(day, by));
      if (text === undefined) throw damaged(day);
      return [day, readCells(text)];
    }),
  );
}

type RowPage = Omit<WindowPage<ReportRow<SpendAmounts>>, "window">;

async function pageAsOf(
  upstream: Upstream,
  source: ReportSource<SpendAmounts>,
  question: ReportQuestion,
  at: Instant,
): Promise<RowPage> {
  const { range } = question;
  const recording = recordingOf(upstream, endpointOf(source));
  const shown = await exportAt(recording, at);
  const rows: ReportRow<SpendAmounts>[] = [];
  let readAt = at;
  for (const part of splitByMonth(range)) {
    const month = startOfMonth(part.from);
    if (!isExported(month, shown)) continue;
    const found = await exportOfMonth(recording, month, shown);
    const recorded = await recording.month(month, found.watermark);
    if (recorded === null) throw damaged(month.slice(0, 7));
    readAt = recorded.readAt;
    for (const [day, cells] of await recordedCells(recording, month, recorded))
      if (day >= part.from && day < part.until) rows.push(...rowsOf(day, cells, question));
  }
  // Upstream states no export where that ends before the range.
  const watermark = startOf(range.from) < shown.watermark ? shown.watermark : null;
  return {
    rows: await ordered(question.bucket === "DAY" ? rows : inOneBucket(rows, range), upstream),
    token: null,
    next: null,
    watermark,
    fetchedAt: readAt,
    asOf: watermark,
    range,
    state: finalityOf("money", range, watermark),
    stale: null,
    restarted: false,
  };
}

/** The rows of a day as the report has them. */
function rowsOf(
  day: Day,
  cells: readonly DayCell[],
  { filter, groupBy }: ReportQuestion,
): readonly ReportRow<SpendAmounts>[] {
  const isWanted = ({ product, model }: DayCell) =>
    isAmong(product, filter.PRODUCT) && isAmong(model, filter.MODEL);
  const span = { from: startOf(day), until: startOf(addDays(day, 1)) };
  const wanted = cells.filter(isWanted).map(({ product, model, measure }) => ({
    ...NO_DIMENSIONS,
    ...span,
    product: groupBy.includes("PRODUCT") ? product : null,
    model: groupBy.includes("MODEL") ? model : null,
    measure,
  }));
  return summed(wanted);
}

function isAmong(value: string | null, values: readonly string[] | undefined): boolean {
  return values === undefined || (value !== null && values.includes(value));
}

function inOneBucket(
  rows: readonly ReportRow<SpendAmounts>[],
  { from, until }: DayRange,
): readonly ReportRow<SpendAmounts>[] {
  const span = { from: startOf(from), until: startOf(until) };
  return summed(rows.map((row) => ({ ...row, ...span })));
}

/** Rows of one bucket with those of equal dimensions added up. */
function summed(rows: readonly ReportRow<SpendAmounts>[]): readonly ReportRow<SpendAmounts>[] {
  const sums = new Map<string, ReportRow<SpendAmounts>>();
  for (const row of rows) {
    const key = JSON.stringify([row.product, row.model]);
    const sum = sums.get(key);
    sums.set(key, sum === undefined ? row : { ...row, measure: spends.plus(sum.measure, row.measure) });
  }
  return [...sums.values()].map((row) => ({ ...row, measure: asWritten(row.measure) }));
}

/** Amounts as upstream writes them: without zeros after the sixth decimal. */
export function asWritten({ net, list, requests }: SpendAmounts): SpendAmounts {
  const written = ({ cents, currency }: MoneyAmount) => ({ cents: trimmed(cents, WRITTEN_SCALE), currency });
  return { net: written(net), list: list && written(list), requests };
}

const WRITTEN_SCALE = 6;

/** Oldest first, and largest first within a bucket. */
async function ordered(
  rows: readonly ReportRow<SpendAmounts>[],
  { turn }: Upstream,
): Promise<readonly ReportRow<SpendAmounts>[]> {
  const buckets = [...Map.groupBy(rows, ({ from }) => from)].sort(([a], [b]) => a - b);
  const each = await Promise.all(buckets.map(([, bucket]) => largestFirst(bucket, spends, turn)));
  return each.flat();
}
