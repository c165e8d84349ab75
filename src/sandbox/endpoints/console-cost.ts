import type { Endpoint } from "../endpoint.ts";
import type { Fact } from "../ledger/fact.ts";
import { COMPONENTS, COST_TYPE, type Component, consoleCents, Sum, TOKEN_TYPE } from "../ledger/prices.ts";
import type { Ledger } from "../ledger.ts";
import type { Workspace } from "../organization/console.ts";
import type { Bucket } from "../reports/buckets.ts";
import { type Cell, compareKeys, type Value } from "../reports/cells.ts";
import { consoleBucketed, consoleSeenAt, consoleSpan, DAYS_LIMIT } from "../reports/console-buckets.ts";

/** Charges of a group, component by component. */
class ComponentTotals {
  readonly net: Readonly<Record<Component, Sum>> = {
    uncached: new Sum(),
    write5m: new Sum(),
    write1h: new Sum(),
    read: new Sum(),
    output: new Sum(),
    searches: new Sum(),
    executions: new Sum(),
    sessionMinutes: new Sum(),
  };

  add(fact: Fact): void {
    for (const component of COMPONENTS) this.net[component].add(fact[component] * fact.rate.net[component]);
  }

  get units(): bigint {
    return COMPONENTS.reduce((sum, component) => sum + this.net[component].units, 0n);
  }
}

export const consoleCost = (ledger: Ledger): Endpoint<Bucket<Cell<ComponentTotals>>> => ({
  path: "/v1/organizations/cost_report",
  keys: ["admin", "oauth"],
  rateLimit: "console",
  parameters: {
    starting_at: { type: "instant", required: true },
    ending_at: { type: "instant" },
    bucket_width: { type: "text", values: ["1d"] },
    "group_by[]": { type: "list", values: ["description", "workspace_id"] },
  },
  paging: { style: "report", limit: DAYS_LIMIT, expires: false },
  answer({ query, now }) {
    const { workspaces } = ledger.organization.console;
    const byWorkspace = query.list("group_by[]").includes("workspace_id");
    const byDescription = query.list("group_by[]").includes("description");
    return consoleBucketed(ledger, {
      question: ["console cost", byWorkspace, byDescription],
      span: consoleSpan(query, "1d", now),
      width: "1d",
      asOf: consoleSeenAt(now),
      keys({ api, rate }) {
        // Priority Tier is paid for otherwise and never in this report.
        if (api === null || api.tier === "priority") return [];
        const workspace = byWorkspace ? idOf(workspaces, api.workspace) : null;
        return byDescription
          ? [[workspace, rate.model, rate.contextWindow, rate.geo, api.tier, rate.speed]]
          : [[workspace]];
      },
      totals: () => new ComponentTotals(),
      results: (cells) => (byDescription ? described(cells) : cells.map(whole)),
    });
  },
});

const UNDESCRIBED = {
  context_window: null,
  cost_type: null,
  description: null,
  inference_geo: null,
  model: null,
  service_tier: null,
  token_type: null,
};

function whole({ key, sums }: Cell<ComponentTotals>) {
  return { amount: consoleCents(sums.units), currency: "USD", ...UNDESCRIBED, workspace_id: key[0] };
}

const COMPONENT_NAMES: Readonly<Record<Component, string>> = {
  uncached: "input",
  write5m: "5m cache write",
  write1h: "1h cache write",
  read: "cache read",
  output: "output",
  searches: "Web search",
  executions: "Code execution",
  sessionMinutes: "Session usage",
};

/** One line per component and kind of usage; tools are charged alike whatever the model. */
function described(cells: readonly Cell<ComponentTotals>[]): object[] {
  const lines = new Map<
    string,
    { readonly key: readonly Value[]; readonly component: Component; units: bigint }
  >();
  for (const { key, sums } of cells) {
    for (const component of COMPONENTS) {
      const { units } = sums.net[component];
      if (units === 0n) continue;
      const own = COST_TYPE[component] === "tokens" ? key : [key[0] ?? null, null, null, null, null, null];
      const name = JSON.stringify([own, component]);
      lines.getOrInsertComputed(name, () => ({ key: own, component, units: 0n })).units += units;
    }
  }
  return [...lines.values()]
    .sort((a, b) => compareKeys([...a.key, a.component], [...b.key, b.component]))
    .map(({ key, component, units }) => {
      const [workspace, model, contextWindow, geo, tier] = key;
      const isTokens = COST_TYPE[component] === "tokens";
      return {
        amount: consoleCents(units),
        context_window: contextWindow,
        cost_type: COST_TYPE[component],
        currency: "USD",
        description: isTokens ? describe(String(model), component, key) : COMPONENT_NAMES[component],
        inference_geo: isTokens ? (geo ?? "not_available") : null,
        model,
        service_tier: tier,
        token_type: TOKEN_TYPE[component],
        workspace_id: workspace,
      };
    });
}

/** As `Claude Haiku 4.5 - output`, with what sets the price apart behind it. */
function describe(
  model: string,
  component: Component,
  [, , contextWindow, geo, tier, speed]: readonly Value[],
): string {
  const [, family = "", ...version] = model.split("-");
  const name = `Claude ${family.charAt(0).toUpperCase()}${family.slice(1)} ${version.join(".")}`;
  const marks = [
    contextWindow === "200k-1M" ? "long context" : "",
    geo === "us" ? "US" : "",
    tier === "batch" ? "batch" : "",
    speed === "fast" ? "fast" : "",
  ].filter((mark) => mark !== "");
  return `${name} - ${COMPONENT_NAMES[component]}${marks.length === 0 ? "" : ` (${marks.join(", ")})`}`;
}

/** The default workspace has no id here. */
function idOf(workspaces: readonly Workspace[], index: number | null): string | null {
  return index === null || index === 0 ? null : (workspaces[index]?.id ?? null);
}
