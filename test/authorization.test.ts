import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLOutputType,
  getNamedType,
  isAbstractType,
  isEnumType,
  isLeafType,
  isObjectType,
  parse,
  TypeInfo,
  validate,
  visit,
  visitWithTypeInfo,
} from "graphql";
import { afterAll, describe, expect, test } from "vitest";
import { asksFor } from "../schema/demand.ts";
import { schema } from "../schema/index.ts";
import { permitsOf, ROLES, type Role, scopesOf, seeing, type Viewer } from "../src/domain/viewer.ts";
import { sha256 } from "../src/server/tokens.ts";
import { type Answer, gateway } from "./gateway.ts";
import { QUESTIONS } from "./reachability/asking.ts";

const folder = mkdtempSync(join(tmpdir(), "authorization-"));
afterAll(() => rmSync(folder, { recursive: true }));

const WHO: readonly Role[] = ["OWNER", "ADMIN", "ANALYST", "MEMBER", "SERVICE"];

/** Like the tokens of `guarded`. */
function viewerOf(role: Role): Viewer {
  const viewer = { name: role, role, scopes: scopesOf(role, null), email: null, documents: null };
  return seeing(viewer, undefined, { byRole: {}, minPeople: 5 });
}

/** A gateway with a token for each role, the member's with an address. */
function guarded(email = "nobody@ternplover.example", users = 30) {
  const path = join(folder, `${crypto.randomUUID()}.json`);
  const tokens = WHO.map((role) => ({
    name: role,
    role,
    sha256: sha256(role).toString("hex"),
    ...(role === "MEMBER" ? { email } : {}),
    ...(role === "SERVICE" ? { scopes: [] } : {}),
  }));
  writeFileSync(path, JSON.stringify(tokens));
  const opened = gateway({ sandbox: { users }, settings: { AUTH: "tokens", TOKENS_FILE: path } });
  const headersOf = (role: Role) => ({ "content-type": "application/json", authorization: `Bearer ${role}` });
  return {
    ...opened,
    async askAs(role: Role, query: string, variables: object = {}): Promise<Answer> {
      const body = JSON.stringify({ query, variables });
      const response = await opened.app.fetch("http://gateway.test/graphql", {
        method: "POST",
        headers: headersOf(role),
        body,
      });
      return (await response.json()) as Answer;
    },
    fileAs: (role: Role, file: string) =>
      opened.app.fetch(`http://gateway.test/export/${file}`, { headers: headersOf(role) }),
  };
}

const codesOf = ({ errors }: Answer) => [...new Set(errors?.map(({ extensions }) => extensions.code))];

