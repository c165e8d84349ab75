import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  getNamedType,
  isAbstractType,
  isInterfaceType,
  isObjectType,
  parse,
  validate,
} from "graphql";
import { describe, expect, test } from "vitest";
import { schema } from "../schema/index.ts";
import type { SharedStore } from "../src/cache/shared-store.ts";
import { ROLES, scopesOfPermission } from "../src/domain/viewer.ts";
import { requirementsById, requirementsOf } from "../src/planning/permissions.ts";
import type { Requires } from "../src/planning/plan.ts";
import { codesOf, guarded, NAMES, permissionsFor } from "./callers.ts";
import { asked, SINGLE } from "./every-field.ts";
import type { Answer, ClientError } from "./gateway.ts";

describe("the rules of the schema", () => {
  test("every question says what it asks of the viewer", () => {
    const silent = Object.values(schema.getQueryType()?.getFields() ?? {}).filter(
      (field) => requirementsOf(field) === null,
    );
    expect(silent.map(({ name }) => name)).toEqual([]);
  });

  /** The fields that a role can come to, from the root on. */
  function reachable(name: string): GraphQLField<unknown, unknown>[] {
    const permits = permissionsFor(name);
    const found: [string, GraphQLField<unknown, unknown>][] = [];
    const met = new Set<GraphQLNamedType>();
    const enter = (type: GraphQLNamedType): void => {
      if (met.has(type)) return;
      met.add(type);
      if (isAbstractType(type)) for (const each of schema.getPossibleTypes(type)) enter(each);
      if (!isObjectType(type)) return;
      for (const field of Object.values(type.getFields())) {
        // Objects by id are asked for by their type.
        if (type.name === "Query" && /^nodes?$/.test(field.name)) continue;
        if (!(requirementsOf(field)?.some((each) => permits[each]) ?? true)) continue;
        found.push([`${type.name}.${field.name}`, field]);
        enter(getNamedType(field.type));
      }
    };
    enter(schema.getQueryType() as GraphQLNamedType);
    return found.map(([name, field]) => Object.assign(Object.create(field), { coordinate: name }));
  }

  const MONEY = /^(Money|Spend|MoneyChange|DerivedMoney|SpendDashboard.+)$/;
  const coordinates = (fields: readonly GraphQLField<unknown, unknown>[]) =>
    fields.map((field) => (field as unknown as { coordinate: string }).coordinate);

  test("no way leads an admin to an amount", () => {
    const fields = reachable("ADMIN");
    const amounts = fields.filter(({ type }) => MONEY.test(getNamedType(type).name));
    expect(coordinates(amounts)).toEqual([]);
    expect(fields.length).toBeGreaterThan(400);
    expect(
      coordinates(reachable("OWNER").filter(({ type }) => MONEY.test(getNamedType(type).name))).length,
    ).toBeGreaterThan(30);
  });

  test("an amount requires `spend:read`, or is in an object that only such fields and ids lead to", () => {
    const isAmount = ({ type }: GraphQLField<unknown, unknown>) =>
      /^(Money|Spend|MoneyChange|DerivedMoney)$/.test(getNamedType(type).name);
    const isGuarded = (required: Requires | null) => {
      const others = required?.filter((each) => each !== "own" && each !== "self") ?? [];
      return others.length > 0 && others.every((each) => scopesOfPermission(each).includes("spend:read"));
    };
    const fieldsOf = (type: GraphQLNamedType) =>
      isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : [];
    const nodes = Object.values(schema.getTypeMap()).filter(
      (type): type is GraphQLObjectType =>
        isObjectType(type) && type.getInterfaces().some(({ name }) => name === "Node"),
    );
    const isOpen = new Set<GraphQLNamedType>();
    const open = (type: GraphQLNamedType): void => {
      if (isOpen.has(type)) return;
      isOpen.add(type);
      if (isAbstractType(type)) for (const each of schema.getPossibleTypes(type)) open(each);
      for (const field of fieldsOf(type))
        if (!isGuarded(requirementsOf(field)) && !isAmount(field)) open(getNamedType(field.type));
    };
    open(schema.getQueryType() as GraphQLNamedType);
    for (const node of nodes) if (!isGuarded(requirementsById(node))) open(node);

    const amounts = Object.values(schema.getTypeMap()).flatMap((type) =>
      fieldsOf(type).flatMap((field) => (isAmount(field) ? [{ type, field }] : [])),
    );
    const unguarded = amounts.filter(
      ({ type, field }) => isOpen.has(type) && !isGuarded(requirementsOf(field)),
    );
    expect(unguarded.map(({ type, field }) => `${type.name}.${field.name}`)).toEqual([]);
    expect(amounts.length).toBeGreaterThan(50);
    expect(amounts.filter(({ type }) => !isOpen.has(type)).length).toBeGreaterThan(20);
  });

  test("no way leads an analyst to what is known of an account, and to names and addresses only by pseudonym", () => {
    const fields = reachable("ANALYST");
    expect(coordinates(fields).filter((name) => /^User\.(role|status)$|\.joinedAt$/.test(name))).toEqual([]);
    const named = fields.filter((_, i) => /^User\.name$|email|manager/i.test(coordinates(fields)[i] ?? ""));
    expect(coordinates(named).length).toBeGreaterThan(4);
    expect(coordinates(named.filter((field) => !requirementsOf(field)?.includes("pseudonyms")))).toEqual([]);
  });

  test.each(["OWNER of groups", "ADMIN of groups"])("no way leads an %s to one person", (name) => {
    const OF_ONE =
      /^(User|UserActor|TeamMember|GroupMember|ClaudeCodeRecord|SkillUse|ConnectorUse|ProjectUse|TopUser|Spender|ClaudeCodeLeader)$/;
    const people = reachable(name).filter(({ type }) => OF_ONE.test(getNamedType(type).name));
    expect(coordinates(people)).toEqual([]);
    expect(
      reachable("OWNER").filter(({ type }) => OF_ONE.test(getNamedType(type).name)).length,
    ).toBeGreaterThan(20);
  });

  test("a service without scopes comes to the organization's name and what is let through alone", () => {
    const roots = coordinates(reachable("SERVICE")).filter((name) => name.startsWith("Query."));
    expect(roots).toEqual(["Query.limits", "Query.organization", "Query.organizations", "Query.viewer"]);
  });

  test("a team lead comes to teams and their people: no list of people, groups or things, and without the scope to no amount", () => {
    const fields = coordinates(reachable("LEAD with spend"));
    expect(fields.filter((name) => name.startsWith("Query."))).toEqual([
      "Query.alerts",
      "Query.budgets",
      "Query.limits",
      "Query.organization",
      "Query.organizations",
      "Query.teams",
      "Query.user",
      "Query.viewer",
    ]);
    expect(
      fields
        .filter((name) => /^(Group|Skill|Connector|Project|Workspace|ApiKey|\w+Connection)\./.test(name))
        .filter((name) => !/^(Alert|ClaudeCodeRecord|TeamMember|TeamSummary)Connection\./.test(name)),
    ).toEqual([]);
    expect(fields).not.toContain("TeamSummaryConnection.overlap");
    const ofLead = reachable("LEAD").filter(({ type }) => MONEY.test(getNamedType(type).name));
    // They have the budgets that state their own address.
    expect(coordinates(ofLead).filter((each) => !/^(Budget|Alert)\./.test(each))).toEqual([]);
  });

  test("a member comes to what is theirs: no list of people, groups or things", () => {
    const fields = coordinates(reachable("MEMBER"));
    expect(fields.filter((name) => name.startsWith("Query."))).toEqual([
      "Query.alerts",
      "Query.budgets",
      "Query.limits",
      "Query.organization",
      "Query.organizations",
      "Query.user",
      "Query.viewer",
    ]);
    expect(
      fields
        .filter((name) => /^(Skill|Connector|Project|Workspace|ApiKey|\w+Connection)\./.test(name))
        .filter((name) => !/^(ClaudeCodeRecord|Alert)Connection\./.test(name)),
    ).toEqual([]);
  });
});

