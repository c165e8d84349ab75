import { finalityOf } from "../../cache/policy.ts";
import type { Context } from "../../context.ts";
import { addMonths, type Day, dayOf, startOf, startOfMonth } from "../../domain/day.ts";
import type { SpendAmounts } from "../../domain/money.ts";
import { ORGANIZATIONS } from "../../domain/organization.ts";
import type { DayRange } from "../../domain/range.ts";
import type { MonthReading, Recording } from "../../upstream/pages/recordings.ts";
import { earliestDay } from "../../upstream/pages/windows.ts";
import { costReport } from "../cost.ts";
import { hasKeyOf } from "../organizations.ts";
import { planBy } from "../report/plan.ts";
import { readReport } from "../report/read.ts";
import type { ReportSource } from "../report/report.ts";
import { RECORDED_DIMENSIONS, writeCells } from "./day-figures.ts";

const EMPTY: DayRange = { from: dayOf(0), until: dayOf(0) };

/** The sources of cost that state exports, products and models: only of these is it known what they said, and when. */
export const RECORDED_SOURCES = costReport.sources.filter(
  (source) =>
    RECORDED_DIMENSIONS.every((dimension) => Object.hasOwn(source.names.groupBy, dimension)) &&
    endpointOf(source).watermarked === true,
);

/** The endpoint that reads a source by the recorded dimensions. */
export function endpointOf(source: ReportSource<SpendAmounts>) {
  return source.resourceFor({
    range: EMPTY,
    bucket: "DAY",
    groupBy: RECORDED_DIMENSIONS,
    filter: {},
  }).endpoint;
}

/**
 * Records what the newest export says of every month that can still change, and once of the final months before. It reads upstream only
 * where an export has been seen that is not recorded: one list a month, of each organization's preferred source.
 */
export async function recordCost(ctx: Context): Promise<void> {
  for (const { kind } of ORGANIZATIONS) {
    if (!hasKeyOf(ctx.upstream, kind)) continue;
    for (const source of RECORDED_SOURCES.filter(({ organization }) => organization === kind))
      if (await recordSource(ctx, source)) break;
  }
}

/** False where the gateway has not read the source, or upstream refuses it. */
async function recordSource(ctx: Context, source: ReportSource<SpendAmounts>): Promise<boolean> {
  const { upstream } = ctx;
  const endpoint = endpointOf(source);
  const recording = upstream.recording(endpoint);
  if (recording === null || upstream.accessStatus(endpoint.dataset)?.refusal) return false;
  const newest = (await recording.seen()).at(-1);
  if (newest === undefined) return false;
  const earliest = earliestDay(endpoint, ctx.now());
  const today = dayOf(ctx.now());
  for (let month = startOfMonth(today); month >= earliest; month = addMonths(month, -1)) {
    if (startOf(month) >= newest.watermark) continue; // the export says nothing of it
    const exports = await recording.exports(month);
    if (exports.some(({ isFinal, watermark }) => isFinal || watermark === newest.watermark)) continue;
    await recordMonth(ctx, source, recording, month);
  }
  await recording.trim(ctx.now());
  return true;
}

async function recordMonth(
  ctx: Context,
  source: ReportSource<SpendAmounts>,
  recording: Recording,
  month: Day,
): Promise<void> {
  const range = { from: month, until: addMonths(month, 1) };
  const question = { range, bucket: "DAY", groupBy: RECORDED_DIMENSIONS, filter: {} } as const;
  const plan = planBy(source, costReport.algebra, question, ctx.now());
  const { rows, sources } = await readReport(ctx.upstream, plan);
  const [first] = sources;
  // An export that covers nothing of the month says nothing of it, and pages of two exports are of none.
  if (first?.watermark == null || sources.some(({ watermark }) => watermark !== first.watermark)) return;
  if (rows.some(({ isRemainder }) => isRemainder)) return; // upstream left groups out
  const byDay = Map.groupBy(rows, (row) => dayOf(row.from));
  const reading: MonthReading = {
    month,
    watermark: first.watermark,
    isFinal: finalityOf("money", range, first.asOf) === "FINAL",
    readAt: first.fetchedAt,
    days: new Map([...byDay].map(([day, cells]) => [day, writeCells(cells)])),
  };
  await recording.add(reading);
}
