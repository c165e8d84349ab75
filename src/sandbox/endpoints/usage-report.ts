import type { Endpoint } from "../endpoint.ts";
import type { Ledger } from "../ledger.ts";
import { type Bucket, bucketed, LARGEST_GROUPS, REPORT_LIMIT } from "../reports/buckets.ts";
import { type Cell, compareKeys } from "../reports/cells.ts";
import { dimensionKeys } from "../reports/dimensions.ts";
import { reportParameters, usageDimensions } from "../reports/parameters.ts";
import { question } from "../reports/question.ts";
import { UsageTotals } from "../reports/totals.ts";

type Group = Cell<UsageTotals>;

export const usageReport = (ledger: Ledger): Endpoint<Bucket<Group>> => ({
  path: "/v1/organizations/analytics/usage_report",
  keys: ["enterprise"],
  scope: "read:analytics",
  rateLimit: "analytics",
  version: "optional",
  parameters: { ...reportParameters, "group_by[]": usageDimensions },
  paging: { style: "report", limit: REPORT_LIMIT, expires: true },
  answer(request) {
    const requested = question(request, false);
    return bucketed(
      ledger,
      "usage_report",
      requested,
      () => new UsageTotals(),
      (cells) => cells.toSorted(largestFirst).slice(0, LARGEST_GROUPS),
      ({ key, sums }) => ({
        ...dimensionKeys(requested.dimensions, key),
        ...sums.wire(),
        requests: sums.requests,
      }),
    );
  },
});

function largestFirst(a: Group, b: Group): number {
  return b.sums.total - a.sums.total || b.sums.requests - a.sums.requests || compareKeys(a.key, b.key);
}
