import type { CacheCreation, ServerToolUsage } from "@anthropic-ai/sdk/resources/messages";
import { NO_DIMENSIONS, type Span, type UsageRow } from "../../domain/bucket.ts";
import type { BucketRow, ReportQuestion } from "../../domain/report.ts";
import type { TokenCounts } from "../../domain/tokens.ts";
import type { ReportNames } from "../dimension-names.ts";
import { endpoint } from "../endpoint.ts";
import type { Wire } from "../http/wire.ts";
import { CONSOLE, FRESH } from "./coverage.ts";
import {
  ANY_BUCKET,
  type Bounds,
  BUCKETS_PER_PAGE,
  pseudonymousBuckets,
  reportQuery,
  spanOf,
  unmaskedReport,
  widthOf,
} from "./report-query.ts";
import { type TokenColumn, tokens } from "./tokens.ts";

export const CONSOLE_USAGE_NAMES = {
  groupBy: {
    MODEL: "model",
    USER: "account_id",
    CONTEXT_WINDOW: "context_window",
    INFERENCE_GEO: "inference_geo",
    SPEED: "speed",
    SERVICE_TIER: "service_tier",
    WORKSPACE: "workspace_id",
    API_KEY: "api_key_id",
    SERVICE_ACCOUNT: "service_account_id",
  },
  filter: {
    MODEL: "models[]",
    USER: "account_ids[]",
    CONTEXT_WINDOW: "context_window[]",
    INFERENCE_GEO: "inference_geos[]",
    SPEED: "speeds[]",
    SERVICE_TIER: "service_tiers[]",
    WORKSPACE: "workspace_ids[]",
    API_KEY: "api_key_ids[]",
    SERVICE_ACCOUNT: "service_account_ids[]",
  },
} as const satisfies ReportNames;

/** As the contract describes it; the published client has no type for it. */
interface WireBucket {
  starting_at: string;
  ending_at: string;
  results: WireResult[];
}

interface WireResult {
  account_id: string | null;
  api_key_id: string | null;
  service_account_id: string | null;
  workspace_id: string | null;
  model: string | null;
  context_window: string | null;
  inference_geo: string | null;
  service_tier: string | null;
  speed?: string | null;
  uncached_input_tokens: number;
  cache_read_input_tokens: number;
  cache_creation: CacheCreation;
  output_tokens: number;
  server_tool_use: Pick<ServerToolUsage, "web_search_requests">;
}

/** Tokens of the Console organization per bucket, oldest first, empty ones included. Source: "Get Messages Usage Report". */
export const consoleUsage = endpoint({
  dataset: "CONSOLE_USAGE",
  report: CONSOLE_USAGE_NAMES,
  buckets: ANY_BUCKET,
  key: "admin",
  path: "/v1/organizations/usage_report/messages",
  paging: "report",
  pageSize: (p: ReportQuestion) => (p.bucket === "MINUTE" ? 1440 : BUCKETS_PER_PAGE[p.bucket]),
  query: (p) => ({
    ...reportQuery(CONSOLE_USAGE_NAMES, p),
    bucket_width: widthOf(p.bucket),
  }),
  beta: (p) => (p.groupBy.includes("SPEED") || p.filter.SPEED ? "fast-mode-2026-02-01" : undefined),
  rangeOf: (p) => p.range,
  coverage: CONSOLE,
  subject: "money",
  freshSeconds: FRESH.reports,
  rowId: ({ from }) => from,
  pseudonymous: pseudonymousBuckets<TokenCounts>,
  unmasked: unmaskedReport,
  row: (w: Wire<WireBucket>, p: ReportQuestion): BucketRow<TokenCounts> => {
    const span = spanOf(w.only<keyof Bounds<string>>());
    return { ...span, rows: w.each("results").map((result) => usageRow(result, span, p)) };
  },
});

function usageRow(w: Wire<WireResult>, span: Span, { groupBy }: ReportQuestion): UsageRow {
  return {
    ...NO_DIMENSIONS,
    model: w.stringOrNull("model"),
    contextWindow: w.stringOrNull("context_window"),
    inferenceGeo: regionOf(w.stringOrNull("inference_geo")),
    speed: w.stringOrNull("speed"),
    serviceTier: w.stringOrNull("service_tier"),
    accountId: w.stringOrNull("account_id"),
    serviceAccountId: w.stringOrNull("service_account_id"),
    apiKeyId: w.stringOrNull("api_key_id"),
    workspaceId: workspaceOf(w.stringOrNull("workspace_id"), groupBy.includes("WORKSPACE")),
    ...span,
    measure: { ...tokens(w.only<TokenColumn>()), requests: null },
  };
}

/** The Console reports say `not_available` where the others say null. */
export function regionOf(region: string | null): string | null {
  return region === "not_available" ? null : region;
}

/** Grouped by workspace, null is the default workspace; otherwise it is nothing. */
export function workspaceOf(id: string | null, grouped: boolean): string | null {
  return grouped ? (id ?? DEFAULT_WORKSPACE) : null;
}

export const DEFAULT_WORKSPACE = "default";
