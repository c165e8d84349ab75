import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  buildClientSchema,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getIntrospectionQuery,
  getNamedType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isObjectType,
  parse,
  printSchema,
  validate,
  validateSchema,
} from "graphql";
import { describe, expect, test } from "vitest";
import { visibleSchemas } from "../schema/framework/visible.ts";
import { schema } from "../schema/index.ts";
import type { Permissions } from "../src/domain/viewer.ts";
import { requirementsOf } from "../src/planning/permissions.ts";
import { queryLibrary } from "../src/server/documents/query-library.ts";
import type { Environment } from "../src/settings/settings.ts";
import { builtFolder } from "./built-folder.ts";
import { codesOf, guarded, messagesOf, NAMES, permissionsSomewhereFor } from "./callers.ts";
import { sweep } from "./deep.ts";
import { type Answer, gateway } from "./gateway.ts";

const WHOLE = getIntrospectionQuery({ oneOf: true });

/** Everything a schema has that a client can write in a question. */
function coordinates(of: GraphQLSchema): string[] {
  return Object.values(of.getTypeMap())
    .filter(({ name }) => !name.startsWith("__"))
    .flatMap((type) => [`${type.name}`, ...partsOf(type)])
    .sort();
}

function partsOf(type: GraphQLNamedType): string[] {
  if (isObjectType(type))
    return Object.values(type.getFields()).flatMap(({ name, args }) => [
      `${type.name}.${name}`,
      ...args.map((arg) => `${type.name}.${name}(${arg.name}:)`),
    ]);
  if (isEnumType(type)) return type.getValues().map(({ name }) => `${type.name}.${name}`);
  if (isInputObjectType(type)) return Object.keys(type.getFields()).map((name) => `${type.name}.${name}`);
  return [];
}

/** What is no field, and takes a permit all the same. */
const TAKES: Readonly<Record<string, readonly (keyof Permissions)[]>> = {
  "Query.user(email:)": ["identity:read", "self", "namesOfTeam", "pseudonyms"],
  ...Object.fromEntries(
    [
      ...[
        "USER",
        "ACTOR",
        "API_KEY",
        "GROUP",
        "SLACK_CHANNEL",
        "CLAUDE_TAG_USER",
        "SESSION",
        "USER_PROFILE",
      ].flatMap((dimension) => [`CostDimension.${dimension}`, `UsageDimension.${dimension}`]),
      ...["CostFilter", "UsageFilter", "FilterAlternative"].flatMap((filter) =>
        [
          ...[
            "users",
            "actors",
            "apiKeys",
            "groups",
            "slackChannels",
            "claudeTagUsers",
            "sessions",
            "userProfiles",
          ],
        ].map((list) => `${filter}.${list}`),
      ),
      ...["ClaudeCodeDimension.USER", "ClaudeCodeDimension.ACTOR", "ArtifactDimension.USER"],
      ...["ClaudeCodeDimension.TERMINAL", "ClaudeCodeDimension.MODEL_SET", "ClaudeCodeFilter.terminalTypes"],
      ...["UserFilter.users", "EngagementFilter.users", "ClaudeCodeFilter.emails"],
    ].map((part): [string, (keyof Permissions)[]] => [part, ["individuals"]]),
  ),
  "Overlap.SPLIT": ["allTeams"],
  "TeamOrderField.COST": ["spend:read", "spendOfTeam"],
  "SkillOrderField.LIST_PRICE": ["spend:read"],
  "SkillOrderField.OVERAGE": ["spend:read"],
  "ClaudeCodeMeasure.ESTIMATED": ["spend:read"],
  "ClaudeCodeOrderField.ESTIMATED": ["spend:read"],
  "ClaudeCodeLead.ESTIMATED": ["spend:read"],
};
const BY_ID: Readonly<Record<string, readonly (keyof Permissions)[]>> = {
  User: ["people", "own", "peopleOfTeam"],
  UserSummary: ["people"],
  ApiKey: ["keys:read"],
  Workspace: ["keys:read"],
};

