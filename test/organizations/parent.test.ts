import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { AlertStore } from "../../src/cache/alert-store.ts";
import { sqliteAlerts } from "../../src/cache/sqlite-alerts.ts";
import { compare, type Decimal, parseDecimal, sum } from "../../src/domain/decimal.ts";
import { simulatedOrganizationId } from "../../src/domain/simulated-id.ts";
import { SandboxDispatcher } from "../../src/sandbox/dispatcher.ts";
import type { Handle } from "../../src/sandbox/protocol.ts";
import { createSandbox, sandboxOver } from "../../src/sandbox/sandbox.ts";
import type { Environment } from "../../src/settings/settings.ts";
import { receiver, SECRET } from "../alerts/receiver.ts";
import { newPath } from "../alerts/world.ts";
import { answerOf } from "../answer.ts";
import { withBudgets } from "../budgets/files.ts";
import { gateway, NOW } from "../gateway.ts";
import { settingFaults } from "../setting-faults.ts";
import { ledgerOf, simulated } from "../simulated.ts";
import { organizationsFile } from "./three.ts";

const SEED = 1;
const DAYS = `range: { between: { from: "2026-11-10", until: "2026-11-13" } }`;
const idOf = (child: number) => simulatedOrganizationId({ seed: SEED + child, users: 20 }, "ENTERPRISE");
const keyOf = (organization: number) => `sk-ant-api01-x-seed${SEED + organization}`;

const { handle: SANDBOX } = createSandbox({
  users: 20,
  seed: SEED,
  children: 3,
  now: () => Date.parse(NOW),
  rateLimit: "off",
});

interface Entry {
  readonly name: string;
  readonly [field: string]: unknown;
}

/** A parent and its children; the last one has HIPAA readiness. */
const ENTRIES: readonly Entry[] = [
  { name: "holding", keyVariable: "KEY_0", isParent: true },
  { name: "north", keyVariable: "KEY_1", parent: "holding", id: idOf(1) },
  { name: "south", keyVariable: "KEY_2", parent: "holding", id: idOf(2) },
  { name: "clinic", keyVariable: "KEY_3", parent: "holding", id: idOf(3) },
];

/** An upstream on which every child has HIPAA readiness. */
function allHipaa(): Handle {
  const ofChild = (child: number) => ({
    ledger: ledgerOf(simulated({ seed: SEED + child, users: 20 })),
    hipaa: true,
  });
  const parent = ledgerOf(simulated({ seed: SEED, users: 20 }));
  return sandboxOver(parent, {
    now: () => Date.parse(NOW),
    rateLimit: "off",
    children: [ofChild(1), ofChild(2)],
  }).handle;
}

type Change = (entry: Entry) => Entry | null;

/** A gateway of the parent and its children; `seen` are the paths of upstream requests. */
function family(
  change: Change = (entry) => entry,
  settings: Environment = {},
  handle: Handle = SANDBOX,
  alertStore?: AlertStore,
) {
  const seen: string[] = [];
  const entries = ENTRIES.flatMap((each) => change(each) ?? []).map((each) => ({
    kind: "enterprise",
    ...each,
  }));
  const opened = gateway({
    dispatcher: new SandboxDispatcher({
      handle(request, signal) {
        seen.push(decodeURIComponent(request.path));
        return handle(request, signal);
      },
    }),
    settings: {
      ANTHROPIC_ANALYTICS_KEY: "",
      ANTHROPIC_ADMIN_KEY: "",
      ORGANIZATIONS_FILE: organizationsFile(entries),
      ...Object.fromEntries(ENTRIES.map((_, i) => [`KEY_${i}`, keyOf(i)])),
      ...settings,
    } as Environment,
    ...(alertStore === undefined ? {} : { alertStore }),
  });
  return Object.assign(opened, { upstream: seen });
}

const FIGURES = {
  cost: "net { cents } list { cents } requests",
  usage: "tokens { totalTokens outputTokens requests }",
} as const;

type Row = Readonly<Record<string, unknown>> & { readonly childOrganization?: string };

