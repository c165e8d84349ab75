import type { Context } from "../context.ts";
import type { Day, Instant } from "../domain/day.ts";
import { type Decimal, decimalOf } from "../domain/decimal.ts";
import { ratio } from "../domain/measures.ts";
import { oneDay } from "../domain/range.ts";
import { enforcedValue, type RateLimiterRow, type RateLimitRow } from "../domain/rate-limit.ts";
import { inputTokens, type TokenCounts, usages } from "../domain/tokens.ts";
import { loader } from "../loaders/loader.ts";
import type { FieldRequests } from "../upstream/plan.ts";
import { answerBy } from "./report/answer.ts";
import { likelyPlan, plansFor, type ReportPlans } from "./report/plan.ts";
import { readReport } from "./report/read.ts";
import { requestsOfReport } from "./report/requests.ts";
import { usageReport } from "./usage.ts";

/** Usage that rate limits are compared with: one day, of the Console organization or of one workspace. */
export interface MinuteQuestion {
  readonly day: Day;
  readonly workspaceId: string | null;
}

/** The minute of a day in which most of a limit was used. */
export interface PeakMinute {
  readonly at: Instant;
  readonly used: number;
  /** Null for a limit of zero. */
  readonly share: Decimal | null;
}

/** Usage of a model in one minute: what counts against the usual limits, and what against those of fast mode. */
interface ModelMinute {
  readonly at: Instant;
  readonly isFast: boolean;
  readonly counts: TokenCounts;
}

type Minutes = ReadonlyMap<string, readonly ModelMinute[]>;

/** Measures of the limiters that reported usage can be compared with. */
const COUNTED: Readonly<
  Record<string, { readonly isFast: boolean | null; of: (counts: TokenCounts) => number | null }>
> = {
  requests_per_minute: { isFast: null, of: ({ requests }) => requests },
  input_tokens_per_minute: { isFast: false, of: inputTokens },
  input_tokens_per_minute_cache_aware: { isFast: false, of: uncachedAndWritten },
  output_tokens_per_minute: { isFast: false, of: ({ outputTokens }) => outputTokens },
  fast_itpmca: { isFast: true, of: uncachedAndWritten },
  fast_otpm: { isFast: true, of: ({ outputTokens }) => outputTokens },
};

/** Reads from the cache do not count against cache-aware limits. */
function uncachedAndWritten(counts: TokenCounts): number {
  return inputTokens(counts) - counts.cacheReadInputTokens;
}

function plansOf(ctx: Context, { day, workspaceId }: MinuteQuestion): ReportPlans<TokenCounts> {
  const question = {
    range: oneDay(day),
    bucket: "MINUTE",
    groupBy: ["MODEL", "SERVICE_TIER", "SPEED"],
    filter: workspaceId === null ? {} : { WORKSPACE: [workspaceId] },
  } as const;
  return plansFor(
    ctx.upstream,
    usageReport,
    { organization: "CONSOLE", source: "AUTO" },
    question,
    ctx.now(),
  );
}

/** Plans the requests of the peaks of a day. */
export function peakRequests(ctx: Context, question: MinuteQuestion): FieldRequests {
  return requestsOfReport(likelyPlan(ctx.upstream, plansOf(ctx, question)), null);
}

const ALL = "all";

/** The minutes of a day by model, read once for all limits. Batches have a group of limits of their own, so they are left out. */
const minutesOf = loader(async (ctx, question: MinuteQuestion) => {
  const rows = await answerBy(ctx.upstream, plansOf(ctx, question), async (plan) => {
    const { rows } = await readReport(ctx.upstream, plan);
    return rows;
  });
  const byModel = new Map<string, ModelMinute[]>();
  for (const { model, serviceTier, speed, from, measure } of rows) {
    if (model === null || serviceTier === "batch") continue;
    byModel
      .getOrInsertComputed(model, () => [])
      .push({ at: from, isFast: speed === "fast", counts: measure });
  }
  return new Map<string, Minutes>([[ALL, byModel]]);
});

async function readMinutes(ctx: Context, question: MinuteQuestion): Promise<Minutes> {
  return (await minutesOf(ctx, question).load(ALL)) ?? new Map();
}

/** The peak of a limiter; null where usage does not measure it, where there was none, and where the source counts no requests. */
export async function peakOf(
  ctx: Context,
  question: MinuteQuestion,
  { models }: RateLimitRow,
  limiter: RateLimiterRow,
): Promise<PeakMinute | null> {
  const counted = COUNTED[limiter.type];
  if (counted === undefined || models === null) return null;
  const minutes = await readMinutes(ctx, question);
  const used = new Map<Instant, TokenCounts>();
  for (const { at, isFast, counts } of models.flatMap((model) => minutes.get(model) ?? [])) {
    if (counted.isFast !== null && counted.isFast !== isFast) continue;
    const before = used.get(at);
    used.set(at, before === undefined ? counts : usages.plus(before, counts));
  }
  const peaks = [...used].map(([at, counts]) => ({ at, used: counted.of(counts) }));
  const peak = peaks.reduce<{ at: Instant; used: number } | null>((most, each) => {
    if (each.used === null || each.used === 0) return most;
    const isMore = most === null || each.used > most.used || (each.used === most.used && each.at < most.at);
    return isMore ? { at: each.at, used: each.used } : most;
  }, null);
  if (peak === null || peaks.some((each) => each.used === null)) return null;
  return { ...peak, share: ratio(decimalOf(peak.used), decimalOf(enforcedValue(limiter))) };
}

/** Models with usage on the day that no group of limits lists: their limits are not known. */
export async function modelsWithoutGroup(
  ctx: Context,
  question: MinuteQuestion,
  groups: readonly RateLimitRow[],
): Promise<readonly string[]> {
  const grouped = new Set(groups.flatMap(({ models }) => models ?? []));
  const minutes = await readMinutes(ctx, question);
  return [...minutes.keys()].filter((model) => !grouped.has(model)).sort();
}
