import type { Endpoint } from "../endpoint.ts";
import { enterpriseCents } from "../ledger/prices.ts";
import type { Ledger } from "../ledger.ts";
import { type Bucket, bucketed, LARGEST_GROUPS, REPORT_LIMIT } from "../reports/buckets.ts";
import { compareKeys, type Value } from "../reports/cells.ts";
import { dimensionKeys } from "../reports/dimensions.ts";
import { costDimensions, reportParameters } from "../reports/parameters.ts";
import { question } from "../reports/question.ts";
import { type CostLine, CostTotals } from "../reports/totals.ts";

interface Group extends CostLine {
  readonly key: readonly Value[];
  readonly requests: number | null;
}

export const costReport = (ledger: Ledger): Endpoint<Bucket<Group>> => ({
  path: "/v1/organizations/analytics/cost_report",
  keys: ["enterprise"],
  scope: "read:analytics",
  rateLimit: "analytics",
  version: "optional",
  parameters: { ...reportParameters, "group_by[]": costDimensions },
  paging: { style: "report", limit: REPORT_LIMIT, expires: true },
  answer(request) {
    const requested = question(request, false);
    const isSplit = requested.split.costType || requested.split.tokenType;
    return bucketed(
      ledger,
      "cost_report",
      requested,
      () => new CostTotals(requested.split),
      (cells) =>
        cells
          .flatMap(({ key, sums }) =>
            sums
              .lines(requested.split)
              .map((line): Group => ({ ...line, key, requests: isSplit ? null : sums.requests })),
          )
          .sort(dearestFirst)
          .slice(0, LARGEST_GROUPS),
      ({ key, costType, tokenType, net, list, requests }) => ({
        ...dimensionKeys(requested.dimensions, key),
        amount: enterpriseCents(net),
        list_amount: enterpriseCents(list),
        currency: "USD",
        cost_type: costType,
        token_type: tokenType,
        requests,
      }),
    );
  },
});

function dearestFirst(a: Group, b: Group): number {
  if (a.net !== b.net) return a.net > b.net ? -1 : 1;
  return compareKeys([...a.key, a.costType, a.tokenType], [...b.key, b.costType, b.tokenType]);
}