/** What the rules let a caller come to, from the root on. */
function reachable(permissions: Permissions): string[] {
  const holds = (any: readonly (keyof Permissions)[] | null | undefined) =>
    any?.some((each) => permissions[each]) ?? true;
  const isEmpty = (type: GraphQLNamedType) =>
    isObjectType(type) && !Object.values(type.getFields()).some((field) => holds(requirementsOf(field)));
  const found = new Set<string>();
  const enter = (type: GraphQLNamedType): void => {
    if (found.has(type.name) || isEmpty(type)) return;
    found.add(type.name);
    if (isAbstractType(type)) {
      const kinds = schema.getPossibleTypes(type);
      for (const each of kinds)
        if (type.name !== "Node" || holds(BY_ID[each.name] ?? ["activity:read"])) enter(each);
      return;
    }
    if (isEnumType(type) || isInputObjectType(type))
      for (const part of partsOf(type)) if (holds(TAKES[part])) found.add(part);
    if (isInputObjectType(type))
      for (const field of Object.values(type.getFields())) enter(getNamedType(field.type));
    if (!isObjectType(type)) return;
    for (const each of type.getInterfaces()) if (each.name !== "Node") found.add(each.name);
    for (const field of Object.values(type.getFields())) {
      if (!holds(requirementsOf(field)) || isEmpty(getNamedType(field.type))) continue;
      found.add(`${type.name}.${field.name}`);
      for (const arg of field.args) {
        const coordinate = `${type.name}.${field.name}(${arg.name}:)`;
        if (!holds(TAKES[coordinate])) continue;
        found.add(coordinate);
        enter(getNamedType(arg.type));
      }
      enter(getNamedType(field.type));
    }
  };
  enter(schema.getQueryType() as GraphQLNamedType);
  return [...found].sort();
}

/** Of introspection itself. */
const ALWAYS = ["String", "Boolean", "Int"];

describe.each(NAMES)("introspection by %s", (name) => {
  test("shows what the rules let them come to, and is a valid schema", async () => {
    const { askAs, seen } = guarded();
    const { data, errors } = await askAs(name, WHOLE);
    expect(errors).toBeUndefined();
    const shown = buildClientSchema(data);
    expect(validateSchema(shown)).toEqual([]);
    const expected = name === "OWNER" ? coordinates(schema) : reachable(permissionsSomewhereFor(name));
    expect(coordinates(shown).filter((each) => !ALWAYS.includes(each))).toEqual(
      expected.filter((each) => !ALWAYS.includes(each)),
    );
    expect(seen).toEqual([]);
  });

  test("tells nothing of a type that is not shown", async () => {
    const { askAs } = guarded();
    const { schema: shown } = visibleSchemas(schema)(permissionsSomewhereFor(name));
    const types = Object.keys(schema.getTypeMap()).filter((type) => !type.startsWith("__"));
    for (let i = 0; i < types.length; i += 30) {
      const some = types.slice(i, i + 30);
      const { data } = await askAs(
        name,
        `{ ${some.map((type) => `${type}: __type(name: "${type}") { name }`).join(" ")} }`,
      );
      const told = some.filter((type) => data[type] !== null);
      expect(told).toEqual(some.filter((type) => shown.getType(type) !== undefined));
    }
  });
});

test("the rules of the test name every part that requires more than its field does", () => {
  const marked = Object.values(schema.getTypeMap()).flatMap((type) => {
    const values = isEnumType(type)
      ? type.getValues().map((each) => [`${type.name}.${each.name}`, each] as const)
      : [];
    const inputs = isInputObjectType(type)
      ? Object.values(type.getFields()).map((each) => [`${type.name}.${each.name}`, each] as const)
      : [];
    const fields = isObjectType(type) ? Object.values(type.getFields()) : [];
    const args = fields.flatMap((field) =>
      field.args.map((arg) => [`${type.name}.${field.name}(${arg.name}:)`, arg] as const),
    );
    return [...values, ...inputs, ...args].filter(([, part]) => requirementsOf(part) !== null);
  });
  expect(marked.map(([name]) => name).sort()).toEqual(Object.keys(TAKES).sort());
});