/** What is refused because of the figures, and not of the field. */
function isOfTooFew({ message }: ClientError): boolean {
  return /^Activity of so few people/.test(message);
}

/** What is wrong with how a field by itself is answered to a caller: it is refused exactly where its rule says so. */
async function faultsOf({ askAs, requestsOf }: ReturnType<typeof guarded>, name: string, query: string) {
  const permits: Readonly<Record<string, boolean>> = permissionsFor(name);
  const rules = asked(query);
  const isOpen = (rule: readonly string[] | null) => rule?.some((each) => permits[each]) ?? true;
  const [answer, requests] = await requestsOf(() => askAs(name, query));
  const codes = codesOf({
    ...answer,
    errors: answer.errors?.filter((error) => !isOfTooFew(error)) ?? [],
  });
  const wrong: string[] = [];
  // Rows there may be none of, in whose place nobody was refused anything.
  if (rules.every(isOpen) ? codes.includes("FORBIDDEN") : codes.some((code) => code !== "FORBIDDEN"))
    wrong.push(`${name}: ${query}: ${codes}`);
  if (isRefusedAtRoot(query, name)) {
    if (requests.length > 0 || codes[0] !== "FORBIDDEN")
      wrong.push(`${name}: ${query}: ${requests.length} requests`);
    const extensions = answer.errors?.[0]?.extensions;
    expect(extensions?.scope ?? extensions?.identity, query).toBeTypeOf("string");
  }
  return wrong.filter((line) => !/NOT_YET|BAD_USER_INPUT|TOO_EXPENSIVE/.test(line));
}

