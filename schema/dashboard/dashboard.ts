import type { FreshnessState } from "../../src/analytics/freshness.ts";
import type { Dataset } from "../../src/domain/dataset.ts";
import type { Period } from "../../src/domain/period.ts";
import type { DayRange } from "../../src/domain/range.ts";
import { RATIO_PLACES, type Ratio, rounded } from "../../src/domain/ratio.ts";
import { builder } from "../framework/builder.ts";
import { Freshness } from "../framework/freshness.ts";
import { ofOrganization, tenantArg } from "../framework/organization.ts";
import { DateRange, PeriodEnum, ResolvedRange } from "../framework/range.ts";

/** The pages of the dashboard hold nothing themselves: each of their fields asks for what it shows. */
export const page = (name: string, description: string, sources: readonly Dataset[] = []) =>
  builder.objectRef<Record<never, never>>(name).implement({ description, sources });

export const Dashboard = page(
  "Dashboard",
  "The numbers of the product's admin dashboard, page by page. Each field fetches its own data, so a query costs what it selects and a failure affects only its field. Days and lists that several fields need are fetched once.",
);

builder.queryField("dashboard", (t) =>
  t.field({
    requires: ["activity:read"],
    type: Dashboard,
    nullable: true,
    description:
      "The admin dashboard. All of it, for up to 1,000 people, is fewer than 60 upstream requests. Errors: BAD_USER_INPUT, NOT_COVERED, NOT_YET_AVAILABLE, NOT_CONFIGURED, TOO_EXPENSIVE, UPSTREAM_*.",
    sources: [
      "ACTIVITY_SUMMARIES",
      "USER_ACTIVITY",
      "ARTIFACT_ACTIVITY",
      "CONNECTOR_ACTIVITY",
      "SKILL_ACTIVITY",
      "UNIFIED_ENTERPRISE_COST",
      "ENTERPRISE_COST",
      "USER_COST",
      "UNIFIED_CONSOLE_COST",
      "CONSOLE_COST",
      "CLAUDE_CODE",
    ],
    args: tenantArg,
    ...ofOrganization,
    resolve: () => ({}),
  }),
);

/** The place of a page on the dashboard. */
export const onDashboard = (name: string, type: typeof Dashboard, description: string) =>
  builder.objectField(Dashboard, name, (t) => t.field({ type, description, resolve: () => ({}) }));

/** Range and source of an answer of the dashboard. */
interface Ranged {
  readonly range: DayRange;
}

export const Answer = builder.interfaceRef<Ranged>("DashboardAnswer").implement({
  description: "An answer of the dashboard, with the UTC days that it covers.",
  fields: (t) => ({
    range: t.expose("range", {
      type: ResolvedRange,
      description:
        "The UTC days it covers: the period or range without days before the first covered day and without incomplete days.",
    }),
  }),
});

export const FreshAnswer = builder
  .interfaceRef<{ readonly freshness: FreshnessState }>("FreshAnswer")
  .implement({
    description: "An answer that is read as a whole and has one age.",
    fields: (t) => ({
      freshness: t.expose("freshness", {
        type: Freshness,
        description: "Age of the figures, and how far they can still change.",
      }),
    }),
  });

/** The `period` argument of a total or a ranking. */
export const periodArg = (defaultValue: Period) =>
  builder.args((t) => ({
    period: t.field({
      type: PeriodEnum,
      required: true,
      defaultValue,
      description:
        "The UTC days. For activity they end with the newest complete day, and `LAST_n_DAYS` are the n newest such days; a period to date is NOT_YET_AVAILABLE until its first day is counted. Spend to date includes today as far as upstream has exported it. `LAST_n_DAYS` are cut at the first covered day. `range` of the answer states the days.",
    }),
  }));

/** The `range` argument of a series: each of its days costs a request. */
export const daysArg = builder.args((t) => ({
  range: t.field({
    type: DateRange,
    description:
      "UTC days; by default the last 7 complete days. Each day takes one upstream request per 1,000 rows, unless it is final and stored. Incomplete days are left out; days before the first covered day are NOT_COVERED.",
  }),
}));

/** How a ratio is written, and how it behaves. */
export const ratioField = (what: string) =>
  ({
    type: "Decimal",
    nullable: true,
    description: `${what} Computed exactly and rounded half to even at ${RATIO_PLACES} decimals; not additive.`,
  }) as const;

export function written(ratio: Ratio | null) {
  return ratio && rounded(ratio);
}
