import { type CostRow, NO_DIMENSIONS, type Span } from "../../domain/bucket.ts";
import type { SpendAmounts } from "../../domain/money.ts";
import type { BucketRow, ReportQuestion } from "../../domain/report.ts";
import type { ReportNames } from "../dimension-names.ts";
import { endpoint } from "../endpoint.ts";
import type { Wire } from "../http/wire.ts";
import { regionOf, workspaceOf } from "./console-usage.ts";
import { CONSOLE, FRESH } from "./coverage.ts";
import { type Bounds, pseudonymousBuckets, reportQuery, spanOf } from "./report-query.ts";

/** Upstream fills the details only where lines are described. */
export const CONSOLE_COST_NAMES = {
  groupBy: { WORKSPACE: "workspace_id", DESCRIPTION: "description" },
  filter: {},
  fills: {
    DESCRIPTION: ["MODEL", "CONTEXT_WINDOW", "INFERENCE_GEO", "SERVICE_TIER", "COST_TYPE", "TOKEN_TYPE"],
  },
} as const satisfies ReportNames;

/** As the contract describes it; the published client has no type for it. */
interface WireDay {
  starting_at: string;
  ending_at: string;
  results: WireResult[];
}

interface WireResult {
  amount: string;
  currency: string;
  description: string | null;
  workspace_id: string | null;
  model: string | null;
  context_window: string | null;
  inference_geo: string | null;
  service_tier: string | null;
  cost_type: string | null;
  token_type: string | null;
}

/** Cost of the Console organization per day, oldest first; Priority Tier is not in it. Source: "Get Cost Report". */
export const consoleCost = endpoint({
  dataset: "CONSOLE_COST",
  report: CONSOLE_COST_NAMES,
  buckets: ["NONE", "DAY"],
  key: "admin",
  path: "/v1/organizations/cost_report",
  paging: "report",
  pageSize: () => 31,
  query: (p: ReportQuestion) => ({ ...reportQuery(CONSOLE_COST_NAMES, p), bucket_width: "1d" }),
  rangeOf: (p) => p.range,
  coverage: CONSOLE,
  subject: "money",
  freshSeconds: FRESH.reports,
  rowId: ({ from }) => from,
  pseudonymous: pseudonymousBuckets<SpendAmounts>,
  row: (w: Wire<WireDay>, p: ReportQuestion): BucketRow<SpendAmounts> => {
    const span = spanOf(w.only<keyof Bounds<string>>());
    return { ...span, rows: w.each("results").map((result) => costRow(result, span, p)) };
  },
});

function costRow(w: Wire<WireResult>, span: Span, { groupBy }: ReportQuestion): CostRow {
  return {
    ...NO_DIMENSIONS,
    description: w.stringOrNull("description"),
    workspaceId: workspaceOf(w.stringOrNull("workspace_id"), groupBy.includes("WORKSPACE")),
    model: w.stringOrNull("model"),
    contextWindow: w.stringOrNull("context_window"),
    inferenceGeo: regionOf(w.stringOrNull("inference_geo")),
    serviceTier: w.stringOrNull("service_tier"),
    costType: w.stringOrNull("cost_type"),
    tokenType: w.stringOrNull("token_type"),
    ...span,
    measure: {
      net: { cents: w.decimal("amount"), currency: w.usd("currency") },
      list: null,
      requests: null,
    },
  };
}