describe("the rules of the schema", () => {
  test("every question says what it asks of the viewer", () => {
    const silent = Object.values(schema.getQueryType()?.getFields() ?? {}).filter(
      (field) => asksFor(field) === null,
    );
    expect(silent.map(({ name }) => name)).toEqual([]);
  });

  /** The fields that a role can come to, from the root on. */
  function reachable(role: Role): GraphQLField<unknown, unknown>[] {
    const permits = permitsOf(viewerOf(role));
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
        if (!(asksFor(field)?.some((each) => permits[each]) ?? true)) continue;
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

  test("no way leads an analyst to the name or address of a person", () => {
    const named = coordinates(reachable("ANALYST")).filter((name) =>
      /^User\.(name|email|role|status)$|email|manager/i.test(name),
    );
    expect(named).toEqual([]);
  });

  test("a service without scopes comes to the organization's name alone", () => {
    const roots = coordinates(reachable("SERVICE")).filter((name) => name.startsWith("Query."));
    expect(roots).toEqual(["Query.organization"]);
  });

  test("a member comes to what is theirs: no list of people, groups or things", () => {
    const fields = coordinates(reachable("MEMBER"));
    expect(fields.filter((name) => name.startsWith("Query."))).toEqual(["Query.organization", "Query.user"]);
    expect(
      fields
        .filter((name) => /^(Skill|Connector|Project|Workspace|ApiKey|\w+Connection)\./.test(name))
        .filter((name) => !name.startsWith("ClaudeCodeRecordConnection.")),
    ).toEqual([]);
  });
});

/** Selections below a type that between them reach each field alone. */
function selectionsBelow(type: GraphQLNamedType, split: readonly string[], met: Set<string>): string[] {
  if (isAbstractType(type))
    return schema
      .getPossibleTypes(type)
      .flatMap((each) =>
        selectionsBelow(each, split, met).map((inner) => `... on ${each.name} { ${inner} }`),
      );
  if (!isObjectType(type)) return [];
  return Object.values(type.getFields()).flatMap((field) => {
    const { dimension } = field.extensions;
    const coordinate = `${type.name}.${field.name}`;
    if (met.has(coordinate) || (typeof dimension === "string" && !split.includes(dimension))) return [];
    met.add(coordinate);
    const named = getNamedType(field.type);
    if (isLeafType(named)) return [field.name];
    return [
      `${field.name} { __typename }`,
      ...selectionsBelow(named, split, met).map((inner) => `${field.name} { ${inner} }`),
    ];
  });
}

const DAY = `range: { between: { from: "2026-11-18", until: "2026-11-19" } }`;
const CALLS = [
  ...Object.values(QUESTIONS)
    .flat()
    .filter((call) => !call.startsWith("user(")),
  "dashboard",
  "datasets",
  `teams(${DAY})`,
  `reconciliation(${DAY})`,
  `claudeCode(${DAY}, groupBy: [ACTOR])`,
  "costProjection",
  `unitCost(${DAY})`,
  "idleSeats(days: 1)",
].filter((call) => schema.getQueryType()?.getFields()[/^\w+/.exec(call)?.[0] ?? ""]);

const met = new Set<string>();
const SINGLE = CALLS.flatMap((call) => {
  const field = schema.getQueryType()?.getFields()[/^\w+/.exec(call)?.[0] ?? ""];
  const split = /groupBy: \[(.*?)\]/.exec(call)?.[1]?.split(", ") ?? [];
  return selectionsBelow(getNamedType(field?.type as GraphQLOutputType), split, met).map(
    (inner) => `{ ${call} { ${inner} } }`,
  );
});

function asksOfDefault({ type, defaultValue }: GraphQLArgument): readonly string[] | null {
  const named = getNamedType(type);
  const value = isEnumType(named) && named.getValues().find((each) => each.value === defaultValue);
  return value ? asksFor(value) : null;
}

/** What each field of a query asks of the viewer, and each default it leaves to the schema. */
function asked(query: string): (readonly string[] | null)[] {
  const info = new TypeInfo(schema);
  const all: (readonly string[] | null)[] = [];
  visit(
    parse(query),
    visitWithTypeInfo(info, {
      Field() {
        const field = info.getFieldDef();
        if (!field || field.name === "__typename") return;
        all.push(asksFor(field), ...field.args.map(asksOfDefault));
      },
    }),
  );
  return all;
}

describe.each(WHO)("each field alone, asked by a %s", (role) => {
  test("is a question that can be asked", () => {
    expect(SINGLE.flatMap((query) => validate(schema, parse(query)))).toEqual([]);
  });

  test("is answered, or is FORBIDDEN, as its rule says; what is refused at the root asks nothing", async () => {
    const permits = permitsOf(viewerOf(role)) as Readonly<Record<string, boolean>>;
    const { askAs, requestsOf } = guarded();
    const wrong: string[] = [];
    let refused = 0;
    for (const query of SINGLE) {
      const rules = asked(query);
      const isOpen = (rule: readonly string[] | null) => rule?.some((each) => permits[each]) ?? true;
      const [answer, requests] = await requestsOf(() => askAs(role, query));
      const codes = codesOf(answer);
      // Rows there may be none of, in whose place nobody was refused anything.
      if (rules.every(isOpen) ? codes.includes("FORBIDDEN") : codes.some((code) => code !== "FORBIDDEN"))
        wrong.push(`${query}: ${codes}`);
      if (!isOpen(rules[0] ?? null)) {
        refused++;
        if (requests.length > 0 || codes[0] !== "FORBIDDEN")
          wrong.push(`${query}: ${requests.length} requests`);
        expect(answer.errors?.[0]?.extensions.scope, query).toBeTypeOf("string");
      }
    }
    expect(wrong.filter((line) => !/NOT_YET|BAD_USER_INPUT|TOO_EXPENSIVE/.test(line))).toEqual([]);
    expect(SINGLE.length).toBeGreaterThan(500);
    if (role === "SERVICE") expect(refused).toBeGreaterThan(450);
  }, 120_000);
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
      `{ claudeCode(range: { last: { days: 2 } }) { nodes { sessions shareOfTotal(of: ESTIMATED) } } }`,
    ],
    [
      "a share without a word of it",
      `{ claudeCode(range: { last: { days: 2 } }) { nodes { sessions shareOfTotal } } }`,
    ],
    ["a leaderboard", `{ dashboard { claudeCode { leaderboard(by: ESTIMATED) { leaders { sessions } } } } }`],
    [
      "a fragment",
      `fragment F on User { cost { net { usd } } } { users(${range}, first: 1) { nodes { userId ...F } } }`,
    ],
    ["an alias", `{ x: cost(${range}) { totalCount } }`],
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

  test("by an answer or a cursor of an owner's, two hundred of them at once", async () => {
    const { askAs, seen } = guarded();
    const query = `query ($after: String) { users(${range}, first: 5) { nodes { userId cost { net { usd } } } } cost(${range}, groupBy: [MODEL], first: 2, after: $after) { nodes { net { usd } } pageInfo { endCursor } } }`;
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

describe("a member", () => {
  const FIELDS =
    "userId email name cost(range: { period: LAST_MONTH }) { net { usd } } activity { chat { messages } } claudeCode(range: { last: { days: 3 } }) { estimated { usd } }";

  test("sees all that is theirs, and of anybody else not even whether they are there", async () => {
    const owner = guarded();
    const { data: all } = await owner.askAs(
      "OWNER",
      `{ users(range: { period: LAST_MONTH }, first: 3) { nodes { id userId email name } } }`,
    );
    const [self, other] = all.users.nodes;
    const { askAs } = guarded(self.email);
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
    expect(codesOf(await askAs("MEMBER", `{ node(id: "${other.id}") { id } }`))).toEqual(["FORBIDDEN"]);
    expect((await askAs("MEMBER", `{ node(id: "${self.id}") { id } }`)).errors).toBeUndefined();
    const things = await askAs(
      "MEMBER",
      `{ user { skills { name invocations skill { users } } groups { name members { totalCount } } } }`,
    );
    expect(codesOf(things)).toEqual(["FORBIDDEN"]);
    expect(things.data.user.skills.every(({ skill }: { skill: null }) => skill === null)).toBe(true);
  });
});

test("roles that are all-seeing see all", () => {
  expect(ROLES.PRIMARY_OWNER).toEqual(ROLES.OWNER);
  expect(ROLES.ADMIN).not.toContain("spend:read");
});