describe.each(["cost", "usage"] as const)("%s of a parent", (field) => {
  const { ask } = family();
  const figures = FIGURES[field];
  const rowsOf = async (
    organization: string,
    dimensions: string,
    fields: string,
  ): Promise<readonly Row[]> => {
    const { data, errors } = await ask(
      `{ list: ${field}(organization: "${organization}", ${DAYS}, bucket: DAY, groupBy: [${dimensions}], first: 1000) { nodes { from model ${fields} ${figures} } } }`,
    );
    expect(errors).toBeUndefined();
    return data.list.nodes;
  };
  const sorted = (rows: readonly Row[]) => rows.map((row) => JSON.stringify(row)).sort();

  test("has for each child exactly the figures of the child, and none of one with HIPAA readiness", async () => {
    const rows = await rowsOf("holding", "ORGANIZATION, MODEL", "childOrganization");
    expect(new Set(rows.map((row) => row.childOrganization))).toEqual(new Set(["north", "south"]));
    for (const child of ["north", "south"]) {
      const own = rows.filter((row) => row.childOrganization === child);
      const named = own.map(({ childOrganization: _, ...row }) => row);
      expect(sorted(named)).toEqual(sorted(await rowsOf(child, "MODEL", "")));
    }
  });

  test("says what it lacks, unless the answer is of children that are named", async () => {
    const { data, extensions } = await ask(
      `{ all: ${field}(organization: "holding", ${DAYS}) { notIncluded }
        named: ${field}(organization: "holding", ${DAYS}, filter: { organizations: ["north"] }) { notIncluded }
        child: ${field}(organization: "north", ${DAYS}) { notIncluded } }`,
    );
    expect(data.all.notIncluded).toMatch(/leaves out children with HIPAA readiness/);
    expect([data.named.notIncluded, data.child.notIncluded]).toEqual([null, null]);
    const warned = { code: "CHILDREN_LEFT_OUT", message: data.all.notIncluded, path: ["all"] };
    expect(extensions.warnings).toEqual([warned]);
  });
});

describe("a filter on children", () => {
  const cost = (filter: string, organization = "holding") =>
    `{ cost(organization: "${organization}", ${DAYS}, filter: { organizations: ${filter} }, groupBy: [ORGANIZATION]) { total { net { cents } } nodes { childOrganization } } }`;

  test("takes names and ids, and sends upstream ids alone", async () => {
    const { ask, upstream } = family();
    const byName = await ask(cost(`["south"]`));
    expect(byName.data.cost.nodes).toEqual([{ childOrganization: "south" }]);
    expect(upstream.at(-1)).toContain(`&organization_ids[]=${idOf(2)}&`);
    const before = upstream.length;
    expect((await ask(cost(`["${idOf(2).toUpperCase()}"]`))).data).toEqual(byName.data);
    expect(upstream).toHaveLength(before);
    const unknown = await ask(cost(`["${simulatedOrganizationId({ seed: 99, users: 20 }, "ENTERPRISE")}"]`));
    expect(unknown.data.cost).toEqual({ total: null, nodes: [] });
  });

  test("joins alternatives by child", async () => {
    const { ask } = family();
    const { data, errors } = await ask(
      `{ cost(organization: "holding", ${DAYS}, groupBy: [ORGANIZATION, PRODUCT], filter: { any: [{ organizations: ["north"], products: ["chat"] }, { organizations: ["south"], products: ["claude_code"] }] }) { nodes { childOrganization product } } }`,
    );
    expect(errors).toBeUndefined();
    expect(new Set(data.cost.nodes.map((row: Row) => `${row.childOrganization} ${row.product}`))).toEqual(
      new Set(["north chat", "south claude_code"]),
    );
  });

  test("is refused upstream for a child with HIPAA readiness, which closes nothing else", async () => {
    const { ask } = family();
    const { data, errors } = await ask(cost(`["north", "clinic"]`));
    expect(data.cost).toBeNull();
    expect(errors?.[0]?.extensions.code).toBe("UPSTREAM_REFUSED");
    expect(errors?.[0]?.message).toMatch(/names a child with HIPAA readiness/);
    const after = await ask(`{ datasets(organization: "holding") { dataset enabled } }`);
    expect(after.data.datasets).toContainEqual({ dataset: "UNIFIED_ENTERPRISE_COST", enabled: true });
    expect((await ask(cost(`["north"]`))).errors).toBeUndefined();
  });

  test.each([
    [
      "of an organization that is no parent",
      `["south"]`,
      "north",
      /`north` is not a parent organization.*`holding`/,
    ],
    [
      "with an unknown name",
      `["west"]`,
      "holding",
      /Unknown organization `west`.*`north`, `south` and `clinic`/,
    ],
    ["with the parent", `["holding"]`, "holding", /`holding` is not below `holding`/],
  ])("%s is an error without an upstream request", async (_what, filter, organization, message) => {
    const { ask, upstream } = family();
    const { data, errors } = await ask(cost(filter, organization));
    expect(data.cost).toBeNull();
    expect(errors?.[0]?.extensions.code).toBe("BAD_USER_INPUT");
    expect(errors?.[0]?.message).toMatch(message);
    expect(upstream).toEqual([]);
  });

  test("by the name of a child without `id` asks for the id, as its rows have it", async () => {
    const withoutId = family(({ id, ...entry }) => (entry.name === "south" ? entry : { ...entry, id }));
    const { errors } = await withoutId.ask(cost(`["south"]`));
    expect(errors?.[0]?.message).toMatch(/states no `id` of `south`/);
    const { data } = await withoutId.ask(cost(`["${idOf(2)}", "north"]`));
    expect(new Set(data.cost.nodes.map((row: Row) => row.childOrganization))).toEqual(
      new Set([idOf(2), "north"]),
    );
  });
});

