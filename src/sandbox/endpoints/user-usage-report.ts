import type { Endpoint } from "../endpoint.ts";
import type { Ledger } from "../ledger.ts";
import { compareKeys } from "../reports/cells.ts";
import { dimensionKeys } from "../reports/dimensions.ts";
import { usageDimensions, userReportParameters } from "../reports/parameters.ts";
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
import { UsageTotals } from "../reports/totals.ts";

const METRIC = {
  output_tokens: (sums: UsageTotals) => sums.output,
  requests: (sums: UsageTotals) => sums.requests,
  total_tokens: (sums: UsageTotals) => sums.total,
  uncached_input_tokens: (sums: UsageTotals) => sums.uncached,
} as const;

export const userUsageReport = (ledger: Ledger): Endpoint<PersonCell<UsageTotals>> => ({
  path: "/v1/organizations/analytics/user_usage_report",
  keys: ["enterprise"],
  scope: "read:analytics",
  rateLimit: "analytics",
  version: "optional",
  parameters: {
    ...userReportParameters,
    "group_by[]": usageDimensions,
    order_by: { type: "text", values: Object.keys(METRIC) },
  },
  paging: { style: "report", limit: { default: 20, max: 1000 }, expires: true },
  answer(request) {
    const { query, now } = request;
    const { organization } = ledger;
    const requested = question(request, true);
    const metric = METRIC[(query.text("order_by") ?? "total_tokens") as keyof typeof METRIC];
    const sign = query.text("order") === "asc" ? 1 : -1;
    const rows = ledger.answers.remember(
      ["user_usage_report", requested, query.text("order_by"), sign],
      () =>
        personCells(ledger, requested, () => new UsageTotals()).toSorted(
          (a, b) => sign * (metric(a.sums) - metric(b.sums)) || compareKeys(a.key, b.key),
        ),
      ({ length }) => length,
    );
    const excludes = query.flag("exclude_deleted_users");
    return {
      rows,
      render: ({ key, sums }) => ({
        actor: actor(organization, personOf(key), now),
        ...dimensionKeys(requested.dimensions, dimensionValues(key)),
        ...bucketBounds(requested, key),
        ...sums.wire(),
        requests: sums.requests,
        total_tokens: sums.total,
      }),
      dropped: ({ key }) => excludes && isDeleted(organization, personOf(key), now),
      envelope: envelope(organization, requested),
    };
  },
});
