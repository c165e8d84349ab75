import { writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { schema } from "../../schema/index.ts";
import { readConfig } from "../../src/config.ts";
import { compare, type Decimal, parseDecimal, sum as sumOf } from "../../src/domain/decimal.ts";
import { readDocuments } from "../../src/server/documents/manifest.ts";
import { Metrics } from "../../src/server/observability/metrics.ts";
import type { Environment } from "../../src/settings/settings.ts";
import { answerOf } from "../answer.ts";
import { settingFaults } from "../setting-faults.ts";
import { ENTRIES, gatewayOfThree, NAMES, ORGANIZATIONS, organizationsFile, variableOf } from "./three.ts";

const DAY = `range: { between: { from: "2026-11-18", until: "2026-11-19" } }`;
const TRUSTED = readDocuments(schema, "");
const KEYS = Object.fromEntries(NAMES.map((name) => [variableOf(name), ORGANIZATIONS[name].key]));

function faultsOf(entries: unknown, settings: Environment = {}): readonly string[] {
  return settingFaults({
    ...KEYS,
    ORGANIZATIONS_FILE: organizationsFile(entries),
    ...settings,
  } as Environment);
}

describe("the file of organizations", () => {
  test("names organizations, each a tenant, and is the end of the sandbox", () => {
    const config = readConfig({ ...KEYS, ORGANIZATIONS_FILE: organizationsFile(ENTRIES) } as Environment);
    expect(config.sandbox).toBeNull();
    expect(config.tenants.map(({ name }) => name)).toEqual(["emea", "us", "platform"]);
    expect(JSON.stringify(config)).not.toMatch(/sk-ant/);
  });

  test("can name a key by the path of its file", () => {
    const path = organizationsFile("");
    writeFileSync(path, `${ORGANIZATIONS.us.key}\n`);
    const entries = [{ name: "us", kind: "enterprise", keyFile: path }];
    const config = readConfig({ ORGANIZATIONS_FILE: organizationsFile(entries) });
    expect(config.tenants[0]?.credentials.analytics?.headers()).toEqual({
      "x-api-key": ORGANIZATIONS.us.key,
    });
  });

  test("joins a Console organization to the Enterprise organization with the same people", () => {
    const entries = ENTRIES.map((each) => (each.name === "platform" ? { ...each, joins: "us" } : each));
    const { tenants } = readConfig({
      ...KEYS,
      ORGANIZATIONS_FILE: organizationsFile(entries),
    } as Environment);
    expect(tenants.map(({ organizations }) => organizations.map(({ name }) => name))).toEqual([
      ["emea"],
      ["us", "platform"],
    ]);
  });

  test("is refused beside keys, teams and aliases of the other way", () => {
    const [fault] = faultsOf(ENTRIES, { ANTHROPIC_ADMIN_KEY: "sk-ant-admin01-x", TEAMS_FILE: "teams.csv" });
    expect(fault).toBe(
      "ORGANIZATIONS_FILE is set, and ANTHROPIC_ADMIN_KEY and TEAMS_FILE are too; unset those, and state keys, teams and aliases of each organization in the file.",
    );
  });

  const one = { name: "a", kind: "enterprise", keyVariable: variableOf("us") };
  test.each<readonly [what: string, entries: unknown, fault: RegExp]>([
    ["no list", {}, /is not a list of 1 to 100 organizations/],
    ["no JSON", "[", /is not JSON/],
    ["an empty list", [], /is not a list/],
    [
      "a key in the file",
      [{ ...one, key: "sk-ant-api01-secret" }],
      /`key` is not read: the file holds no key/,
    ],
    [
      "a key in place of a variable",
      [{ ...one, keyVariable: "sk-ant-api01-secret" }],
      /it must not be the key/,
    ],
    ["no place of a key", [{ name: "a", kind: "console" }], /`keyVariable` or `keyFile` is missing/],
    ["two places of a key", [{ ...one, keyFile: "x" }], /are both stated/],
    ["an unknown field", [{ ...one, nam: "b" }], /unknown field `nam`; use one of name, kind/],
    ["a name that ids cannot hold", [{ ...one, name: "a b" }], /`name` is not/],
    ...[["enterprise"], "constructor", "toString", "__proto__", {}, null].map(
      (kind) =>
        [
          `the kind ${JSON.stringify(kind)}`,
          [{ ...one, kind }],
          /^\S+ entry 1: `kind` is not enterprise or console\.$/m,
        ] as const,
    ),
    [
      "a key in a name of a field",
      [{ ...one, "myKEYsk-ant-api01-secret": 1 }],
      /: a field is not read: the file holds no key/,
    ],
    [
      "an unknown field that can be a key",
      [{ ...one, "9f8e7d6c5b4a": 1 }],
      /unknown field of another name; use one of name/,
    ],
    ["a key as a name", [{ ...one, name: "sk-ant-api01-secret" }], /`name` begins as a key does/],
    [
      "a variable that every object has",
      [{ ...one, keyVariable: "constructor" }],
      /no organization has a key/,
    ],
    [
      "a device as a key file",
      [{ name: "a", kind: "enterprise", keyFile: "/dev/zero" }],
      /the file of `keyFile` is not a regular file/,
    ],
    [
      "a key file that is too long",
      [{ name: "a", kind: "enterprise", keyFile: organizationsFile("k".repeat(65_537)) }],
      /`keyFile` has more than 65536 bytes/,
    ],
    [
      "a missing file of teams",
      [{ ...one, teams: "missing-teams.csv" }],
      /^ORGANIZATIONS_FILE: entry 1: `teams`: the file cannot be read \(ENOENT\)\.$/m,
    ],
    [
      "a missing file of aliases",
      [{ ...one, aliases: "missing.csv" }],
      /entry 1: `aliases`: the file cannot be read/,
    ],
    ["an unknown kind", [{ ...one, kind: "team" }], /`kind` is not enterprise or console/],
    ["two of a name", [one, { ...one, name: "A", keyVariable: variableOf("emea") }], /`name` of entry 1/],
    ["two of a key", [one, { ...one, name: "b" }], /the key of entry 1/],
    [
      "an Admin key of an Enterprise organization",
      [{ ...one, keyVariable: variableOf("platform") }],
      /sk-ant-admin01-/,
    ],
    [
      "parents in a circle",
      [
        { ...one, isParent: true, parent: "b" },
        { ...one, name: "b", keyVariable: "KEY_OF_US", isParent: true, parent: "c" },
        { name: "c", kind: "console", keyVariable: "KEY_OF_PLATFORM", isParent: true, parent: one.name },
      ],
      /entry 1: `parent` leads back to the organization itself\.\n.*entry 2.*back.*\n.*entry 3.*back/,
    ],
    ["a parent that is none", [{ ...one, parent: "b" }], /`parent` is not the name/],
    [
      "a join of an Enterprise organization",
      [{ ...one, joins: "a" }],
      /`joins` is for a console organization/,
    ],
    ["no key at all", [{ ...one, keyVariable: "NOT_SET" }], /no organization has a key/],
  ])("is refused with %s", (_what, entries, fault) => {
    const faults = faultsOf(entries).join("\n");
    expect(faults).toMatch(fault);
    expect(faults).not.toMatch(/secret|TEAMS_FILE|ALIASES_FILE/);
  });
});

describe("a field without an organization", () => {
  const { ask } = gatewayOfThree();

  test("is an error that lists the names where several could be meant", async () => {
    const { data, errors } = await ask(`{ cost(${DAY}) { organization } skills(${DAY}) { organization } }`);
    expect(data).toEqual({ cost: null, skills: null });
    expect(errors?.map(({ message, extensions }) => ({ message, ...extensions }))).toEqual([
      {
        message:
          "Several organizations have these figures, and `organization` names none: use one of `emea`, `us` and `platform`.",
        code: "BAD_USER_INPUT",
        organizations: ["emea", "us", "platform"],
      },
      {
        message:
          "Several organizations have these figures, and `organization` names none: use one of `emea` and `us`.",
        code: "BAD_USER_INPUT",
        organizations: ["emea", "us"],
      },
    ]);
  });

  test("is of the only organization that can be meant", async () => {
    const { data, errors } = await ask(`{ claudeCodeRecords(${DAY}, first: 1) { organization } }`);
    expect(errors).toBeUndefined();
    expect(data.claudeCodeRecords.organization).toBe("platform");
  });

  test("voids no other field where `datasets` could mean several organizations", async () => {
    const { data, errors } = await ask(
      `{ organizations { name } datasets { dataset } us: datasets(organization: "us") { organization } }`,
    );
    expect(errors?.map(({ path, extensions }) => [path, extensions.code])).toEqual([
      [["datasets"], "BAD_USER_INPUT"],
    ]);
    expect(data.datasets).toBeNull();
    expect(data.organizations).toHaveLength(3);
    expect(data.us[0].organization).toBe("us");
  });

  test("is refused for an unknown name, and for one of another kind, with those that would work", async () => {
    const { errors } = await ask(
      `{ a: cost(organization: "apac", ${DAY}) { organization } b: skills(organization: "platform", ${DAY}) { organization } }`,
    );
    expect(errors?.map(({ message }) => message)).toEqual([
      "Unknown organization `apac`: use one of `emea`, `us` and `platform`.",
      "`platform` does not report skills: use one of `emea` and `us`.",
    ]);
  });
});

test("one operation asks several organizations, and each part and each metric names its own", async () => {
  const metrics = new Metrics("1.2.3");
  const { ask, upstream } = gatewayOfThree({ metrics });
  const { data, errors } = await ask(`{
    organizations { name kind hasKey joinedWith }
    emea: cost(organization: "emea", ${DAY}) { organization total { net { cents } } }
    us: cost(organization: "us", ${DAY}) { organization total { net { cents } } }
    platform: cost(organization: "platform", ${DAY}) { organization total { net { cents } } }
  }`);
  expect(errors).toBeUndefined();
  expect(data.organizations).toEqual([
    { name: "emea", kind: "ENTERPRISE", hasKey: true, joinedWith: null },
    { name: "us", kind: "ENTERPRISE", hasKey: true, joinedWith: null },
    { name: "platform", kind: "CONSOLE", hasKey: true, joinedWith: null },
  ]);
  for (const name of NAMES) expect(data[name].organization).toBe(name);
  expect(new Set(NAMES.map((name) => data[name].total.net.cents)).size).toBe(3);
  expect(upstream.seen.map(({ organization }) => organization).sort()).toEqual(["emea", "platform", "us"]);
  const counted = (await metrics.text()).matchAll(
    /^claude_gateway_upstream_requests_total\{.*organization="(\w+)".*\} 1$/gm,
  );
  expect([...counted].map(([, name]) => name).sort()).toEqual(["emea", "platform", "us"]);
});

describe("removing a key", () => {
  const query = `{
    emea: cost(organization: "emea", ${DAY}) { organization }
    us: cost(organization: "us", ${DAY}) { organization }
    platform: cost(organization: "platform", ${DAY}) { organization }
  }`;

  test.each(NAMES)("of %s turns off exactly its own fields", async (name) => {
    const { ask, config, upstream } = gatewayOfThree({ without: [name] });
    const { data, errors } = await ask(query);
    expect(errors?.map(({ path, extensions }) => [path, extensions.code])).toEqual([
      [[name], "NOT_CONFIGURED"],
    ]);
    for (const other of NAMES.filter((each) => each !== name)) expect(data[other].organization).toBe(other);
    expect(upstream.seen.some(({ organization }) => organization === name)).toBe(false);
    expect(config.notes).toEqual([
      `The organization ${name} has no key: ${variableOf(name)} is not set. Its fields answer NOT_CONFIGURED; the others are not affected.`,
    ]);
  });

  test.each(NAMES)("of %s upstream does so too", async (name) => {
    const { ask, upstream } = gatewayOfThree();
    upstream.revoked.add(name);
    const { data, errors } = await ask(query);
    expect(errors?.map(({ path, extensions }) => [path, extensions.code])).toEqual([
      [[name], "UPSTREAM_AUTH"],
    ]);
    for (const other of NAMES.filter((each) => each !== name)) expect(data[other].organization).toBe(other);
  });
});

describe("ids and cursors", () => {
  const { ask } = gatewayOfThree();
  const users = (name: string, after = "") => `{
    users(organization: "${name}", ${DAY}, first: 2${after}) { organization nodes { id } pageInfo { endCursor } }
  }`;

  test("of one organization lead to it, and to no other", async () => {
    const { data } = await ask(users("us"));
    const [{ id }] = data.users.nodes;
    const found = await ask(`{ node(id: "${id}") { id ... on UserSummary { user { email } } } }`);
    expect(found.errors).toBeUndefined();
    expect(found.data.node.id).toBe(id);
    const { errors } = await ask(`{ user(organization: "emea", id: "${id}") { id } }`);
    expect(errors?.[0]?.extensions.code).toBe("BAD_USER_INPUT");
    const { endCursor } = data.users.pageInfo;
    const foreign = await ask(users("emea", `, after: "${endCursor}"`));
    expect(foreign.errors?.[0]?.extensions.code).toBe("CURSOR_INVALID");
    expect((await ask(users("us", `, after: "${endCursor}"`))).errors).toBeUndefined();
  });

  test("of several organizations are not looked up at once", async () => {
    const [us, emea] = await Promise.all([ask(users("us")), ask(users("emea"))]);
    const ids = [us, emea].map(({ data }) => data.users.nodes[0].id);
    const { data, errors } = await ask(`{ nodes(ids: ${JSON.stringify(ids)}) { id } }`);
    expect(data.nodes).toEqual([{ id: ids[0] }, null]);
    expect(errors?.map(({ path, extensions }) => [path, extensions.code])).toEqual([
      [["nodes", 1], "BAD_USER_INPUT"],
    ]);
  });
});

describe("a request that names an organization for all of its fields", () => {
  const { app } = gatewayOfThree();
  const get = (path: string) => app.fetch(`http://gateway.test${path}`);

  test("answers documents of the library, rows, pictures and files of it", async () => {
    const range = "range.between.from=2026-11-18&range.between.until=2026-11-19";
    const { data } = await answerOf(await get(`/q/CostByDay?organization=us&${range}`));
    expect(data.cost.organization ?? "us").toBe("us");
    expect((await get(`/q/CostByDay?format=rows&organization=us&${range}`)).status).toBe(200);
    expect((await get(`/chart/CostByDay.svg?organization=us&${range}`)).status).toBe(200);
    const file = await (await get(`/export/users.ndjson?organization=us&${range}&manifest=line`)).text();
    expect(file).toContain('"organization":"us"');
    const spend = "/export/spend.ndjson?from=2026-11-18&until=2026-11-19&manifest=line";
    expect(await (await get(`${spend}&organization=us`)).text()).toContain('"organization":"us"');
    expect((await get(spend)).status).toBe(400);
    expect((await get(`/q/CostByDay?${range}`)).status).toBe(200);
  });

  test("is never answered with the bytes kept for another", async () => {
    const post = async (search: string) => {
      const response = await app.fetch(`http://gateway.test/graphql${search}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ query: `{ cost(${DAY}) { organization total { net { cents } } } }` }),
      });
      return answerOf(response);
    };
    const first = await Promise.all(NAMES.map((name) => post(`?organization=${name}`)));
    const again = await Promise.all(NAMES.map((name) => post(`?organization=${name}`)));
    expect(again.map(({ data }) => data)).toEqual(first.map(({ data }) => data));
    expect(again.map(({ data }) => data.cost.organization)).toEqual([...NAMES]);
  });
});

describe("the query library", () => {
  const joined = ENTRIES.map((each) => (each.name === "platform" ? { ...each, joins: "emea" } : each));
  const { app, upstream } = gatewayOfThree({ entries: joined, settings: { MAX_UPSTREAM_REQUESTS: "1000" } });
  // Of a member, and of a parent.
  const names = TRUSTED.names.filter((name) => !name.startsWith("My") && name !== "CostByChild");

  test.each(names)("answers %s of the organization that the request names", async (name) => {
    const before = upstream.seen.length;
    const response = await app.fetch(`http://gateway.test/q/${name}?organization=emea`);
    const { errors } = await answerOf(response);
    expect(errors?.filter(({ message }) => /rganization/.test(message)) ?? []).toEqual([]);
    expect(upstream.seen.slice(before).map(({ organization }) => organization)).not.toContain("us");
  });

  test("asks for a kind within the tenant of the request, and never for one of several", async () => {
    const ask = async (kind: string, search = "") => {
      const response = await app.fetch(`http://gateway.test/graphql${search}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ query: `{ cost(organization: "${kind}", ${DAY}) { organization } }` }),
      });
      return answerOf(response);
    };
    expect((await ask("console")).data.cost.organization).toBe("platform");
    expect((await ask("console", "?organization=emea")).data.cost.organization).toBe("platform");
    expect((await ask("enterprise", "?organization=us")).data.cost.organization).toBe("us");
    expect((await ask("enterprise")).errors?.[0]?.extensions.organizations).toEqual(["emea", "us"]);
    expect((await ask("console", "?organization=us")).errors?.[0]?.extensions.code).toBe("BAD_USER_INPUT");
  });
});

function decimalIn(text: string): Decimal {
  return parseDecimal(text) ?? expect.unreachable();
}

describe("sums over organizations", () => {
  const sum = (names: readonly string[]) =>
    `{ combinedCost(organizations: ${JSON.stringify(names)}, ${DAY}) { organizations { organization cost { net { cents } } } total { net { cents } list { cents } } } }`;

  test("are exact, of those that are named, and two requests of each: who it is, and its cost", async () => {
    const { ask, upstream } = gatewayOfThree();
    const { data, errors } = await ask(sum(["us", "emea"]));
    expect(errors).toBeUndefined();
    const { organizations, total } = data.combinedCost;
    expect(organizations.map(({ organization }: { organization: string }) => organization)).toEqual([
      "us",
      "emea",
    ]);
    const me = "/v1/organizations/me";
    const ofCost = upstream.seen.filter(({ path }) => !path.startsWith(me));
    for (const requests of [ofCost, upstream.seen.filter(({ path }) => path.startsWith(me))])
      expect(requests.map(({ organization }) => organization).sort()).toEqual(["emea", "us"]);
    expect(upstream.seen).toHaveLength(4);
    const alone = await Promise.all(
      ["us", "emea"].map((name) =>
        ask(`{ cost(organization: "${name}", ${DAY}) { total { net { cents } } } }`),
      ),
    );
    const parts = alone.map((each) => each.data.cost.total.net.cents);
    expect(organizations.map(({ cost }: { cost: { net: { cents: string } } }) => cost.net.cents)).toEqual(
      parts,
    );
    expect(compare(sumOf(parts.map(decimalIn)), decimalIn(total.net.cents))).toBe(0);
  });

  test("fail as a whole where one of them cannot be read", async () => {
    const { data, errors } = await gatewayOfThree({ without: ["us"] }).ask(sum(["us", "emea"]));
    expect(data.combinedCost).toBeNull();
    expect(errors?.[0]?.extensions.code).toBe("NOT_CONFIGURED");
  });

  test("are refused where one would be counted twice", async () => {
    const entries = ENTRIES.map((each) =>
      each.name === "us"
        ? { ...each, parent: "emea" }
        : each.name === "emea"
          ? { ...each, isParent: true }
          : each,
    );
    const { ask, upstream } = gatewayOfThree({ entries });
    for (const names of [[], ["us", "us"], ["us", "emea"], ["platform", "console"]])
      expect((await ask(sum(names))).errors?.[0]?.extensions.code).toBe("BAD_USER_INPUT");
    expect(upstream.seen).toEqual([]);
  });

  test("are refused for an organization beside the parent of its parent, in either order", async () => {
    const relations = { emea: { isParent: true }, us: { isParent: true, parent: "emea" } };
    const entries = [
      ...ENTRIES.filter(({ name }) => name !== "platform").map((each) => ({
        ...each,
        ...relations[each.name as keyof typeof relations],
      })),
      { name: "berlin", kind: "enterprise", keyVariable: variableOf("platform"), parent: "us" },
    ];
    const settings = { [variableOf("platform")]: "sk-ant-api01-berlin" };
    const { ask, upstream } = gatewayOfThree({ entries, settings });
    for (const names of [
      ["emea", "berlin"],
      ["berlin", "emea"],
    ]) {
      const { data, errors } = await ask(sum(names));
      expect(data.combinedCost).toBeNull();
      expect(errors?.map(({ message }) => message)).toEqual([
        "`berlin` is below `emea`, and its cost can be in that of its parent; name only one of the two.",
      ]);
    }
    expect(upstream.seen).toEqual([]);
  });

  test("count in the plan of their requests", async () => {
    const { app } = gatewayOfThree();
    const response = await app.fetch("http://gateway.test/graphql?explain", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: sum(["us", "emea"]) }),
    });
    const { extensions } = await response.json();
    expect(extensions.plan).toMatchObject({ requests: 2, lookups: 2 });
    const shares: readonly { readonly of: string; readonly organization: string }[] =
      extensions.plan.allowances;
    expect(shares.map(({ of, organization }) => `${of} of ${organization}`)).toEqual([
      "look-ups of us",
      "look-ups of emea",
      "figures of us",
      "figures of emea",
    ]);
  });
});