test("an analyst is shown neither when a person joined nor a manager's name, nor things they cannot find by id", () => {
  const { schema: shown } = visibleSchemas(schema)(permissionsSomewhereFor("ANALYST"));
  expect(printSchema(shown)).not.toMatch(/^ +(apiKey|workspace):/m);
  const { fields } = (shown.getType("User") as GraphQLObjectType).toConfig();
  expect(Object.keys(fields)).toEqual(expect.arrayContaining(["userId", "email", "name"]));
  for (const field of ["role", "status", "joinedAt"]) expect(fields).not.toHaveProperty(field);
  expect(shown.getType("ApiKey")).toBeUndefined();
  expect(String(shown.getType("Actor"))).toBe("Actor");
});

test("an admin has to say of what a share is, since the usual one is money", async () => {
  const { askAs } = guarded();
  const answer = await askAs(
    "ADMIN",
    `{ __type(name: "ClaudeCodeGroup") { fields { name args { name defaultValue type { kind } } } } }`,
  );
  const fields: { name: string; args: object[] }[] = answer.data.__type.fields;
  expect(fields.find(({ name }) => name === "shareOfTotal")?.args).toEqual([
    { name: "of", defaultValue: null, type: { kind: "NON_NULL" } },
  ]);
});

/** A list of two teams, of which the first person leads one. */
function teamsOfLead(emails: readonly string[]): string {
  const lines = emails.map((email, i) =>
    i % 2 === 0 ? `${email},Atlas,${emails[0]}` : `${email},Birch,boss@x.example`,
  );
  const path = join(mkdtempSync(join(tmpdir(), "teams-")), "teams.csv");
  writeFileSync(path, ["email,team,manager", ...lines].join("\n"));
  return path;
}

describe("the query library", () => {
  sweep(["ADMIN", ...NAMES.filter((name) => name !== "ADMIN")])(
    "asks what %s is shown, or is refused in part",
    async (name) => {
      const owner = guarded();
      const people = await owner.askAs(
        "OWNER",
        `{ users(range: { last: { days: 3 } }, first: 20) { nodes { email } } }`,
      );
      const emails: string[] = people.data.users.nodes.map(({ email }: { email: string }) => email);
      const { askAs } = guarded({
        email: emails[0] ?? "",
        settings: { TEAMS_FILE: teamsOfLead(emails) }, // without a team a lead is refused nothing of its rows
      });
      const { schema: shown } = visibleSchemas(schema)(permissionsSomewhereFor(name));
      const wrong: string[] = [];
      let refused = 0;
      // A person is found by the caller, or by an address or a pseudonym, which depends on how the caller sees people.
      for (const query of queryLibrary().filter((text) => !/query My(Figures|SpendLimits)/.test(text))) {
        const isShown = validate(shown, parse(query)).length === 0;
        const isRefused = codesOf(await askAs(name, query, { days: 1 })).includes("FORBIDDEN");
        if (isRefused) refused++;
        if (isShown === isRefused) wrong.push(query);
      }
      expect(wrong).toEqual([]);
      if (name === "OWNER") expect(refused).toBe(0);
      if (name === "ADMIN") expect(refused).toBeGreaterThan(5);
    },
  );
});

describe("the cache of documents", () => {
  test("shows no caller another's schema, two hundred of them at once", async () => {
    const { askAs } = guarded();
    const query = `{ __schema { types { name } } }`;
    const names = ["OWNER", "ADMIN", "ANALYST", "MEMBER"];
    const counts = new Map(
      names.map((name) => [
        name,
        Object.keys(visibleSchemas(schema)(permissionsSomewhereFor(name)).schema.getTypeMap()).length,
      ]),
    );
    expect(new Set(counts.values()).size).toBe(names.length);
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) => askAs(names[i % names.length] ?? "", query)),
    );
    for (const [i, { data }] of answers.entries())
      expect(data.__schema.types).toHaveLength(counts.get(names[i % names.length] ?? "") ?? 0);
  });

  test("still refuses hidden parts of the schema, by their scope", async () => {
    const { askAs } = guarded();
    await askAs("ADMIN", WHOLE);
    const { errors } = await askAs("ADMIN", `{ costProjection { wholeDays } }`);
    expect(errors?.[0]?.extensions).toMatchObject({ code: "FORBIDDEN", scope: "spend:read" });
  });
});

