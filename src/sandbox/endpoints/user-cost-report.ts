import type { Endpoint } from "../endpoint.ts";
import { enterpriseCents } from "../ledger/prices.ts";
import type { Ledger } from "../ledger.ts";
import { compareKeys } from "../reports/cells.ts";
import { dimensionKeys } from "../reports/dimensions.ts";
import { costDimensions, userReportParameters } from "../reports/parameters.ts";
import {
  actor,
  bucketBounds,
  dimensionValues,
  isDeleted,
  type PersonCell,
  personCells,
  personOf,
} from "../reports/people.ts";
import { envelope, question } from "../reports/question.ts";
import { CostTotals } from "../reports/totals.ts";

const METRIC = {
  amount: (sums: CostTotals) => sums.net.units,
  list_amount: (sums: CostTotals) => sums.list.units,
} as const;

/** Rows are ranked as one whatever `cost_type` and `token_type` split them into, and their parts stay together. */
export const userCostReport = (ledger: Ledger): Endpoint<PersonCell<CostTotals>> => ({
  path: "/v1/organizations/analytics/user_cost_report",
  keys: ["enterprise"],
  scope: "read:analytics",
  rateLimit: "analytics",
  version: "optional",
  parameters: {
    ...userReportParameters,
    "group_by[]": costDimensions,
    order_by: { type: "text", values: Object.keys(METRIC) },
  },
  paging: { style: "report", limit: { default: 20, max: 1000 }, expires: true },
  answer(request) {
    const { query, now } = request;
    const { organization } = ledger;
    const requested = question(request, true);
    const isSplit = requested.split.costType || requested.split.tokenType;
    const metric = METRIC[(query.text("order_by") ?? "amount") as keyof typeof METRIC];
    const ascending = query.text("order") === "asc";
    const rows = ledger.answers.remember(
      ["user_cost_report", requested, query.text("order_by"), ascending],
      () =>
        ranked(
          personCells(ledger, requested, () => new CostTotals(requested.split)),
          metric,
          ascending,
        ),
      ({ length }) => length * (isSplit ? 4 : 1),
    );
    const excludes = query.flag("exclude_deleted_users");
    return {
      rows,
      render: ({ key, sums }) => {
        const person = actor(organization, personOf(key), now);
        return sums.lines(requested.split).map(({ costType, tokenType, net, list }) => ({
          actor: person,
          ...dimensionKeys(requested.dimensions, dimensionValues(key)),
          ...bucketBounds(requested, key),
          amount: enterpriseCents(net),
          list_amount: enterpriseCents(list),
          currency: "USD",
          cost_type: costType,
          token_type: tokenType,
          requests: isSplit ? null : sums.requests,
        }));
      },
      dropped: ({ key }) => excludes && isDeleted(organization, personOf(key), now),
      envelope: envelope(organization, requested),
    };
  },
});

function ranked(
  cells: readonly PersonCell<CostTotals>[],
  metric: (sums: CostTotals) => bigint,
  ascending: boolean,
): readonly PersonCell<CostTotals>[] {
  return cells
    .map((cell) => ({ cell, value: metric(cell.sums) }))
    .sort((a, b) => {
      if (a.value === b.value) return compareKeys(a.cell.key, b.cell.key);
      return a.value < b.value === ascending ? -1 : 1;
    })
    .map(({ cell }) => cell);
}
