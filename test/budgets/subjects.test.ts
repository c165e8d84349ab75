import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { SandboxDispatcher } from "../../src/sandbox/dispatcher.ts";
import { createSandbox } from "../../src/sandbox/sandbox.ts";
import type { Environment } from "../../src/settings/settings.ts";
import { gateway, json, NOW, type Route } from "../gateway.ts";
import { simulated } from "../simulated.ts";
import { PATHS, tokenPage, wireGroup, wireGroupMember } from "../wire.ts";
import { settingsOf, withBudgets } from "./files.ts";

/** The first instants of a week and a month, in which hardly anything is spent. */
const MONDAY = "2026-06-01T00:30:00Z";
const FIGURES = "{ budgets { name spent { cents } state } }";
/** Without keys it is the sandbox. */
const NO_KEYS = { ANTHROPIC_ANALYTICS_KEY: "", ANTHROPIC_ADMIN_KEY: "", ANTHROPIC_BASE_URL: "" };
const sandbox = { users: 40, seed: 1 };
const organization = simulated(sandbox);

function standing(budget: object, others: readonly object[] = []) {
  const budgets = [{ name: "all", amountUsd: 1 }, { name: "it", amountUsd: 1_000_000, ...budget }, ...others];
  return gateway({ sandbox, settings: withBudgets(budgets) });
}