describe("an operation that asks for the schema and for more", () => {
  const MIXED = {
    plainly: `{ __schema { queryType { name } } organization { name } }`,
    "by an alias": `{ s: __type(name: "User") { name } o: organization { name } }`,
    "in fragments": `{ ...S ... on Query { organization { name } } } fragment S on Query { __schema { queryType { name } } }`,
    "as directives say": `query ($on: Boolean = true) { organization { name } __schema @include(if: $on) { queryType { name } } }`,
  };

  test.each(Object.entries(MIXED))("%s is answered to who is shown all of it", async (_how, query) => {
    const { data, errors } = await guarded().askAs("OWNER", query);
    expect(errors).toBeUndefined();
    expect(Object.keys(data)).toHaveLength(2);
  });

  test.each(Object.entries(MIXED))(
    "%s is refused to others without an upstream request",
    async (_how, query) => {
      const { askAs, requestsOf } = guarded();
      const [answer, requests] = await requestsOf(() => askAs("ADMIN", query));
      expect(codesOf(answer)).toEqual(["BAD_USER_INPUT"]);
      expect(messagesOf(answer)).toContain("a separate operation");
      expect(answer.data ?? null).toBeNull();
      expect(requests).toEqual([]);
    },
  );

  test("is one only as far as it is run", async () => {
    const { askAs } = guarded();
    const ask = (on: boolean) =>
      askAs(
        "ADMIN",
        `query ($on: Boolean!) { __schema @include(if: $on) { queryType { name } } organization @skip(if: $on) { name } __typename }`,
        { on },
      );
    expect((await ask(true)).data).toEqual({
      __schema: { queryType: { name: "Query" } },
      __typename: "Query",
    });
    expect(Object.keys((await ask(false)).data)).toEqual(["organization", "__typename"]);
  });

  test("cannot ask by a variable of a type that is not shown", async () => {
    const { askAs } = guarded();
    const named = `query ($no: Boolean = false, $filter: CostFilter) { __schema { queryType { name } } costProjection(filter: $filter) @include(if: $no) { wholeDays } }`;
    expect((await askAs("OWNER", named)).errors).toBeUndefined();
    expect(codesOf(await askAs("SERVICE", named))).toEqual(["BAD_USER_INPUT"]);
  });
});