test("a child needs no key to be named in the figures of its parent", async () => {
  const { ask, config } = family(({ keyVariable, ...entry }) =>
    entry.name === "south" ? entry : { ...entry, keyVariable },
  );
  expect(config.notes).toEqual([]);
  const { data } = await ask(
    `{ organizations { name hasKey } cost(organization: "holding", ${DAYS}, groupBy: [ORGANIZATION]) { nodes { childOrganization } } own: cost(organization: "south", ${DAYS}) { total { net { cents } } } }`,
  );
  expect(data.organizations).toContainEqual({ name: "south", hasKey: false });
  expect(data.cost.nodes).toContainEqual({ childOrganization: "south" });
  expect(data.own).toBeNull();
});

test("a report is never that of the parent alone unless it is chosen", async () => {
  const handle = allHipaa();
  const { ask } = family(undefined, {}, handle);
  const cost = (source: string) => `{ cost(organization: "holding", ${DAYS}, source: ${source}) { source } }`;
  expect((await ask(cost("AUTO"))).errors?.[0]?.extensions.reason).toBe("HIPAA_READINESS");
  expect((await ask(cost("LEGACY"))).data.cost).toEqual({ source: "LEGACY" });
  const { errors } = await ask(`{ unitCost(organization: "holding", ${DAYS}) { activeUsers } }`);
  expect(errors?.[0]?.message).toMatch(/its cost is that of its children/);
});

test("a key that is not that of a parent is named where the file says that it is", async () => {
  const { ask } = family((entry) => (entry.name === "holding" ? { ...entry, keyVariable: "KEY_2" } : null));
  const { errors } = await ask(
    `{ cost(organization: "holding", ${DAYS}, groupBy: [ORGANIZATION]) { source } }`,
  );
  expect(errors?.[0]?.extensions.code).toBe("UPSTREAM_REFUSED");
  expect(errors?.[0]?.message).toMatch(/key is not that of a parent organization.*`isParent`/);
});

test("`datasets` has the dimension for a parent alone, and says what is left out", async () => {
  const { ask } = family();
  const { data } = await ask(`{
    parent: datasets(organization: "holding") { dataset groupBy filters notIncluded }
    child: datasets(organization: "north") { dataset groupBy filters notIncluded }
  }`);
  const split = (list: readonly { readonly dataset: string; readonly groupBy: readonly string[] }[]) =>
    list.filter(({ groupBy }) => groupBy.includes("ORGANIZATION")).map(({ dataset }) => dataset);
  expect(split(data.parent)).toEqual(["UNIFIED_ENTERPRISE_USAGE", "UNIFIED_ENTERPRISE_COST"]);
  expect(split(data.child)).toEqual([]);
  for (const [list, expected] of [
    [data.parent, true],
    [data.child, false],
  ] as const) {
    const report = list.find(({ dataset }: { dataset: string }) => dataset === "UNIFIED_ENTERPRISE_COST");
    expect(report.filters.includes("organizations")).toBe(expected);
    expect(/HIPAA/.test(report.notIncluded)).toBe(expected);
  }
});

test("the plan of a query by child is the requests that it makes", async () => {
  const { app, ask, upstream } = family();
  const query = `{ cost(organization: "holding", ${DAYS}, groupBy: [ORGANIZATION, MODEL], filter: { organizations: ["north"] }) { total { net { cents } } nodes { childOrganization } } combinedCost(organizations: ["holding"], ${DAYS}) { total { net { cents } } } }`;
  const response = await app.fetch("http://gateway.test/graphql?explain", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query }),
  });
  const { extensions } = await response.json();
  await ask(query);
  expect(extensions.plan.requests + extensions.plan.lookups).toBe(upstream.length);
});

