import type {
  BetaAnalyticsCostBucketedResult,
  BetaAnalyticsCostReportTimeBucket,
  BetaAnalyticsCostUsersItem,
} from "@anthropic-ai/sdk/resources/beta/organization/analytics/analytics";
import type { CostRow, Span } from "../../domain/bucket.ts";
import type { Spend } from "../../domain/money.ts";
import type { Bucket, ReportQuestion } from "../../domain/report.ts";
import { endpoint } from "../endpoint.ts";
import type { Wire } from "../wire.ts";
import { FRESH, REPORTS } from "./coverage.ts";
import {
  BUCKET_WIDTHS,
  BUCKETS_PER_PAGE,
  ENTERPRISE_NAMES,
  type EnterpriseColumns,
  enterpriseDimensions,
  type ReportNames,
  reportQuery,
  wholeRange,
} from "./report-query.ts";
import { reportUser } from "./report-user.ts";

export const COST_NAMES = {
  groupBy: { ...ENTERPRISE_NAMES.groupBy, COST_TYPE: "cost_type", TOKEN_TYPE: "token_type" },
  filter: ENTERPRISE_NAMES.filter,
} as const satisfies ReportNames;

/**
 * Cost per bucket, oldest first, empty ones included. A bucket keeps its hundred largest groups and drops the rest without a
 * remainder. Source: Enterprise Analytics, "Get Cost Report".
 */
export const enterpriseCost = endpoint({
  dataset: "ENTERPRISE_COST",
  key: "analytics",
  path: "/v1/organizations/analytics/cost_report",
  paging: "report",
  pageSize: (p: ReportQuestion) => BUCKETS_PER_PAGE[p.bucket],
  query: (p) => ({
    ...reportQuery(COST_NAMES, p),
    bucket_width: BUCKET_WIDTHS[p.bucket === "NONE" ? "DAY" : p.bucket],
  }),
  covers: (p) => p.range,
  coverage: REPORTS,
  subject: "money",
  watermarked: true,
  freshSeconds: FRESH.reports,
  row: (w: Wire<BetaAnalyticsCostReportTimeBucket>): Bucket<Spend> => {
    const span = { from: w.instant("starting_at"), until: w.instant("ending_at") };
    return { ...span, rows: w.each("results").map((result) => costRow(result.only<keyof Columns>(), span)) };
  },
});

/**
 * Cost per person, ranked by net amount; rows of a person's cost or token types stay together. Usage without a person is
 * missing, so the rows add up to less than the organization's cost. Source: Enterprise Analytics, "Get User Cost Report".
 */
export const userCost = endpoint({
  dataset: "USER_COST",
  key: "analytics",
  path: "/v1/organizations/analytics/user_cost_report",
  paging: "report",
  pageSize: () => 1000,
  query: (p: ReportQuestion) => ({
    ...reportQuery(COST_NAMES, { ...p, groupBy: p.groupBy.filter((dimension) => dimension !== "USER") }),
    bucket_width: p.bucket === "NONE" ? undefined : BUCKET_WIDTHS[p.bucket],
  }),
  covers: (p) => p.range,
  coverage: REPORTS,
  subject: "money",
  watermarked: true,
  freshSeconds: FRESH.reports,
  row: (w: Wire<BetaAnalyticsCostUsersItem>, p): CostRow => {
    const span =
      p.bucket === "NONE" ? wholeRange(p) : { from: w.instant("starting_at"), until: w.instant("ending_at") };
    return { ...costRow(w.only<keyof Columns>(), span), user: reportUser(w.at("actor")) };
  },
});

type Columns = Pick<
  BetaAnalyticsCostBucketedResult,
  keyof EnterpriseColumns | "cost_type" | "token_type" | "amount" | "list_amount" | "currency" | "requests"
>;

function costRow(w: Wire<Columns>, span: Span): CostRow {
  const currency = w.string("currency");
  return {
    ...enterpriseDimensions(w.only<keyof EnterpriseColumns>()),
    costType: w.stringOrNull("cost_type"),
    tokenType: w.stringOrNull("token_type"),
    ...span,
    measure: {
      net: { cents: w.decimal("amount"), currency },
      list: { cents: w.decimal("list_amount"), currency },
      requests: w.countOrNull("requests"),
    },
  };
}