describe("INTROSPECTION=off", () => {
  const OFF: Environment = { INTROSPECTION: "off" };
  const QUERIES = {
    plainly: [`{ __schema { queryType { name } } }`],
    "of one type": [`{ __type(name: "User") { name } }`],
    "by an alias": [`{ s: __schema { queryType { name } } }`],
    "in fragments": [
      `{ ...A } fragment A on Query { ... on Query { ...B } } fragment B on Query { __schema { queryType { name } } }`,
    ],
    "as a directive says": [
      `query ($on: Boolean!) { __schema @include(if: $on) { queryType { name } } }`,
      { on: true },
    ],
    "with other questions": [`{ organization { name } __schema { queryType { name } } }`],
    "in the second operation": [
      `query A { __typename } query B { __schema { queryType { name } } }`,
      {},
      "B",
    ],
    "as GraphiQL does": [WHOLE, {}, "IntrospectionQuery"],
  } as const satisfies Record<string, readonly [query: string, variables?: object, operation?: string]>;

  test.each(Object.entries(QUERIES))(
    "refuses every caller: %s",
    async (_how, [query, variables, operation]) => {
      const { askAs, headersOf, app, seen } = guarded({ settings: OFF });
      const refuses = (answer: Answer) => {
        expect(codesOf(answer)).toEqual(["FORBIDDEN"]);
        expect(messagesOf(answer)).toContain("schema/schema.graphql");
        expect(answer.data ?? null).toBeNull();
      };
      for (const name of ["OWNER", "ADMIN", "SERVICE"])
        refuses(await askAs(name, query, variables, operation));
      const url = new URL("http://gateway.test/graphql");
      url.searchParams.set("query", query);
      if (variables) url.searchParams.set("variables", JSON.stringify(variables));
      if (operation) url.searchParams.set("operationName", operation);
      const headers = { ...headersOf("OWNER"), accept: "application/json" };
      refuses((await (await app.fetch(url.href, { headers })).json()) as Answer);
      expect(seen).toEqual([]);
    },
  );

  test("applies without authentication, too", async () => {
    const { ask } = gateway({ sandbox: { users: 20 }, settings: OFF });
    expect(codesOf(await ask(`{ __schema { queryType { name } } }`))).toEqual(["FORBIDDEN"]);
    expect((await ask("{ __typename organization { __typename name } }")).errors).toBeUndefined();
  });

  test("leaves other questions as they are", async () => {
    const { askAs } = guarded({ settings: OFF });
    const answer = await askAs(
      "OWNER",
      `query A { __typename organization { __typename } } query B { __schema { queryType { name } } }`,
      {},
      "A",
    );
    expect(answer.data).toEqual({ __typename: "Query", organization: { __typename: "Organization" } });
  });

  test("shows browsers no workbench", async () => {
    const { app } = gateway({ settings: { ...OFF, PLAYGROUND: "on" }, pages: builtFolder() });
    const response = await app.fetch("http://gateway.test/graphql", { headers: { accept: "text/html" } });
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(await response.text()).not.toContain("<html");
  });
});

describe("suggestions", () => {
  const BY_PERIOD = `query ($p: Period!) { users(range: { period: $p }) { totalCount } }`;
  const BY_RANGE = `query ($r: DateRange!) { users(range: $r) { totalCount } }`;
  const FORMS: Readonly<Record<string, readonly [suggested: string, query: string, variables?: object]>> = {
    field: ["organization", `{ organisation { name } }`],
    "field of another type": ["User", `{ node(id: "x") { userId } }`],
    argument: ["range", `{ users(rang: { last: { days: 1 } }) { totalCount } }`],
    "argument of a directive": ["if", `{ organization @include(iff: true) { name } }`],
    type: ["DateRange", `query ($r: DateRang) { users(range: $r) { totalCount } }`],
    "type of a fragment": ["Organization", `{ organization { ... on Organisation { name } } }`],
    "value of an enum": ["LAST_MONTH", `{ users(range: { period: LAST_MONT }) { totalCount } }`],
    "text for a value of an enum": [
      "LAST_MONTH",
      `{ users(range: { period: "LAST_MONTH" }) { totalCount } }`,
    ],
    "value in a variable": ["LAST_MONTH", BY_PERIOD, { p: "LAST_MONT" }],
    "field of an input": ["period", `{ users(range: { perio: LAST_MONTH }) { totalCount } }`],
    "field in a variable": ["period", BY_RANGE, { r: { perio: "LAST_MONTH" } }],
    "field in a long variable": ["period", BY_RANGE, { r: { perio: "x".repeat(900) } }],
    selection: ["organization { ... }", `{ organization }`],
  };

  test.each(Object.entries(FORMS))(
    "of a %s are for those who are shown all",
    async (_form, [name, query, variables]) => {
      const on = guarded();
      const off = guarded({ settings: { INTROSPECTION: "off" } });
      for (const asked of ["ADMIN", "OWNER", "MEMBER"]) {
        const answer = await on.askAs(asked, query, variables);
        const hint = /Did you mean.*?\?/.exec(messagesOf(answer))?.[0] ?? null;
        if (asked === "OWNER") expect(hint).toContain(`"${name}"`);
        else expect(messagesOf(answer)).not.toMatch(/did you mean|perhaps you meant/i);
        const untold = await off.askAs(asked, query, variables);
        expect(messagesOf(untold)).not.toMatch(/did you mean|perhaps you meant/i);
        expect(messagesOf(untold)).toMatch(/\.$/);
        expect(codesOf(untold)).toEqual(codesOf(answer));
        expect(codesOf(answer)).toHaveLength(1);
      }
      expect([...on.seen, ...off.seen]).toEqual([]);
    },
  );

  test.each([
    ["fragment", `{ ...Organization } fragment Organisation on Query { organization { name } }`],
    ["directive", `{ organization @inclde(if: true) { name } }`],
  ])("of a %s are never made", async (_form, query) => {
    expect(messagesOf(await guarded().askAs("OWNER", query))).not.toMatch(/did you mean/i);
  });

  test("cannot be hidden behind a client's own words", async () => {
    const { askAs } = guarded();
    const words = { r: { perio: "Did you mean this? ".repeat(4_000) } };
    const answer = await askAs("ADMIN", BY_RANGE, words);
    expect(messagesOf(answer)).not.toContain('"period"');
    expect(messagesOf(await askAs("OWNER", BY_RANGE, words))).toContain('Did you mean "period"?');
  });
});