function isRefusedAtRoot(query: string, name: string): boolean {
  const permits: Readonly<Record<string, boolean>> = permissionsFor(name);
  const [root] = asked(query);
  return !(root?.some((each) => permits[each]) ?? true);
}

/** The first query of each call: a root is refused in the same way whatever is selected below it. */
const FIRST = [...Map.groupBy(SINGLE, (query) => query.slice(0, query.indexOf("{", 1))).values()].flatMap(
  ([query = ""]) => query,
);

describe("each field alone", () => {
  const opened = guarded();

  test("is a question that can be asked", () => {
    expect(SINGLE.flatMap((query) => validate(schema, parse(query)))).toEqual([]);
    expect(SINGLE.length).toBeGreaterThan(500);
    expect(FIRST.length).toBeGreaterThan(15);
  });

  test.for(NAMES)(
    "is answered to %s, or is FORBIDDEN, as its rule says: in turn, and at each root",
    async (name) => {
      const turn = NAMES.indexOf(name);
      const queries = SINGLE.filter((_, i) => i % NAMES.length === turn);
      const wrong: string[] = [];
      for (const query of new Set([...queries, ...FIRST.filter((each) => isRefusedAtRoot(each, name))]))
        wrong.push(...(await faultsOf(opened, name, query)));
      expect(wrong).toEqual([]);
    },
  );

  test.for(NAMES)(
    "is answered to %s, or is FORBIDDEN, as its rule says; a refusal at the root makes no request",
    {
      tags: "deep",
    },
    async (name) => {
      const opened = guarded();
      const wrong: string[] = [];
      for (const query of SINGLE) wrong.push(...(await faultsOf(opened, name, query)));
      expect(wrong).toEqual([]);
      if (name === "SERVICE")
        expect(SINGLE.filter((query) => isRefusedAtRoot(query, name)).length).toBeGreaterThan(450);
    },
  );
});

