import type { Endpoint } from "../endpoint.ts";
import type { Ledger } from "../ledger.ts";
import { UsageTotals } from "../reports/totals.ts";
import type { Child } from "../unified/enrolment.ts";
import { UNIFIED_REPORT, unifiedParameters, usageDimensions } from "../unified/parameters.ts";
import { question } from "../unified/question.ts";
import { type Measure, type Row, rowsAnswer } from "../unified/rows.ts";

const TOKENS: Measure<UsageTotals> = {
  name: "usage",
  totals: () => new UsageTotals(),
  leavesOut: ({ sessionMinutes }) => sessionMinutes > 0,
  metrics: {
    output_tokens: ({ output }) => output,
    requests: ({ requests }) => requests,
    total_tokens: ({ total }) => total,
    uncached_input_tokens: ({ uncached }) => uncached,
  },
  usual: "total_tokens",
  wire: (sums) => [
    {
      group: {},
      measures: { usage: { ...sums.wire(), requests: sums.requests, total_tokens: sums.total } },
    },
  ],
};

/** Tokens by dimension, for either organization. */
export const usage = (ledger: Ledger, children: readonly Child[]): Endpoint<Row<UsageTotals>> => ({
  ...UNIFIED_REPORT,
  path: "/v1/organizations/analytics/usage",
  parameters: {
    ...unifiedParameters,
    "group_by[]": usageDimensions,
    order_by: { type: "text", values: [...Object.keys(TOKENS.metrics), "time"] },
  },
  answer: (request) => rowsAnswer(ledger, children, request, question(request, children), TOKENS),
});
