import type {
  BetaAnalyticsUsageBucketedResult,
  BetaAnalyticsUsageReportTimeBucket,
  BetaAnalyticsUsageUsersItem,
} from "@anthropic-ai/sdk/resources/beta/organization/analytics/analytics";
import { type Span, type UsageRow, withoutNames } from "../../domain/bucket.ts";
import type { BucketRow } from "../../domain/report.ts";
import type { TokenCounts } from "../../domain/tokens.ts";
import { endpoint } from "../endpoint.ts";
import type { Wire } from "../http/wire.ts";
import {
  bucketedReport,
  ENTERPRISE_NAMES,
  type EnterpriseColumns,
  enterpriseDimensions,
  userReport,
  userSpan,
} from "./enterprise-report.ts";
import { type Bounds, pseudonymousBuckets, pseudonymousRows, reportRowId, spanOf } from "./report-query.ts";
import { reportUser } from "./report-user.ts";
import { type TokenColumn, tokens } from "./tokens.ts";

/** Tokens per bucket, oldest first, with the same limits as the cost report. Source: Enterprise Analytics, "Get Usage Report". */
export const enterpriseUsage = endpoint({
  dataset: "ENTERPRISE_USAGE",
  ...bucketedReport(ENTERPRISE_NAMES),
  path: "/v1/organizations/analytics/usage_report",
  rowId: ({ from }) => from,
  pseudonymous: pseudonymousBuckets<TokenCounts>,
  row: (w: Wire<BetaAnalyticsUsageReportTimeBucket>): BucketRow<TokenCounts> => {
    const span = spanOf(w.only<keyof Bounds<string>>());
    return { ...span, rows: w.each("results").map((result) => usageRow(result.only<keyof Columns>(), span)) };
  },
});

/** Tokens per person, ranked by total tokens. Source: Enterprise Analytics, "Get User Usage Report". */
export const userUsage = endpoint({
  dataset: "USER_USAGE",
  ...userReport(ENTERPRISE_NAMES),
  path: "/v1/organizations/analytics/user_usage_report",
  rowId: (row: UsageRow) => reportRowId(row),
  withoutNames: withoutNames<UsageRow>,
  pseudonymous: pseudonymousRows<UsageRow>,
  row: (w: Wire<BetaAnalyticsUsageUsersItem>, p): UsageRow => {
    const span = userSpan(w.only<keyof Bounds<string>>(), p);
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
