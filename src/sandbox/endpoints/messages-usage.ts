import { type Endpoint, type Query, Refusal } from "../endpoint.ts";
import type { Fact } from "../ledger/fact.ts";
import type { Ledger } from "../ledger.ts";
import type { Organization } from "../organization.ts";
import { type Bucket, bucketLimit } from "../reports/buckets.ts";
import type { Cell, Value } from "../reports/cells.ts";
import { consoleBucketed, consoleSeenAt, consoleSpan } from "../reports/console-buckets.ts";
import type { Width } from "../reports/question.ts";
import { UsageTotals } from "../reports/totals.ts";

const FAST_MODE = "fast-mode-2026-02-01";

const DIMENSIONS = [
  "account_id",
  "api_key_id",
  "context_window",
  "inference_geo",
  "model",
  "service_account_id",
  "service_tier",
  "speed",
  "workspace_id",
] as const;
type Dimension = (typeof DIMENSIONS)[number];

const FILTERS: Readonly<Record<string, Dimension>> = {
  "account_ids[]": "account_id",
  "api_key_ids[]": "api_key_id",
  "service_account_ids[]": "service_account_id",
  "workspace_ids[]": "workspace_id",
  "models[]": "model",
  "service_tiers[]": "service_tier",
  "context_window[]": "context_window",
  "inference_geos[]": "inference_geo",
  "speeds[]": "speed",
};

export const messagesUsage = (ledger: Ledger): Endpoint<Bucket<Cell<UsageTotals>>> => ({
  path: "/v1/organizations/usage_report/messages",
  keys: ["admin", "oauth"],
  rateLimit: "console",
  parameters: {
    starting_at: { type: "instant", required: true },
    ending_at: { type: "instant" },
    bucket_width: { type: "text", values: ["1d", "1h", "1m"] },
    "group_by[]": { type: "list", values: DIMENSIONS },
    "account_ids[]": { type: "list" },
    "api_key_ids[]": { type: "list" },
    "service_account_ids[]": { type: "list" },
    "workspace_ids[]": { type: "list" },
    "models[]": { type: "list" },
    "service_tiers[]": {
      type: "list",
      values: ["batch", "flex", "flex_discount", "priority", "priority_on_demand", "standard"],
    },
    "context_window[]": { type: "list", values: ["0-200k", "200k-1M"] },
    "inference_geos[]": { type: "list", values: ["global", "not_available", "us"] },
    "speeds[]": { type: "list", values: ["fast", "standard"] },
  },
  paging: {
    style: "report",
    limit: bucketLimit({ default: 24, max: 168 }, { default: 60, max: 1440 }),
    expires: false,
  },
  answer({ query, now, betas }) {
    const { organization } = ledger;
    const width = (query.text("bucket_width") ?? "1d") as Width;
    const grouped = query.list("group_by[]");
    const seesSpeed = betas.has(FAST_MODE);
    if (!seesSpeed && grouped.includes("speed")) {
      throw new Refusal(400, `group_by[]: speed needs the beta header ${FAST_MODE}`);
    }
    if (!seesSpeed && query.has("speeds[]"))
      throw new Refusal(400, `speeds[]: needs the beta header ${FAST_MODE}`);
    const dimensions = DIMENSIONS.filter((dimension) => grouped.includes(dimension));
    const filters = filtersOf(query);
    const passes = filter(organization, filters);
    return consoleBucketed(ledger, {
      question: ["messages", dimensions, filters],
      span: consoleSpan(query, width, now),
      width,
      asOf: consoleSeenAt(now),
      keys: (fact) =>
        // Code execution and session time have no tokens and are not in this report.
        fact.rate.model === null || !passes(fact)
          ? []
          : [dimensions.map((dimension) => dimensionOf(organization, fact, dimension))],
      totals: () => new UsageTotals(),
      results: (cells) =>
        cells.map(({ key, sums }) => ({ ...dimensionKeys(dimensions, key, seesSpeed), ...sums.wire() })),
    });
  },
});

function filtersOf(query: Query): Readonly<Record<string, readonly string[]>> {
  const sent = Object.keys(FILTERS).filter((name) => query.has(name));
  return Object.fromEntries(sent.map((name) => [name, query.list(name)]));
}

function filter(organization: Organization, filters: Readonly<Record<string, readonly string[]>>) {
  const wanted = Object.entries(filters).map(([name, values]) => {
    const dimension = FILTERS[name] as Dimension;
    const set = new Set<Value>(values);
    // The default workspace reads null in the rows and is requested by its id.
    if (dimension === "workspace_id" && set.has(organization.console.workspaces[0].id)) set.add(null);
    return { dimension, set };
  });
  return (fact: Fact) =>
    wanted.every(({ dimension, set }) => set.has(dimensionOf(organization, fact, dimension)));
}

function dimensionOf(organization: Organization, fact: Fact, dimension: Dimension): string | null {
  const { api, rate, person } = fact;
  const { apiKeys, serviceAccounts, workspaces } = organization.console;
  const at = <T extends { readonly id: string }>(list: readonly T[], index: number | null | undefined) =>
    index === null || index === undefined ? null : (list[index]?.id ?? null);
  switch (dimension) {
    case "account_id":
      return person === null ? null : organization.directories.console.userId(person);
    case "api_key_id":
      return at(apiKeys, api?.apiKey);
    case "service_account_id":
      return at(serviceAccounts, api?.serviceAccount);
    case "workspace_id":
      return api?.workspace === 0 ? null : at(workspaces, api?.workspace);
    case "context_window":
      return rate.contextWindow;
    case "inference_geo":
      return rate.geo ?? "not_available";
    case "model":
      return rate.model;
    case "service_tier":
      return api?.tier ?? null;
    case "speed":
      return rate.speed;
  }
}

function dimensionKeys(dimensions: readonly Dimension[], values: readonly Value[], withSpeed: boolean) {
  const row: Record<string, Value> = {};
  for (const dimension of DIMENSIONS) if (dimension !== "speed" || withSpeed) row[dimension] = null;
  for (const [i, dimension] of dimensions.entries()) row[dimension] = values[i] ?? null;
  return row;
}
