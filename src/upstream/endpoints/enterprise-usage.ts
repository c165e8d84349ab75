import type {
  BetaAnalyticsUsageBucketedResult,
  BetaAnalyticsUsageReportTimeBucket,
  BetaAnalyticsUsageUsersItem,
} from "@anthropic-ai/sdk/resources/beta/organization/analytics/analytics";
import type { Span, UsageRow } from "../../domain/bucket.ts";
import type { Bucket, ReportQuestion } from "../../domain/report.ts";
import type { TokenUsage } from "../../domain/tokens.ts";
import { endpoint } from "../endpoint.ts";
import type { Wire } from "../wire.ts";
import { FRESH, REPORTS } from "./coverage.ts";
import {
  BUCKET_WIDTHS,
  BUCKETS_PER_PAGE,
  ENTERPRISE_NAMES,
  type EnterpriseColumns,
  enterpriseDimensions,
  reportQuery,
  wholeRange,
} from "./report-query.ts";
import { reportUser } from "./report-user.ts";
import { type TokenColumn, tokens } from "./tokens.ts";

/** Tokens per bucket, oldest first, with the same limits as the cost report. Source: Enterprise Analytics, "Get Usage Report". */
export const enterpriseUsage = endpoint({
  dataset: "ENTERPRISE_USAGE",
  key: "analytics",
  path: "/v1/organizations/analytics/usage_report",
  paging: "report",
  pageSize: (p: ReportQuestion) => BUCKETS_PER_PAGE[p.bucket],
  query: (p) => ({
    ...reportQuery(ENTERPRISE_NAMES, p),
    bucket_width: BUCKET_WIDTHS[p.bucket === "NONE" ? "DAY" : p.bucket],
  }),
  covers: (p) => p.range,
  coverage: REPORTS,
  subject: "money",
  watermarked: true,
  freshSeconds: FRESH.reports,
  row: (w: Wire<BetaAnalyticsUsageReportTimeBucket>): Bucket<TokenUsage> => {
    const span = { from: w.instant("starting_at"), until: w.instant("ending_at") };
    return { ...span, rows: w.each("results").map((result) => usageRow(result.only<keyof Columns>(), span)) };
  },
});

/** Tokens per person, ranked by total tokens. Source: Enterprise Analytics, "Get User Usage Report". */
export const userUsage = endpoint({
  dataset: "USER_USAGE",
  key: "analytics",
  path: "/v1/organizations/analytics/user_usage_report",
  paging: "report",
  pageSize: () => 1000,
  query: (p: ReportQuestion) => ({
    ...reportQuery(ENTERPRISE_NAMES, {
      ...p,
      groupBy: p.groupBy.filter((dimension) => dimension !== "USER"),
    }),
    bucket_width: p.bucket === "NONE" ? undefined : BUCKET_WIDTHS[p.bucket],
  }),
  covers: (p) => p.range,
  coverage: REPORTS,
  subject: "money",
  watermarked: true,
  freshSeconds: FRESH.reports,
  row: (w: Wire<BetaAnalyticsUsageUsersItem>, p): UsageRow => {
    const span =
      p.bucket === "NONE" ? wholeRange(p) : { from: w.instant("starting_at"), until: w.instant("ending_at") };
    return { ...usageRow(w.only<keyof Columns>(), span), user: reportUser(w.at("actor")) };
  },
});

type Columns = Pick<BetaAnalyticsUsageBucketedResult, keyof EnterpriseColumns | TokenColumn | "requests">;

function usageRow(w: Wire<Columns>, span: Span): UsageRow {
  return {
    ...enterpriseDimensions(w.only<keyof EnterpriseColumns>()),
    ...span,
    measure: { ...tokens(w.only<TokenColumn>()), requests: w.countOrNull("requests") },
  };
}