describe("an admin learns no spend", () => {
  const range = `range: { period: LAST_MONTH }`;

  test.each([
    ["an order", `{ skills(${range}, orderBy: { field: LIST_PRICE }) { nodes { name } } }`],
    ["another", `{ skills(${range}, orderBy: { field: OVERAGE, direction: ASC }) { nodes { name } } }`],
    [
      "the usual order of a ranking",
      `{ claudeCode(range: { last: { days: 2 } }, bucket: NONE, groupBy: [ACTOR]) { nodes { sessions } } }`,
    ],
    [
      "a share of it",
      `{ claudeCode(range: { last: { days: 2 } }, bucket: DAY) { nodes { sessions shareOfTotal(of: ESTIMATED) } } }`,
    ],
    [
      "a share without a word of it",
      `{ claudeCode(range: { last: { days: 2 } }, bucket: DAY) { nodes { sessions shareOfTotal } } }`,
    ],
    ["a leaderboard", `{ dashboard { claudeCode { leaderboard(by: ESTIMATED) { leaders { sessions } } } } }`],
    [
      "a fragment",
      `fragment F on UserSummary { cost { net { usd } } } { users(${range}, first: 1) { nodes { userId ...F } } }`,
    ],
    ["an alias", `{ x: cost(${range}, bucket: DAY) { totalCount } }`],
  ])("by %s", async (_way, query) => {
    const { askAs } = guarded();
    expect(codesOf(await askAs("ADMIN", query))).toEqual(["FORBIDDEN"]);
    expect((await askAs("OWNER", query)).errors).toBeUndefined();
  });

  test("by a file", async () => {
    const { fileAs } = guarded();
    for (const file of [
      "spend.csv?period=LAST_MONTH",
      "focus.csv?period=LAST_MONTH",
      "cost.csv?range.period=LAST_MONTH",
      "skills.csv?range.period=LAST_MONTH&fields=name,listPrice.usd",
    ]) {
      expect((await fileAs("ADMIN", file)).status, file).toBeGreaterThanOrEqual(400);
      const allowed = await fileAs("OWNER", file);
      expect(allowed.status, file).toBe(200);
      await allowed.text();
    }
    const skills = await (await fileAs("ADMIN", "skills.csv?range.period=LAST_MONTH")).text();
    expect(skills.split("\n")[0]).toContain("invocations");
    expect(skills.split("\n")[0]).not.toMatch(/price|overage/i);
  });

  test("by a file that has tokens by person as well, which need a separate scope", async () => {
    const { fileAs } = guarded();
    for (const [name, missing] of [
      ["SERVICE-spend-read", "activity:read"],
      ["SERVICE-activity-read", "spend:read"],
    ] as const) {
      const refused = await fileAs(name, "spend.csv?period=LAST_MONTH");
      expect([refused.status, await refused.text()]).toEqual([403, expect.stringContaining(missing)]);
    }
  });

  test("by an answer or a cursor of an owner's, two hundred of them at once", async () => {
    const { askAs, seen } = guarded();
    const query = `query ($after: String) { users(${range}, first: 5) { nodes { userId cost { net { usd } } } } cost(${range}, groupBy: [MODEL], first: 2, after: $after, bucket: DAY) { nodes { net { usd } } pageInfo { endCursor } } }`;
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) => askAs(i % 2 === 0 ? "OWNER" : "ADMIN", query)),
    );
    for (const [i, { data, errors }] of answers.entries()) {
      if (i % 2 === 0) {
        expect(errors).toBeUndefined();
        continue;
      }
      expect(codesOf({ data, errors } as Answer)).toEqual(["FORBIDDEN"]);
      expect(data.cost).toBeNull();
      expect(data.users.nodes).toHaveLength(5);
      expect(JSON.stringify(data)).not.toContain("usd");
    }
    const after = answers[0]?.data.cost.pageInfo.endCursor;
    const before = seen.length;
    expect((await askAs("ADMIN", query, { after })).data.cost).toBeNull();
    expect(seen.length).toBe(before);
  });
});