describe("a sum over organizations", () => {
  const sumOver = (...names: readonly string[]) =>
    `{ combinedCost(organizations: ${JSON.stringify(names)}, ${DAYS}) { organizations { organization source notIncluded cost { net { cents } } } total { net { cents } } } }`;

  test("of a parent is that of its children, and says what it lacks", async () => {
    const { ask } = family();
    const parent = await ask(sumOver("holding"));
    const children = await ask(sumOver("north", "south", "clinic"));
    expect(children.errors).toBeUndefined();
    const parts: readonly { organization: string; source: string; cost: { net: { cents: string } } }[] =
      children.data.combinedCost.organizations;
    expect(parts.map(({ source }) => source)).toEqual(["UNIFIED", "UNIFIED", "LEGACY"]);
    const shown = parts.slice(0, 2).map(({ cost }) => decimalIn(cost.net.cents));
    expect(compare(decimalIn(parent.data.combinedCost.total.net.cents), sum(shown))).toBe(0);
    expect(parent.data.combinedCost.organizations[0].notIncluded).toMatch(/HIPAA/);
    expect(parent.extensions.warnings?.map(({ code }) => code)).toEqual(["CHILDREN_LEFT_OUT"]);
  });

  test("counts no child twice, also where the operator has not stated its parent", async () => {
    for (const { ask } of [family(), family(({ parent: _, ...entry }) => entry)]) {
      for (const names of [
        ["holding", "north"],
        ["south", "holding"],
      ]) {
        const { data, errors } = await ask(sumOver(...names));
        expect(data.combinedCost).toBeNull();
        expect(errors?.[0]?.extensions.code).toBe("BAD_USER_INPUT");
      }
    }
  });
});

describe("a budget of a parent", () => {
  const BUDGETS = ["holding", "north"].flatMap((organization) => [
    { name: `all of ${organization}`, organization, amountUsd: 1, thresholds: [100] },
    {
      name: `opus of ${organization}`,
      organization,
      model: "claude-opus-4-6",
      amountUsd: 1,
      thresholds: [100],
    },
  ]);

  test("says what its spend lacks, as its alerts do in every form, and one of a child says nothing", async () => {
    const hooks = [await receiver(), await receiver()] as const;
    const webhooks = [hooks[0].hook, { ...hooks[1].hook, name: "channel", format: "slack" }];
    const { ask, app } = family(
      undefined,
      {
        ...SECRET,
        ...withBudgets(BUDGETS, { webhooks, rises: { of: ["ORGANIZATION"], percent: 1, floorUsd: 1 } }),
      },
      SANDBOX,
      sqliteAlerts({ path: newPath() }),
    );
    const budgets = `name organization spent { cents } notIncluded`;
    const { data, extensions } = await ask(
      `{ holding: budgets(organization: "holding") { ${budgets} } north: budgets(organization: "north") { ${budgets} } total: cost(organization: "holding", range: { period: MONTH_TO_DATE }) { notIncluded total { net { cents } } } }`,
    );
    const [all, opus] = data.holding;
    expect(all.spent.cents).toBe(data.total.total.net.cents);
    for (const each of [all, opus]) expect(each.notIncluded).toBe(data.total.notIncluded);
    expect(data.north.map(({ notIncluded }: { notIncluded: null }) => notIncluded)).toEqual([null, null]);
    const paths = extensions.warnings?.map(({ code, path }) => `${code} ${path.join(".")}`);
    expect(paths?.sort()).toEqual([
      "CHILDREN_LEFT_OUT holding.0.spent",
      "CHILDREN_LEFT_OUT holding.1.spent",
      "CHILDREN_LEFT_OUT total",
    ]);

    await app.runAlerts();
    const alerts = "alerts(organization: $organization) { nodes { event organization notIncluded } }";
    const listed = await Promise.all(
      ["holding", "north"].map((organization) =>
        ask(`query ($organization: String) { ${alerts} }`, { organization }),
      ),
    );
    const told = (organization: string, notIncluded: unknown) =>
      expect(notIncluded, organization).toBe(organization === "holding" ? data.total.notIncluded : null);
    const nodes = listed.flatMap((each) => each.data.alerts.nodes);
    expect(new Set(nodes.map(({ event }: { event: string }) => event)).size).toBeGreaterThan(1);
    for (const { organization, notIncluded } of nodes) told(organization, notIncluded);
    const ofFamily = hooks[0].received.filter(({ body }) => /holding|north/.test(body.data.organization));
    expect(ofFamily.length).toBe(nodes.length);
    for (const { body } of ofFamily) told(body.data.organization, body.data.notIncluded);
    const texts = hooks[1].received.map(({ text }) => text);
    expect(texts.filter((text) => text.includes("holding")).length).toBeGreaterThan(2);
    for (const text of texts)
      expect(/children with HIPAA readiness/.test(text)).toBe(text.includes("holding"));
    await app.dispose();
  });
});

