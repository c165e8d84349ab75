import type {
  BetaAnalyticsCostBucketedResult,
  BetaAnalyticsCostReportTimeBucket,
  BetaAnalyticsCostUsersItem,
} from "@anthropic-ai/sdk/resources/beta/organization/analytics/analytics";
import { type CostRow, type Span, withoutNames } from "../../domain/bucket.ts";
import type { SpendAmounts } from "../../domain/money.ts";
import type { BucketRow } from "../../domain/report.ts";
import type { ReportNames } from "../dimension-names.ts";
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

export const COST_NAMES = {
  ...ENTERPRISE_NAMES,
  groupBy: { ...ENTERPRISE_NAMES.groupBy, COST_TYPE: "cost_type", TOKEN_TYPE: "token_type" },
} as const satisfies ReportNames;

/**
 * Cost per bucket, oldest first, empty ones included. A bucket keeps its hundred largest groups and drops the rest without a
 * remainder. Source: Enterprise Analytics, "Get Cost Report".
 */
export const enterpriseCost = endpoint({
  dataset: "ENTERPRISE_COST",
  ...bucketedReport(COST_NAMES),
  path: "/v1/organizations/analytics/cost_report",
  rowId: ({ from }) => from,
  pseudonymous: pseudonymousBuckets<SpendAmounts>,
  row: (w: Wire<BetaAnalyticsCostReportTimeBucket>): BucketRow<SpendAmounts> => {
    const span = spanOf(w.only<keyof Bounds<string>>());
    return { ...span, rows: w.each("results").map((result) => costRow(result.only<keyof Columns>(), span)) };
  },
});

/**
 * Cost per person, ranked by net amount; rows of a person's cost or token types stay together. Usage without a person is
 * missing, so the rows add up to less than the organization's cost. Source: Enterprise Analytics, "Get User Cost Report".
 */
export const userCost = endpoint({
  dataset: "USER_COST",
  ...userReport(COST_NAMES),
  path: "/v1/organizations/analytics/user_cost_report",
  rowId: (row: CostRow) => reportRowId(row),
  withoutNames: withoutNames<CostRow>,
  pseudonymous: pseudonymousRows<CostRow>,
  row: (w: Wire<BetaAnalyticsCostUsersItem>, p): CostRow => {
    const span = userSpan(w.only<keyof Bounds<string>>(), p);
    return { ...costRow(w.only<keyof Columns>(), span), user: reportUser(w.at("actor")) };
  },
});

type Columns = Pick<
  BetaAnalyticsCostBucketedResult,
  keyof EnterpriseColumns | "cost_type" | "token_type" | "amount" | "list_amount" | "currency" | "requests"
>;

function costRow(w: Wire<Columns>, span: Span): CostRow {
  const currency = w.usd("currency");
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