describe("an admin learns no spend in other ways", () => {
  const range = `range: { period: LAST_MONTH }`;
  const MONEY = `{ cost(${range}, groupBy: [MODEL], bucket: DAY) { nodes { net { usd } } } }`;

  test("by whether it is kept: nothing is looked up for what is refused", async () => {
    const reads: string[] = [];
    const kept = new Map<string, Uint8Array>();
    const store: SharedStore = {
      about: { store: "redis", host: "store.test" },
      acquire: async () => true,
      release: async () => {},
      take: async () => 0,
      block: async () => {},
      occupancy: async () => ({ freeInMs: [], blockedMs: 0 }),
      delete: async (key) => void kept.delete(key),
      dispose: async () => {},
      get: async (key) => {
        reads.push(key);
        return kept.get(key) ?? null;
      },
      set: async (key, bytes) => void kept.set(key, bytes),
    };
    const { askAs } = guarded({ store });
    const cold = await askAs("ADMIN", MONEY);
    expect(reads).toEqual([]);
    await askAs("OWNER", MONEY);
    await expect.poll(() => kept.size).toBeGreaterThan(0); // pages are stored behind the answer
    reads.length = 0;
    const warm = await askAs("ADMIN", MONEY);
    expect(reads).toEqual([]);
    expect(warm).toEqual(cold);
  });

  test("by the plan of it", async () => {
    const { app, headersOf, askAs } = guarded();
    const explained = async (name: string) => {
      const body = JSON.stringify({ query: MONEY });
      const init = { method: "POST", headers: headersOf(name), body };
      return (await (await app.fetch("http://gateway.test/graphql?explain", init)).json()) as Answer;
    };
    const fieldsOf = (answer: Answer) =>
      (answer.extensions as unknown as { plan: { fields: unknown[] } }).plan.fields;
    const before = await explained("ADMIN");
    expect(fieldsOf(before)).toEqual([]);
    await askAs("OWNER", MONEY);
    expect(await explained("ADMIN")).toEqual(before);
    expect(fieldsOf(await explained("OWNER")).length).toBe(1);
  });

  test("by the order of rows, or by a cursor", async () => {
    const { askAs } = guarded();
    const ranked = (by: string) =>
      `{ claudeCode(range: { last: { days: 3 } }, bucket: DAY, groupBy: [MODEL], first: 100) { edges { cursor node { model from inputTokens outputTokens cacheReadTokens cacheCreationTokens ${by} } } } }`;
    const { data } = await askAs("ADMIN", ranked(""));
    const rows = data.claudeCode.edges.map(({ node }: { node: object }) => node);
    type Row = Record<"inputTokens" | "outputTokens" | "cacheReadTokens" | "cacheCreationTokens", number> & {
      from: string;
      model: string;
    };
    const tokens = (row: Row) =>
      row.inputTokens + row.outputTokens + row.cacheReadTokens + row.cacheCreationTokens;
    const sorted = rows.toSorted((a: Row, b: Row) =>
      a.from < b.from ? -1 : a.from > b.from ? 1 : tokens(b) - tokens(a),
    );
    expect(rows).toEqual(sorted);
    const owner = await askAs("OWNER", ranked("estimated { usd cents }"));
    const amounts = owner.data.claudeCode.edges.map(
      ({ node }: { node: { estimated: { cents: string } } }) => node.estimated.cents,
    );
    expect(amounts.length).toBeGreaterThan(4);
    const cursors = [...data.claudeCode.edges, ...owner.data.claudeCode.edges].map(
      ({ cursor }: { cursor: string }) => Buffer.from(cursor, "base64url").toString(),
    );
    for (const amount of amounts) expect(cursors.filter((text) => text.includes(amount))).toEqual([]);
  });
});

/** A list of one team with all of these people. */
function teamsFileOf(emails: readonly string[]): string {
  const path = join(mkdtempSync(join(tmpdir(), "teams-")), "teams.csv");
  writeFileSync(path, ["email,team", ...emails.map((email) => `${email},Atlas`)].join("\n"));
  return path;
}