describe("hints of files", () => {
  const RANGE = "range.last.days=3";

  test.each([
    ["cos.csv?x=1", "cost"],
    ["spen.csv?x=1", "spend"],
    [`skills.csv?${RANGE}&fields=listPric`, "listPrice"],
    [`users.csv?${RANGE}&fields=cost.ne`, "net"],
    ["cost.csv?rang=1", "range"],
  ])("%s names what is there only to those who may have it", async (file, name) => {
    const { fileAs } = guarded();
    const textOf = async (name: string, file: string) => (await fileAs(name, file)).text();
    const named = `did you mean ${name}?`;
    expect(await textOf("OWNER", file)).toContain(named);
    const refused = await textOf("ADMIN", file);
    expect(refused).not.toMatch(new RegExp(`\\b${name}\\b(?!\\.)`));
    expect(
      await (await guarded({ settings: { INTROSPECTION: "off" } }).fileAs("OWNER", file)).text(),
    ).not.toContain(named);
  });

  test("go on naming what a caller may have", async () => {
    const { fileAs } = guarded();
    const textOf = async (name: string, file: string) => (await fileAs(name, file)).text();
    expect(await textOf("ADMIN", "skils.csv")).toContain("did you mean skills?");
    expect(await textOf("ADMIN", `skills.csv?${RANGE}&fields=usrs`)).toContain("did you mean users?");
    expect(await textOf("ADMIN", "skills.csv?rnge=1")).toContain("did you mean range?");
  });

  test("with INTROSPECTION=off say where the names are", async () => {
    const { fileAs } = guarded({ settings: { INTROSPECTION: "off" } });
    const textOf = async (name: string, file: string) => (await fileAs(name, file)).text();
    for (const file of [
      "zzz.csv",
      "skills.csv?rnge=1",
      "skills.csv?range=1",
      `skills.csv?${RANGE}&fields=usrs`,
    ]) {
      const message = await textOf("OWNER", file);
      expect(message).not.toMatch(/did you mean|use one of |as in/);
      if (file !== "skills.csv?range=1") expect(message).toContain("schema/schema.graphql");
    }
    expect(await textOf("OWNER", `skills.csv?range.period=LAST_MONT`)).not.toContain("LAST_MONTH");
  });
});

describe("our own sentences", () => {
  test("name no field that the caller may not ask", async () => {
    const { askAs } = guarded();
    const query = `{ user(id: "user_nobody") { userId } }`;
    expect(messagesOf(await askAs("OWNER", query))).toContain("`cost(");
    expect(messagesOf(await askAs("ADMIN", query))).not.toContain("cost");
    const byModel = `{ claudeCode(range: { last: { days: 2 } }, groupBy: [MODEL], orderBy: { field: SESSIONS }, bucket: DAY) { totalCount } }`;
    expect(messagesOf(await askAs("OWNER", byModel))).toContain("use ESTIMATED or one of the tokens");
    expect(messagesOf(await askAs("ADMIN", byModel))).toContain("use one of the tokens");
  });
});
