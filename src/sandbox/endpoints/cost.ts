import type { Endpoint } from "../endpoint.ts";
import { enterpriseCents } from "../ledger/prices.ts";
import type { Ledger } from "../ledger.ts";
import { CostTotals, type Split } from "../reports/totals.ts";
import type { Child } from "../unified/enrolment.ts";
import { costDimensions, UNIFIED_REPORT, unifiedParameters } from "../unified/parameters.ts";
import { question } from "../unified/question.ts";
import { type Measure, type Row, rowsAnswer } from "../unified/rows.ts";

const METRICS = {
  amount: ({ net }: CostTotals) => net.units,
  list_amount: ({ list }: CostTotals) => list.units,
} as const;

/** Rows are ranked as one whatever `cost_type` and `token_type` split them into, and their parts stay together. */
const moneyOf = (split: Split): Measure<CostTotals> => ({
  name: "cost",
  totals: () => new CostTotals(split),
  metrics: METRICS,
  usual: "amount",
  wire: (sums) =>
    sums.lines(split).map(({ costType, tokenType, net, list }) => ({
      group: { cost_type: costType, token_type: tokenType },
      measures: {
        cost: {
          amount: enterpriseCents(net),
          list_amount: enterpriseCents(list),
          currency: "USD",
          requests: split.costType || split.tokenType ? null : sums.requests,
        },
      },
    })),
});

/** Money by dimension, for either organization. */
export const cost = (ledger: Ledger, children: readonly Child[]): Endpoint<Row<CostTotals>> => ({
  ...UNIFIED_REPORT,
  path: "/v1/organizations/analytics/cost",
  parameters: {
    ...unifiedParameters,
    "group_by[]": costDimensions,
    order_by: { type: "text", values: [...Object.keys(METRICS), "time"] },
  },
  answer(request) {
    const requested = question(request, children);
    return rowsAnswer(ledger, children, request, requested, moneyOf(requested.split));
  },
});
