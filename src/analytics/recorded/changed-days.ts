import { finalityOf } from "../../cache/policy.ts";
import { type Day, type Instant, startOfMonth } from "../../domain/day.ts";
import { oneDay, splitByDay, splitByMonth } from "../../domain/range.ts";
import type { Dimension, ReportQuestion } from "../../domain/report.ts";
import type { PageProvenance } from "../../upstream/pages/iterate.ts";
import { figuresName, type RecordedMonth, type Recording } from "../../upstream/pages/recordings.ts";
import type { Upstream } from "../../upstream/upstream.ts";
import type { ReportPlan } from "../report/plan.ts";
import { exportAmong } from "./as-of.ts";
import { RECORDED_DIMENSIONS } from "./day-figures.ts";

/**
 * Returns the days of a plan with figures that changed or became final after an instant; a day of which this is not known is among them.
 * `sources` are the pages that the figures of now are from.
 */
export async function changedDays<Measure>(
  upstream: Upstream,
  { resource, windows, question }: ReportPlan<Measure>,
  since: Instant,
  sources: readonly Pick<PageProvenance, "watermark">[],
): Promise<readonly Day[]> {
  const { range } = windows;
  const all = splitByDay(range).map(({ from }) => from);
  const recording = upstream.recording(resource.endpoint);
  const then = (await recording?.seen())?.findLast(({ seenAt }) => seenAt <= since)?.watermark;
  if (recording === null || then === undefined) return all;
  const wasFinal = (day: Day) => finalityOf("money", oneDay(day), then) === "FINAL";
  const moving = all.filter((day) => !wasFinal(day));
  const now = sources.reduce<Instant | null>(
    (newest, { watermark }) => (watermark === null ? newest : Math.max(watermark, newest ?? watermark)),
    null,
  );
  if (now === null || !isRecordedGrain(question)) return moving;
  const isFinal = (day: Day) => finalityOf("money", oneDay(day), now) === "FINAL";
  const changed = await Promise.all(
    splitByMonth(range).map(({ from }) => changesOfMonth(recording, startOfMonth(from), then, now)),
  );
  return moving.filter((day) => isFinal(day) || changed.some((hasChanged) => hasChanged(day)));
}

/** True if what is recorded shows every change of the figures. */
function isRecordedGrain({ groupBy, filter, bucket }: ReportQuestion): boolean {
  const known: ReadonlySet<string> = new Set<Dimension>(RECORDED_DIMENSIONS);
  return bucket === "DAY" && [...groupBy, ...Object.keys(filter)].every((dimension) => known.has(dimension));
}

/** Tells whether a day of a month changed between two exports; each did that is not known not to have. */
async function changesOfMonth(
  recording: Recording,
  month: Day,
  then: Instant,
  now: Instant,
): Promise<(day: Day) => boolean> {
  const exports = await recording.exports(month);
  const [before, after] = await Promise.all(
    [then, now].map(async (watermark): Promise<RecordedMonth | null> => {
      const found = exportAmong(exports, watermark);
      return found && recording.month(month, found.watermark);
    }),
  );
  const isOfMonth = (day: Day) => startOfMonth(day) === month;
  if (!before || !after) return isOfMonth;
  const days = [before, after].flatMap(({ changedBy }) =>
    [...changedBy].map(([day, by]) => ({ day, changedBy: by })),
  );
  const texts = await recording.figures(month, days);
  return (day) => {
    if (!isOfMonth(day)) return false;
    const [was, is] = [before.changedBy.get(day), after.changedBy.get(day)];
    if (was === is) return false;
    if (was === undefined || is === undefined) return true;
    return texts.get(figuresName(day, was)) !== texts.get(figuresName(day, is));
  };
}