describe("a budget of a name that nothing matches", () => {
  test.each<[string, object, RegExp]>([
    ["a model", { model: "claude-opus-9" }, /^Since 2026-10-01 nothing .* \(nearest: claude-opus-4-\d, /],
    ["a model in another case", { model: "Claude-Opus-4-6" }, /letter case .* \(nearest: claude-opus-4-6, /],
    [
      "a model of a year",
      { model: "opus", period: "YEAR" },
      /^Since 2026-01-01 nothing was spent on the model/,
    ],
    ["a key of the Enterprise organization", { apiKey: "apikey_nope" }, /nothing was spent on the API key/],
    [
      "a key of the Console",
      { apiKey: "apikey_nope", organization: "console" },
      /^No API key has the id of this budget \(nearest: apikey_\w+, apikey_\w+, apikey_\w+\); change or/,
    ],
    [
      "a workspace",
      { workspace: `${organization.console.workspaces[1]?.id}x` },
      new RegExp(
        `^No workspace has the id of this budget \\(nearest: ${organization.console.workspaces[1]?.id}, `,
      ),
    ],
    ["a team", { team: "Enginering" }, /^No team has the id or name of this budget \(nearest: Engineering, /],
    ["the id of a person", { person: "user_nobody" }, /^No current member has the id of this budget/],
  ])("is an error, and never on track: %s", async (_what, budget, message) => {
    const { ask } = standing(budget);
    const { data, errors } = await ask(FIGURES);
    expect(data.budgets[0].state).toBe("EXHAUSTED");
    expect(data.budgets[1]).toEqual({ name: "it", spent: null, state: null });
    expect(errors?.map(({ path, extensions }) => [path, extensions.code])).toEqual([
      [["budgets", 1, "spent"], "NOT_FOUND"],
      [["budgets", 1, "state"], "NOT_FOUND"],
    ]);
    expect(errors?.[0]?.message).toMatch(message);
  });
});

describe("a budget of what exists", () => {
  const member = organization
    .newestFirst("enterprise")
    .find((each) => organization.directories.enterprise.isCurrent(each, Date.parse(MONDAY)));
  if (member === undefined) throw new Error("nobody");

  test.each<[string, object]>([
    ["a workspace", { workspace: organization.console.workspaces.at(-1)?.id }],
    ["an API key", { apiKey: organization.console.apiKeys.at(-1)?.id, organization: "console" }],
    ["a member", { person: organization.directories.enterprise.userId(member.index) }],
  ])("has no error without spend in its period: %s", async (_what, budget) => {
    const { ask } = gateway({
      sandbox,
      now: MONDAY,
      settings: withBudgets([{ name: "it", amountUsd: 1_000_000, period: "WEEK", ...budget }]),
    });
    const { data, errors } = await ask(FIGURES);
    expect(errors).toBeUndefined();
    expect(data.budgets).toEqual([{ name: "it", spent: { cents: "0" }, state: "ON_TRACK" }]);
  });

  test("has no error where its model was used in the month before", async () => {
    const { ask } = gateway({
      sandbox,
      now: MONDAY,
      settings: withBudgets([
        { name: "used", amountUsd: 1_000_000, period: "WEEK", model: "claude-opus-4-6" },
        { name: "never used", amountUsd: 1, period: "WEEK", model: "claude-opus-9" },
      ]),
    });
    const { data, errors } = await ask("{ budgets { name state } }");
    expect(data.budgets.map(({ state }: { state: string | null }) => state)).toEqual(["ON_TRACK", null]);
    expect(errors).toHaveLength(1);
  });

  test("counts the default workspace by its id, although rows name none", async () => {
    const [own] = organization.console.workspaces;
    const { ask } = standing({ workspace: own.id });
    const { data, errors } = await ask(`{
      budgets { spent { cents } }
      cost(range: { period: MONTH_TO_DATE }, organization: "console", groupBy: [WORKSPACE]) { nodes { workspace { isDefault } net { cents } } }
    }`);
    expect(errors).toBeUndefined();
    const row = data.cost.nodes.find(
      ({ workspace }: { workspace: { isDefault: boolean } | null }) => workspace?.isDefault,
    );
    expect(data.budgets[1].spent).toEqual(row.net);
    expect(row.net.cents).not.toBe("0");
  });
});

describe("requests for the names of budgets", () => {
  test("are none while spend names them", async () => {
    const { ask, seen } = standing({ model: "claude-opus-4-6" });
    const { errors } = await ask(FIGURES);
    expect(errors).toBeUndefined();
    expect(seen.filter(({ pathname }) => pathname.includes("cost"))).toHaveLength(2);
  });

  test("are one for each of two months, for all models that spend does not name", async () => {
    const { ask, requestsOf } = standing({ model: "a" }, [
      { name: "b", amountUsd: 1, model: "b" },
      { name: "c", amountUsd: 1, model: "c", period: "WEEK" },
    ]);
    const [, first] = await requestsOf(() => ask("{ budgets { name amount { usd } } }"));
    expect(first).toEqual([]);
    const [, requests] = await requestsOf(() => ask(FIGURES));
    expect(requests.filter(({ pathname }) => pathname.includes("cost"))).toHaveLength(5);
  });

  test("are the two lists of workspaces, for all that spend does not name", async () => {
    const { ask, seen } = standing({ workspace: "wrkspc_a" }, [
      { name: "b", amountUsd: 1, workspace: "wrkspc_b" },
      { name: "c", amountUsd: 1, workspace: "wrkspc_c", period: "QUARTER" },
    ]);
    await ask(FIGURES);
    expect(seen.filter(({ search }) => search.includes("include_archived"))).toHaveLength(2);
  });
});

describe("a team by the id that another team has for a name", () => {
  const groups: readonly (readonly [id: string, name: string, people: number])[] = [
    ["rbac_group_few", "Few", 2],
    ["rbac_group_some", "Some", 6],
    ["rbac_group_many", "rbac_group_few", 12],
  ];
  const routes = Object.fromEntries<Route>([
    [PATHS.groups, () => json(tokenPage(groups.map(([id, name]) => wireGroup(id, { name, role_ids: [] }))))],
    ...groups.map(([id, , people]): [string, Route] => [
      `${PATHS.groups}/${id}/members`,
      () =>
        json(
          tokenPage(
            Array.from({ length: people }, (_, i) =>
              wireGroupMember(`user_${id}_${i}`, { rbac_group_id: id }),
            ),
          ),
        ),
    ]),
  ]);
  const settings = withBudgets([
    { name: "of few", amountUsd: 1, team: "rbac_group_few" },
    { name: "of many", amountUsd: 1, team: "rbac_group_many" },
  ]);

  test("is the one with the id, so that callers who do not see that one do not learn its budget's name", async () => {
    const namesFor = async (others: Environment) => {
      const { ask } = gateway({ routes, settings: { ...settings, ...others } });
      return (await ask("{ budgets { name } }")).data.budgets;
    };
    expect(await namesFor({})).toEqual([{ name: "of few" }, { name: "of many" }]);
    expect(await namesFor({ IDENTITY: "none" })).toEqual([{ name: "of many" }]);
  });
});

describe("the examples of docs/budgets.md", () => {
  const page = readFileSync(new URL("../../docs/budgets.md", import.meta.url), "utf8");
  const [alone, among] = [...page.matchAll(/^```json\n([\s\S]*?)\n```$/gm)].map(([, shown]) => shown);

  test.each<[string, string | undefined, Environment, string]>([
    ["one organization", alone, {}, "budgets"],
    ["several", among, { SANDBOX_ORGANIZATIONS: "three" }, 'budgets(organization: "north")'],
  ])("have figures in the sandbox of %s", async (_what, shown, settings, field) => {
    const upstream = createSandbox({ users: 250, seed: 1, now: () => Date.parse(NOW), rateLimit: "off" });
    const { ask } = gateway({
      dispatcher: new SandboxDispatcher(upstream),
      settings: { ...NO_KEYS, ...settingsOf(shown), ...settings },
    });
    const { data, errors } = await ask(`{ ${field} { name subject spent { cents } } }`);
    expect(errors).toBeUndefined();
    expect(data.budgets.map(({ subject }: { subject: string }) => subject)).toEqual([
      "ORGANIZATION",
      "TEAM",
      "WORKSPACE",
      "MODEL",
    ]);
    for (const { name, spent } of data.budgets) expect(spent.cents, name).not.toBe("0");
  });
});
