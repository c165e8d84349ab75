import type { AnalyticsSingleDayActivitySummary } from "@anthropic-ai/sdk/resources/organization/analytics/analytics";
import type { ActivityDayRow, ProductUsers } from "../../domain/activity.ts";
import { dayOf } from "../../domain/day.ts";
import type { DayRange } from "../../domain/range.ts";
import { endpoint } from "../endpoint.ts";
import type { Wire } from "../http/wire.ts";
import { ENGAGEMENT, ENGAGEMENT_LAG_MS, FRESH } from "./coverage.ts";

type Summary = AnalyticsSingleDayActivitySummary;

/** Active people, seats and adoption per day, oldest first, in one body. Source: Enterprise Analytics, "List Activity Summaries". */
export const activitySummaries = endpoint({
  dataset: "ACTIVITY_SUMMARIES",
  key: "analytics",
  scope: "read:analytics",
  path: "/v1/organizations/analytics/summaries",
  paging: "token",
  query: (p: { range: DayRange }) => ({ starting_date: p.range.from, ending_date: p.range.until }),
  rangeOf: (p) => p.range,
  coverage: ENGAGEMENT,
  subject: "activity",
  freshSeconds: FRESH.engagement,
  lagMs: ENGAGEMENT_LAG_MS,
  listKeys: ["data", "summaries"],
  daily: "starting_at",
  rowId: ({ date }) => date,
  row: (w: Wire<Summary>): ActivityDayRow => ({
    date: dayOf(w.instant("starting_at")),
    all: {
      daily: w.countOrNull("daily_active_user_count"),
      weekly: w.countOrNull("weekly_active_user_count"),
      monthly: w.countOrNull("monthly_active_user_count"),
    },
    seats: w.countOrNull("assigned_seat_count"),
    pendingInvites: w.countOrNull("pending_invite_count"),
    dailyAdoption: w.numberOrNull("daily_adoption_rate"),
    weeklyAdoption: w.numberOrNull("weekly_adoption_rate"),
    monthlyAdoption: w.numberOrNull("monthly_adoption_rate"),
    scienceEntitled: w.countOrNull("science_entitled_user_count"),
    products: PRODUCTS.filter((product) => w.has(`${product}_daily_active_user_count`)).map(
      (product): ProductUsers => ({
        product,
        daily: w.countOrNull(`${product}_daily_active_user_count`),
        weekly: w.countOrNull(`${product}_weekly_active_user_count`),
        monthly: w.countOrNull(`${product}_monthly_active_user_count`),
      }),
    ),
  }),
});

const PRODUCTS = [
  "chat",
  "chat_cowork_unified",
  "claude_code",
  "claude_design",
  "claude_tag",
  "cowork",
  "office_agent",
  "science",
] as const;