describe("a caller who is limited to organizations", () => {
  const LIMITS = { "holding-only": ["holding"], two: ["holding", "north"], child: ["north"] } as const;
  const path = organizationsFile(
    Object.entries(LIMITS).map(([name, organizations]) => ({
      name,
      role: "OWNER",
      organizations,
      sha256: createHash("sha256").update(name).digest("hex"),
    })),
  );
  const { app, upstream } = family(undefined, { AUTH: "tokens", TOKENS_FILE: path });
  const ask = async (token: keyof typeof LIMITS, args: string, organization = "holding") => {
    const response = await app.fetch("http://gateway.test/graphql", {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body: JSON.stringify({
        query: `{ cost(organization: "${organization}", ${DAYS}, ${args}) { nodes { childOrganization } } }`,
      }),
    });
    return answerOf(response);
  };

  test("sees the children that they may read, where they name them", async () => {
    const { data, errors } = await ask(
      "two",
      `groupBy: [ORGANIZATION], filter: { organizations: ["north"] }`,
    );
    expect(errors).toBeUndefined();
    expect(data.cost.nodes).toEqual([{ childOrganization: "north" }]);
  });

  test.each([
    ["two", "groupBy: [ORGANIZATION]", "FORBIDDEN"],
    ["two", `groupBy: [ORGANIZATION], filter: { any: [{ organizations: ["north"] }] }`, "FORBIDDEN"],
    ["two", `filter: { organizations: ["south"] }`, "BAD_USER_INPUT"],
    ["two", `filter: { organizations: ["north", "${idOf(2)}"] }`, "BAD_USER_INPUT"],
    ["holding-only", "groupBy: [ORGANIZATION]", "FORBIDDEN"],
    ["holding-only", `filter: { organizations: ["${idOf(1)}"] }`, "BAD_USER_INPUT"],
  ] as const)("%s learns nothing of others by %s", async (token, args, code) => {
    const before = upstream.length;
    const { data, errors } = await ask(token, args);
    expect(data.cost).toBeNull();
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual([code]);
    const other = await ask(
      token,
      args.replace("south", "nobody").replace(idOf(2), idOf(7)).replace(idOf(1), idOf(7)),
    );
    const plain = (text = "") => text.replaceAll(/south|nobody|5a4db0c5[-\da-f]+/g, "…");
    expect(plain(other.errors?.[0]?.message)).toBe(plain(errors?.[0]?.message));
    expect(upstream).toHaveLength(before);
  });

  test("does not learn of a parent that they may not read", async () => {
    const { errors } = await ask("child", "groupBy: [ORGANIZATION]", "north");
    expect(errors?.[0]?.message).not.toContain("holding");
  });
});

test("the file refuses ids that are wrong or stated twice", () => {
  const faults = settingFaults({
    KEY_0: keyOf(0),
    ORGANIZATIONS_FILE: organizationsFile([
      { name: "holding", kind: "enterprise", keyVariable: "KEY_0", isParent: true },
      { name: "north", kind: "enterprise", parent: "holding", id: idOf(1) },
      { name: "south", kind: "enterprise", parent: "holding", id: idOf(1).toUpperCase() },
      { name: "west", kind: "enterprise", parent: "holding", id: "org_west" },
      { name: "east", kind: "enterprise", id: idOf(4) },
    ]),
  } as Environment);
  expect(faults).toEqual([
    "ORGANIZATIONS_FILE: entry 4: `id` is not a UUID, such as `organization { organizationId }` has it.",
    "ORGANIZATIONS_FILE: entry 5: `keyVariable` or `keyFile` is missing: it names the environment variable, or the file, with the key.",
    "ORGANIZATIONS_FILE: entry 3 has the `id` of entry 2.",
  ]);
});

function decimalIn(text: string): Decimal {
  return parseDecimal(text) ?? expect.unreachable();
}
