import type { BetaAnalyticsCostItem } from "@anthropic-ai/sdk/resources/beta/organization/analytics/cost";
import type {
  BetaAnalyticsUsageGroup,
  BetaAnalyticsUsageItem,
} from "@anthropic-ai/sdk/resources/beta/organization/analytics/usage";
import { type CostRow, type Dimensions, type UsageRow, withoutNames } from "../../domain/bucket.ts";
import type { SpendAmounts } from "../../domain/money.ts";
import type { ReportQuestion } from "../../domain/report.ts";
import type { ReportNames } from "../dimension-names.ts";
import { endpoint } from "../endpoint.ts";
import type { Wire } from "../http/wire.ts";
import { FRESH, REPORTS } from "./coverage.ts";
import {
  ANY_BUCKET,
  pseudonymousRows,
  reportQuery,
  reportRowId,
  spanOf,
  unmaskedReport,
  widthOf,
} from "./report-query.ts";
import { NAME_KEYS } from "./report-user.ts";
import { type TokenColumn, tokens } from "./tokens.ts";
import { UNIFIED_COST_NAMES, UNIFIED_USAGE_NAMES } from "./unified-names.ts";
import { unifiedRow } from "./unified-row.ts";

/** Rows of all combinations with data; by time, oldest first, where there are buckets, else largest first. */
const report = (names: ReportNames) =>
  ({
    isOfBothKinds: true,
    needsEnrolment: true,
    namesChildren: ({ filter }: ReportQuestion) => filter.ORGANIZATION !== undefined,
    report: names,
    buckets: ANY_BUCKET,
    paging: "report",
    pageSize: () => 1000,
    query: (p: ReportQuestion) => ({
      ...reportQuery(names, p),
      ...(p.bucket === "NONE"
        ? {}
        : { time_bucket_width: widthOf(p.bucket), order_by: "time", order: "asc" }),
    }),
    beta: () => "analytics-usage-cost-2026-08-24",
    rangeOf: ({ range }: ReportQuestion) => range,
    coverage: REPORTS,
    nameKeys: NAME_KEYS,
    columns: ({ isJoinedByAddress }: ReportQuestion) => isJoinedByAddress !== true,
    subject: "money",
    watermarked: true,
    freshSeconds: FRESH.reports,
    unmasked: unmaskedReport,
  }) as const;

const cost = {
  path: "/v1/organizations/analytics/cost",
  rowId: (row: CostRow, p: ReportQuestion) => (isHidden(row, p) ? null : reportRowId(row)),
  withoutNames: withoutNames<CostRow>,
  pseudonymous: pseudonymousRows<CostRow>,
  row: (w: Wire<BetaAnalyticsCostItem>): CostRow => {
    const group = w.at("group");
    const money = w.at("cost");
    const currency = money.usd("currency");
    const measure: SpendAmounts = {
      net: { cents: money.decimal("amount"), currency },
      list: { cents: money.decimal("list_amount"), currency },
      requests: money.countOrNull("requests"),
    };
    return unifiedRow(
      group.only<keyof BetaAnalyticsUsageGroup>(),
      spanOf(w.only<"starting_at" | "ending_at">()),
      measure,
      { costType: group.stringOrNull("cost_type"), tokenType: group.stringOrNull("token_type") },
    );
  },
} as const;

const usage = {
  path: "/v1/organizations/analytics/usage",
  rowId: (row: UsageRow, p: ReportQuestion) => (isHidden(row, p) ? null : reportRowId(row)),
  withoutNames: withoutNames<UsageRow>,
  pseudonymous: pseudonymousRows<UsageRow>,
  row: (w: Wire<BetaAnalyticsUsageItem>): UsageRow => {
    const counted = w.at("usage");
    return unifiedRow(w.at("group"), spanOf(w.only<"starting_at" | "ending_at">()), {
      ...tokens(counted.only<TokenColumn>()),
      requests: counted.countOrNull("requests"),
    });
  },
} as const;

/**
 * Usage and cost by any dimensions, without the hundred-group cap and with usage that has no person. In beta; the same paths
 * answer for the organization of the key. Source: Usage and Cost Analytics API.
 */
export const unifiedCost = {
  ENTERPRISE: endpoint({
    ...report(UNIFIED_COST_NAMES.ENTERPRISE),
    ...cost,
    dataset: "UNIFIED_ENTERPRISE_COST",
    key: "analytics",
    scope: "read:analytics",
  }),
  CONSOLE: endpoint({
    ...report(UNIFIED_COST_NAMES.CONSOLE),
    ...cost,
    dataset: "UNIFIED_CONSOLE_COST",
    key: "admin",
  }),
} as const;

export const unifiedUsage = {
  ENTERPRISE: endpoint({
    ...report(UNIFIED_USAGE_NAMES.ENTERPRISE),
    ...usage,
    dataset: "UNIFIED_ENTERPRISE_USAGE",
    key: "analytics",
    scope: "read:analytics",
  }),
  CONSOLE: endpoint({
    ...report(UNIFIED_USAGE_NAMES.CONSOLE),
    ...usage,
    dataset: "UNIFIED_CONSOLE_USAGE",
    key: "admin",
  }),
} as const;

/**
 * Rows cannot be identified: a null actor can stand for several that upstream hides, each with its row, and federated ones have
 * no id.
 */
function isHidden({ actor }: Dimensions, { groupBy }: ReportQuestion): boolean {
  if (!groupBy.includes("ACTOR") && !groupBy.includes("USER")) return false;
  return actor === null || actor.kind === "federated" || actor.kind === "unknown";
}
