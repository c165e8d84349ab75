import type { Context } from "../context.ts";
import { addDays, dayOf, later } from "../domain/day.ts";
import { type OrganizationKind, organizationName } from "../domain/organization.ts";
import { type DayRange, splitByDay } from "../domain/range.ts";
import type { Dimension } from "../domain/report.ts";
import { activityDays } from "../loaders/activity/days.ts";
import { claudeCode } from "../upstream/endpoints/claude-code.ts";
import { userCost } from "../upstream/endpoints/enterprise-cost.ts";
import { userUsage } from "../upstream/endpoints/enterprise-usage.ts";
import { activitySummaries } from "../upstream/endpoints/summaries.ts";
import { collect, pagesOf } from "../upstream/pages/iterate.ts";
import { earliestDay } from "../upstream/pages/windows.ts";
import { costReport } from "./cost.ts";
import { finalMonths } from "./parity.ts";
import { answerBy } from "./report/answer.ts";
import { plansFor } from "./report/plan.ts";
import { pagesOfReport } from "./report/read.ts";
import type { Report } from "./report/report.ts";
import { usageReport } from "./usage.ts";

/** Datasets that can be fetched ahead, and the queries they then answer without a request. */
export const WARMABLE = {
  cost: "daily cost and its total, ungrouped, by product and by model",
  usage: "tokens, split likewise",
  people: "cost and tokens of each person by month (Enterprise)",
  activity: "active people, seats and adoption of each day (Enterprise)",
  "claude-code": "Claude Code records, one request a day (Console)",
} as const;

export type Warmable = keyof typeof WARMABLE;

/** One question to fetch ahead; when its figures are kept already, it costs nothing. */
export interface WarmStep {
  readonly name: string;
  readonly run: () => Promise<unknown>;
}

/** The final figures of the organizations over the last `months` months, the newest first; `isRecent` adds later days of Claude Code. */
export function warmSteps(
  ctx: Context,
  organizations: readonly OrganizationKind[],
  what: readonly Warmable[],
  months: number,
  isRecent = false,
): WarmStep[] {
  const final = finalMonths(ctx.now(), months);
  const isOf = (organization: OrganizationKind) => organizations.includes(organization);
  const steps: Readonly<Record<Warmable, () => WarmStep[]>> = {
    cost: () => final.flatMap((month) => reportSteps(ctx, organizations, "cost", costReport, month)),
    usage: () => final.flatMap((month) => reportSteps(ctx, organizations, "usage", usageReport, month)),
    people: () => (isOf("ENTERPRISE") ? final.flatMap((month) => peopleSteps(ctx, month)) : []),
    activity: () => (isOf("ENTERPRISE") ? activitySteps(ctx, months) : []),
    "claude-code": () => (isOf("CONSOLE") ? codeSteps(ctx, months, isRecent) : []),
  };
  return what.flatMap((each) => steps[each]());
}

/** The splits of a month that every question about it shares. */
const SPLITS: Readonly<Record<OrganizationKind, readonly (readonly Dimension[])[]>> = {
  ENTERPRISE: [[], ["PRODUCT"], ["MODEL"]],
  CONSOLE: [[], ["MODEL"]],
};

function reportSteps<Measure>(
  ctx: Context,
  organizations: readonly OrganizationKind[],
  field: string,
  report: Report<Measure>,
  range: DayRange,
): WarmStep[] {
  const { upstream } = ctx;
  return organizations.flatMap((organization) =>
    SPLITS[organization].map((groupBy) => ({
      name: `${organizationName(upstream.tenant, organization)} ${field} of ${range.from.slice(0, 7)} ${groupBy.join(", ")}`.trim(),
      run: async () => {
        const question = { range, bucket: "DAY", groupBy, filter: {} } as const;
        const choice = { organization, source: "AUTO" } as const;
        const plans = plansFor(upstream, report, choice, question, ctx.now());
        await answerBy(upstream, plans, (plan) => collect(pagesOfReport(upstream, plan)));
      },
    })),
  );
}

function peopleSteps({ upstream }: Context, range: DayRange): WarmStep[] {
  const question = { range, bucket: "NONE", groupBy: [], filter: {} } as const;
  const month = range.from.slice(0, 7);
  return [
    { name: `cost of people in ${month}`, run: () => collect(pagesOf(upstream, userCost, [question])) },
    { name: `tokens of people in ${month}`, run: () => collect(pagesOf(upstream, userUsage, [question])) },
  ];
}

/** All final days are one request, and kept one by one. */
function activitySteps(ctx: Context, months: number): WarmStep[] {
  const { from, until } = finalDays(ctx, months);
  const range = { from: later(from, earliestDay(activitySummaries, ctx.now())), until };
  return range.from < range.until
    ? [{ name: "activity by day", run: () => activityDays.read(ctx, range) }]
    : [];
}

/** A day is final a month after it. */
const FINAL_DAYS = 31;
const DAYS_PER_MONTH = 30;

function finalDays({ now }: Context, months: number): DayRange {
  const until = addDays(dayOf(now()), -FINAL_DAYS);
  return { from: addDays(until, -months * DAYS_PER_MONTH), until };
}

function codeSteps(ctx: Context, months: number, isRecent: boolean): WarmStep[] {
  const { upstream } = ctx;
  const { from, until } = finalDays(ctx, months);
  const days = splitByDay({ from, until: isRecent ? addDays(dayOf(ctx.now()), 1) : until });
  return days.toReversed().map((range) => ({
    name: `Claude Code of ${range.from}`,
    run: () => collect(pagesOf(upstream, claudeCode, [{ range }])),
  }));
}