describe("a member", () => {
  const FIELDS =
    "userId email name cost(range: { period: LAST_MONTH }) { net { usd } } activity(range: { period: LAST_MONTH }) { chat { messages } } claudeCode(range: { last: { days: 3 } }) { estimated { usd } }";

  test("sees all that is theirs, and of anybody else not even whether they are there", async () => {
    const owner = guarded();
    const { data: all } = await owner.askAs(
      "OWNER",
      `{ users(range: { period: LAST_MONTH }, first: 3) { nodes { id user { id } userId email name } } }`,
    );
    const [self, other] = all.users.nodes;
    const { askAs } = guarded({ email: self.email });
    for (const by of [
      "",
      `(email: "${self.email.toUpperCase()}")`,
      `(id: "${self.id}")`,
      `(id: "${self.userId}")`,
    ]) {
      const { data, errors } = await askAs("MEMBER", `{ user${by} { ${FIELDS} } }`);
      expect(errors).toBeUndefined();
      expect(data.user).toMatchObject({ userId: self.userId, email: self.email, name: self.name });
    }
    const sentences = new Set<string>();
    for (const by of [
      `email: "${other.email}"`,
      `email: "nobody@example.com"`,
      `id: "${other.id}"`,
      `id: "user_nobody"`,
    ]) {
      const answer = await askAs("MEMBER", `{ user(${by}) { userId } }`);
      expect(codesOf(answer)).toEqual(["FORBIDDEN"]);
      sentences.add(answer.errors?.[0]?.message ?? "");
    }
    expect(sentences.size).toBe(1);
    expect(codesOf(await askAs("MEMBER", `{ node(id: "${other.user.id}") { id } }`))).toEqual(["FORBIDDEN"]);
    expect((await askAs("MEMBER", `{ node(id: "${self.user.id}") { id } }`)).errors).toBeUndefined();
    const things = await askAs(
      "MEMBER",
      `{ user { skills(range: { period: LAST_MONTH }) { name invocations skill { users } } groups { name members { totalCount } } } }`,
    );
    expect(codesOf(things)).toEqual(["FORBIDDEN"]);
    expect(things.data.user.skills.every(({ skill }: { skill: null }) => skill === null)).toBe(true);
  });

  test("comes to their teams by name, and to no figure or person of these", async () => {
    const { data: all } = await guarded().askAs(
      "OWNER",
      `{ users(range: { period: LAST_MONTH }, first: 4) { nodes { email } } }`,
    );
    const emails: string[] = all.users.nodes.map(({ email }: { email: string }) => email);
    const settings = { TEAMS_FILE: teamsFileOf(emails) };
    const { askAs } = guarded({ email: emails[0] ?? "", settings });
    const team = await askAs("MEMBER", "{ user { team teams { id name } } }");
    expect(team.data.user).toMatchObject({ team: "Atlas", teams: [{ name: "Atlas" }] });
    const range = "range: { period: LAST_MONTH }";
    for (const field of [
      `cost(${range}) { net { cents } }`,
      `activity(${range}) { users }`,
      `claudeCode(${range}) { estimated { cents } }`,
      "memberCount",
      "manager",
      "members { nodes { email } }",
    ]) {
      const { data, errors } = await askAs("MEMBER", `{ user { teams { ${field} } } }`);
      expect(errors?.[0]?.extensions.code, field).toBe("FORBIDDEN");
      expect(Object.values(data.user.teams[0]), field).toEqual([null]);
    }
    const { data: ofTeam } = await askAs("OWNER", `{ teams(${range}) { nodes { cost { net { cents } } } } }`);
    expect(ofTeam.teams.nodes[0].cost.net.cents).toMatch(/^\d/);
  });

  test("gets an error where the address of their token does not belong to a member", async () => {
    const { errors } = await guarded({ email: "nobody@example.com" }).askAs("MEMBER", "{ user { userId } }");
    expect(errors).toMatchObject([
      {
        message: expect.stringContaining("no verified address of a current member"),
        extensions: { code: "NOT_FOUND" },
      },
    ]);
  });
});

test.each(["LEAD", "MEMBER", "SERVICE"])(
  "%s does not learn by the plan of an id whether others have requested it",
  async (name) => {
    const { app, headersOf, askAs } = guarded();
    const { data } = await askAs(
      "OWNER",
      `{ claudeCodeRecords(range: { last: { days: 2 } }, first: 1) { nodes { id } } skills(range: { period: LAST_MONTH }, first: 1) { nodes { id } } }`,
    );
    const ids = [...data.claudeCodeRecords.nodes, ...data.skills.nodes].map(({ id }: { id: string }) => id);
    const query = `query ($ids: [ID!]!) { nodes(ids: $ids) { id } }`;
    const body = JSON.stringify({ query, variables: { ids } });
    const init = { method: "POST", headers: headersOf(name), body };
    const answer = await (await app.fetch("http://gateway.test/graphql?explain", init)).json();
    expect(answer.extensions.plan).toMatchObject({ requests: 0, lookups: 0, fields: [] });
  },
);

test("roles that are all-seeing see all", () => {
  expect(ROLES.PRIMARY_OWNER).toEqual(ROLES.OWNER);
  expect(ROLES.ADMIN).not.toContain("spend:read");
});
