import { describe, expect, test } from "vitest";
import type { Fact } from "../src/sandbox/ledger/fact.ts";
import { gateway } from "./gateway.ts";
import { ledgerOf, simulated } from "./simulated.ts";

const DAY = Date.parse("2026-11-18T00:00:00Z");
const NOON = Date.parse("2026-11-22T12:00:00Z");

interface Limit {
  readonly type: string;
  readonly value: number;
  readonly enforced: number;
  readonly organizationValue: number | null;
  readonly setAt: string;
  readonly peak: { readonly at: string; readonly used: number; readonly share: string | null } | null;
}

interface Group {
  readonly type: string;
  readonly displayName: string | null;
  readonly models: readonly string[] | null;
  readonly limits: readonly Limit[];
}

const QUERY = `query ($workspace: String) { rateLimits(day: "2026-11-18", workspace: $workspace) {
  day modelsWithoutGroup groups { type displayName models limits { type value enforced organizationValue setAt peak { at used share } } }
} }`;

/** What each limiter counts of a fact. */
const COUNTED: Readonly<Record<string, (fact: Fact) => number>> = {
  requests_per_minute: ({ requests }) => requests,
  input_tokens_per_minute: (fact) => slow(fact, fact.uncached + fact.write5m + fact.write1h + fact.read),
  input_tokens_per_minute_cache_aware: (fact) => slow(fact, fact.uncached + fact.write5m + fact.write1h),
  output_tokens_per_minute: (fact) => slow(fact, fact.output),
  fast_itpmca: (fact) =>
    fact.uncached + fact.write5m + fact.write1h - slow(fact, fact.uncached + fact.write5m + fact.write1h),
  fast_otpm: (fact) => fact.output - slow(fact, fact.output),
};

function slow({ rate }: Fact, count: number): number {
  return rate.speed === "fast" ? 0 : count;
}

function factsOf(users: number): readonly Fact[] {
  const ledger = ledgerOf(simulated({ users, seed: 1 }));
  return [...ledger.facts("console", { from: DAY, until: DAY + 86_400_000 }, NOON)].filter(
    ({ api, rate }) => api !== null && api.tier !== "batch" && rate.model !== null,
  );
}

test("the peak of each limit is the busiest minute of the base table", async () => {
  const { ask, seen } = gateway({ sandbox: { users: 250 } });
  const { data, errors } = await ask(QUERY);
  expect(errors).toBeUndefined();
  expect(seen.map(({ pathname }) => pathname)).toEqual([
    "/v1/organizations/rate_limits",
    "/v1/organizations/analytics/usage",
  ]);
  const facts = factsOf(250);
  let compared = 0;
  for (const { models, limits } of data.rateLimits.groups as Group[]) {
    const own = facts.filter(({ rate }) => models?.includes(rate.model ?? ""));
    const minutes = Map.groupBy(own, ({ at }) => at);
    for (const { type, value, peak } of limits) {
      const count = COUNTED[type];
      const used =
        count === undefined
          ? []
          : [...minutes.values()].map((all) => all.reduce((sum, fact) => sum + count(fact), 0));
      const most = Math.max(0, ...used);
      if (most === 0) expect(peak, type).toBeNull();
      else {
        compared++;
        expect(peak?.used, type).toBe(most);
        expect(Number(peak?.share)).toBeCloseTo(most / value, 10);
      }
    }
  }
  expect(compared).toBeGreaterThan(8);
  const grouped = new Set((data.rateLimits.groups as Group[]).flatMap(({ models }) => models ?? []));
  const unknown = new Set(facts.flatMap(({ rate }) => (grouped.has(rate.model ?? "") ? [] : [rate.model])));
  expect(new Set(data.rateLimits.modelsWithoutGroup)).toEqual(unknown);
});

describe("limits of a workspace", () => {
  const { workspaces } = simulated({ users: 40, seed: 1 }).console;
  const limitsOf = async (index: number) => {
    const { ask } = gateway({ sandbox: { users: 40 } });
    const { data, errors } = await ask(QUERY, { workspace: workspaces[index]?.id });
    expect(errors).toBeUndefined();
    return (data.rateLimits.groups as Group[]).flatMap(({ limits }) => limits);
  };

  test("are the lower of those of the workspace and of the organization", async () => {
    for (const index of [2, 3, 4, 6])
      for (const { value, organizationValue, enforced } of await limitsOf(index))
        expect(enforced).toBe(Math.min(value, organizationValue ?? value));
    const raised = (await limitsOf(3)).find(({ setAt }) => setAt === "workspace");
    expect(raised).toMatchObject({ value: 9_000, enforced: 3_000 });
    const own = (await limitsOf(4)).find(({ setAt }) => setAt === "workspace");
    expect(own).toMatchObject({ type: "tokens_per_minute", organizationValue: null, enforced: 250_000 });
  });

  test("include those it inherits, so that a workspace without its own has all", async () => {
    const all = await limitsOf(0);
    expect(new Set(all.map(({ setAt }) => setAt))).toEqual(new Set(["organization"]));
    expect(all.length).toBeGreaterThan(15);
  });

  test("of 0 have a peak without a share", async () => {
    const zero = (await limitsOf(6)).find(({ enforced }) => enforced === 0);
    expect(zero?.peak?.share ?? null).toBeNull();
  });

  test("of an unknown workspace are NOT_FOUND", async () => {
    const { ask } = gateway({ sandbox: { users: 40 } });
    const { errors } = await ask(QUERY, { workspace: "wrkspc_none" });
    expect(errors?.[0]?.extensions.code).toBe("NOT_FOUND");
  });
});

test("organizations with HIPAA readiness read peaks from the older report, which counts no requests", async () => {
  const { ask } = gateway({ sandbox: { users: 250, hipaa: ["console"] } });
  const { data, errors } = await ask(QUERY);
  expect(errors).toBeUndefined();
  const limits = (data.rateLimits.groups as Group[]).flatMap((group) => group.limits);
  expect(limits.some(({ type, peak }) => type === "output_tokens_per_minute" && peak !== null)).toBe(true);
  for (const { type, peak } of limits) if (type === "requests_per_minute") expect(peak).toBeNull();
});

test("an OAuth token is sent as a bearer token and opens the Console", async () => {
  const sent: (string | undefined)[] = [];
  const settings = {
    ANTHROPIC_ADMIN_KEY: "",
    ANTHROPIC_ADMIN_TOKEN: "sk-ant-oat01-token",
    ANTHROPIC_ANALYTICS_KEY: "",
  };
  const { ask } = gateway({
    routes: {
      "/v1/organizations/rate_limits": (_query, { headers }) => {
        sent.push(headers.authorization, headers["x-api-key"]);
        return { status: 200, headers: {}, body: JSON.stringify({ data: [], next_page: null }) };
      },
    },
    settings,
  });
  expect((await ask("{ rateLimits { groups { type } } }")).data).toEqual({ rateLimits: { groups: [] } });
  expect(sent).toEqual(["Bearer sk-ant-oat01-token", undefined]);
});
