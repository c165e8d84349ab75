import { readdirSync, readFileSync } from "node:fs";
import {
  type GraphQLNamedType,
  getNamedType,
  isAbstractType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
  parse,
} from "graphql";
import { describe, expect, test } from "vitest";
import { schema } from "../schema/index.ts";
import type { Context } from "../src/context.ts";
import type { Dataset } from "../src/domain/dataset.ts";
import { ORGANIZATIONS } from "../src/domain/organization.ts";
import { VIEWER_OF_ALL } from "../src/domain/viewer.ts";
import { operationOf } from "../src/planning/operation.ts";
import { fieldPlanOf } from "../src/planning/plan.ts";
import type { SelectedField } from "../src/planning/selected-field.ts";
import { statedSources } from "../src/planning/sources.ts";
import { DATASET_ENDPOINTS } from "../src/upstream/dataset-endpoints.ts";
import { type Answer, gateway, NOW } from "./gateway.ts";
import { BY_CHILD, gatewayFor, settingsFor, variablesFor } from "./library-variables.ts";
import { QUESTIONS } from "./reachability/asking.ts";
import { simulatedPace } from "./upstream/pace.ts";

const FOLDER = new URL("../schema/operations/", import.meta.url);
const LIBRARY = readdirSync(FOLDER).filter((name) => name.endsWith(".graphql"));

interface Plan {
  readonly requests: number;
  readonly lookups: number;
  readonly seconds: number;
  readonly allowances: readonly { readonly of: string; readonly left: number; readonly limit: number }[];
  readonly fields: readonly {
    readonly field: string;
    readonly dataset: string;
    readonly requests: number;
    readonly readsAll: boolean;
    readonly windows: readonly {
      readonly from?: string;
      readonly until?: string;
      readonly isKept: boolean;
    }[];
  }[];
}

type Gateway = ReturnType<typeof gateway>;

async function planOf({ app }: Gateway, query: string, variables: object = {}): Promise<Plan> {
  const response = await app.fetch("http://gateway.test/graphql?explain", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors, extensions } = await response.json();
  expect(errors).toBeUndefined();
  expect(data).toBeNull();
  return extensions.plan;
}

const total = ({ requests, lookups }: Plan) => requests + lookups;

describe.each(LIBRARY)("the plan of %s", (file) => {
  const query = readFileSync(new URL(file, FOLDER), "utf8");

  test("makes no upstream request, and names those of the answer: all of them cold, none of them warm", async () => {
    const variables = await variablesFor(file);
    const asked = gateway({
      sandbox: { users: 60 },
      settings: settingsFor(file),
      ...(await gatewayFor(file)),
    });
    const cold = await planOf(asked, query, variables);
    expect(asked.seen).toEqual([]);
    const { errors } = await asked.ask(query, variables);
    expect(errors).toBeUndefined();
    expect(asked.seen.length).toBeGreaterThanOrEqual(total(cold));
    expect(unplanned(cold, asked.seen)).toEqual([]);

    expect(total(await planOf(asked, query, variables))).toBe(0);
  });
});

/** Requests to datasets that the plan does not name. */
function unplanned({ fields }: Plan, seen: readonly URL[]): string[] {
  const named = Object.values(DATASET_ENDPOINTS)
    .map((endpoint) => endpoint as object as { dataset: string; path: unknown })
    .filter(({ dataset }) => fields.some((field) => field.dataset === dataset));
  const isNamed = ({ pathname }: URL) =>
    named.some(({ path }) => (typeof path === "string" ? path === pathname : /\/members$/.test(pathname)));
  return [...new Set(seen.filter((url) => !isNamed(url)).map(({ pathname }) => pathname))];
}

const DAY = `range: { between: { from: "2026-11-20", until: "2026-11-21" } }`;

/**
 * Selections below a type that between them reach each field once: those that declare walks alone, the others of a type
 * together, since a field that asks without saying so would be found out among them as well.
 */
function selectionsBelow(type: GraphQLNamedType, split: readonly string[], met: Set<string>): string[] {
  if (isAbstractType(type))
    return schema
      .getPossibleTypes(type)
      .flatMap((each) =>
        selectionsBelow(each, split, met).map((inner) => `... on ${each.name} { ${inner} }`),
      );
  if (!isObjectType(type)) return [];
  const fields = Object.values(type.getFields()).filter((field) => {
    const { name } = field;
    const { dimension } = fieldPlanOf(field);
    const isNew = !met.has(`${type.name}.${name}`);
    if (isNew) met.add(`${type.name}.${name}`);
    return isNew && (typeof dimension !== "string" || split.includes(dimension));
  });
  const plain = fields.filter(
    (field) => isLeafType(getNamedType(field.type)) && fieldPlanOf(field).requests === undefined,
  );
  const others = fields.filter((field) => !plain.includes(field));
  return [
    ...(plain.length > 0 ? [plain.map(({ name }) => name).join(" ")] : []),
    ...others.flatMap(({ name, type: of, args }) => {
      const named = getNamedType(of);
      if (isLeafType(named)) return [name];
      const called = args.some(isRequiredArgument) ? `${name}(${DAY})` : name;
      return [
        `${called} { __typename }`,
        ...selectionsBelow(named, split, met).map((inner) => `${called} { ${inner} }`),
      ];
    }),
  ];
}

const CALLS = [
  ...Object.values(QUESTIONS).flat(),
  "dashboard",
  "datasets",
  `teams(${DAY})`,
  `cost(${DAY}, bucket: DAY, groupBy: [TEAM])`,
  `reconciliation(${DAY})`,
];

const met = new Set<string>();
const SINGLE = CALLS.flatMap((call) => {
  const field = schema.getQueryType()?.getFields()[/^\w+/.exec(call)?.[0] ?? ""];
  if (field === undefined) throw new Error(`no such field: ${call}`);
  const split = /groupBy: \[(.*?)\]/.exec(call)?.[1]?.split(", ") ?? [];
  return selectionsBelow(getNamedType(field.type), split, met).map((inner) => `{ ${call} { ${inner} } }`);
});

/** Queries for which upstream is asked what the plan does not name, with the paths. */
async function silentAmong(queries: readonly string[]): Promise<string[]> {
  const silent: string[] = [];
  for (const query of queries) {
    const asked = gateway({ sandbox: { users: 30 }, settings: { MAX_ROWS: "10000000", MAX_DEPTH: "50" } });
    const plan = await planOf(asked, query);
    expect(asked.seen).toEqual([]);
    await asked.ask(query);
    if (unplanned(plan, asked.seen).length > 0) silent.push(`${query}: ${unplanned(plan, asked.seen)}`);
  }
  return silent;
}

test("every field that makes upstream requests says so: no request is made that the plan does not name", {
  tags: "deep",
}, async () => {
  expect(await silentAmong(SINGLE)).toEqual([]);
  expect(SINGLE.length).toBeGreaterThan(150);
  expect(met.size).toBeGreaterThan(400);
});

/** Datasets that a field plans to ask and that neither it nor a field or type above it states as a source, by field. */
function unstated(plan: Plan, query: string): string[] {
  const tenant = { name: null, organizations: ORGANIZATIONS };
  const upstream = { tenant, has: () => true };
  const readable = ORGANIZATIONS.map((each) => ({ ...each, tenant: null, hasKey: true }));
  const organizations = { readable, requested: null };
  const contextValue = {
    viewer: VIEWER_OF_ALL,
    now: () => Date.parse(NOW),
    upstream,
    organizations,
  } as object as Context;
  const operation = operationOf({ schema, document: parse(query), contextValue });
  if (operation === null || "faults" in operation) throw new Error("the operation is sound");
  const asked = Map.groupBy(plan.fields, ({ field }) => field);
  const found: string[] = [];
  function visit(fields: readonly SelectedField[], above: readonly Dataset[]): void {
    for (const { path, type, field, below } of fields) {
      const stated = [type, field, ...field.args].flatMap(statedSources).concat(above);
      for (const { dataset } of asked.get(path) ?? [])
        if (!stated.some((each) => each === dataset)) found.push(`${type.name}.${field.name}: ${dataset}`);
      for (const selection of below) visit(selection.fields, stated);
    }
  }
  visit(operation.fields, []);
  return found;
}

test("each dataset that a field plans to ask is among its sources or those of a field above it", async () => {
  const settings = { MAX_ROWS: "10000000", MAX_DEPTH: "50", MAX_UPSTREAM_REQUESTS: "1000" };
  const asked = gateway({ sandbox: { users: 30 }, settings });
  const library = LIBRARY.filter((file) => file !== BY_CHILD).map((file) =>
    readFileSync(new URL(file, FOLDER), "utf8"),
  );
  // Fields of `datasets` find out what the keys open; they show no figures.
  const queries = [...library, ...SINGLE].filter((query) => !query.includes("datasets {"));
  const found = new Set<string>();
  for (const query of queries)
    for (const each of unstated(await planOf(asked, query), query)) found.add(each);
  expect([...found]).toEqual([]);
  expect(asked.seen).toEqual([]);
});

const between = (from: string, until: string) => `range: { between: { from: "${from}", until: "${until}" } }`;

function refusalOf({ data, errors }: Answer) {
  expect(data ?? null).toBeNull();
  expect(errors).toHaveLength(1);
  expect(errors?.[0]?.extensions.code).toBe("TOO_EXPENSIVE");
  return errors?.[0] as NonNullable<typeof errors>[number];
}

describe("an operation that needs more requests than it may make is refused before the first", () => {
  test("and the error says which field costs most, and the newest days of it that fit", async () => {
    const { ask, seen } = gateway({ sandbox: { users: 30 } });
    const query = (days: string) =>
      `{ skills(${between("2026-11-01", "2026-11-08")}) { nodes { name } } users(${between("2026-11-01", "2026-11-08")}, first: 3) { nodes { user { activityByDay(${days}) { date } } } } }`;
    const { message, extensions } = refusalOf(await ask(query(between("2026-07-01", "2026-10-01"))));
    expect(message).toContain("at least 94 upstream requests and one operation may make 60");
    expect(message).toContain("`users.nodes.user.activityByDay` alone needs 92 of USER_ACTIVITY");
    expect(extensions).toMatchObject({
      field: "users.nodes.user.activityByDay",
      requests: 94,
      dataset: "USER_ACTIVITY",
    });
    expect(seen).toEqual([]);
    const cheaper = /range: \{ between.*?\} \}/.exec(message)?.[0] ?? "";
    expect(cheaper).toBe(between("2026-08-04", "2026-10-01"));
    expect((await ask(query(cheaper))).errors).toBeUndefined();
    expect(seen).toHaveLength(60); // with the members, by whose addresses records are found
  });

  test.each([
    [
      "a variable",
      `query ($r: DateRange!) { claudeCode: users(range: { period: YESTERDAY }) { nodes { user { activityByDay(range: $r) { date } } } } }`,
      { r: { between: { from: "2026-01-01", until: "2026-06-01" } } },
    ],
    [
      "a default",
      `query ($r: DateRange = { period: YEAR_TO_DATE }) { users(range: { period: YESTERDAY }) { nodes { user { activityByDay(range: $r) { date } } } } }`,
      {},
    ],
    [
      "a fragment",
      `fragment F on User { activityByDay(range: { period: YEAR_TO_DATE }) { date } } { users(range: { period: YESTERDAY }) { nodes { user { ...F } } } }`,
      {},
    ],
    [
      "the list above",
      `{ users(range: { period: YEAR_TO_DATE }) { edges { node { activityByDay { date } } } } }`,
      {},
    ],
  ])("whichever way the days are said: by %s", async (_how, query, variables) => {
    const { ask, seen } = gateway({ sandbox: { users: 30 } });
    refusalOf(await ask(query, variables));
    expect(seen).toEqual([]);
  });

  test("also when it is many small questions: sixty aliases of sixty days", async () => {
    const { ask, seen } = gateway({ sandbox: { users: 30 }, settings: { MAX_ALIASES: "100" } });
    const day = (i: number) =>
      between(new Date(Date.UTC(2026, 5, 1 + i)).toISOString().slice(0, 10), "2026-10-30");
    const aliases = Array.from({ length: 61 }, (_, i) => `s${i}: skills(${day(i)}) { totalCount }`);
    const { message } = refusalOf(await ask(`{ ${aliases.join(" ")} }`));
    expect(message).toContain("Query `s0` in a separate operation");
    expect(seen).toEqual([]);
  });

  test("but one question under many aliases is one", async () => {
    const { ask, seen } = gateway({ sandbox: { users: 30 }, settings: { MAX_ALIASES: "100" } });
    const aliases = Array.from(
      { length: 80 },
      (_, i) => `s${i}: skills(${between("2026-10-01", "2026-10-30")}) { totalCount }`,
    );
    expect((await ask(`{ ${aliases.join(" ")} }`)).errors).toBeUndefined();
    expect(seen).toHaveLength(1);
  });

  test("and fields that a directive leaves out cost nothing", async () => {
    const { ask, requestsOf } = gateway({ sandbox: { users: 30 } });
    const query = `query ($all: Boolean!) { users(range: { period: YESTERDAY }) { nodes { userId user { id activityByDay(range: { period: YEAR_TO_DATE }) @include(if: $all) { date } } } } }`;
    refusalOf(await ask(query, { all: true }));
    expect((await ask(query, { all: false })).errors).toBeUndefined();
    // Now that the people are kept, what each of them did may be too, so that the field finds out for itself.
    const [{ data, errors }, requests] = await requestsOf(() => ask(query, { all: true }));
    expect(data.users.nodes[0].user.activityByDay).toBeNull();
    expect(new Set(errors?.map(({ extensions }) => extensions.code))).toEqual(new Set(["TOO_EXPENSIVE"]));
    expect(requests.map(({ pathname }) => pathname)).toEqual(["/v1/organizations/analytics/summaries"]);
  });

  test("but not when what it needs is kept: two hundred final days, read in parts before", async () => {
    const { ask, requestsOf, seen } = gateway({ sandbox: { users: 20 } });
    const query = (from: string, until: string) =>
      `{ users(${between("2026-09-01", "2026-10-01")}, first: 2) { nodes { user { claudeCode(${between(from, until)}) { sessions } } } } }`;
    for (const [from, until] of [
      ["2026-03-01", "2026-04-20"],
      ["2026-04-20", "2026-06-10"],
      ["2026-06-10", "2026-07-30"],
      ["2026-07-30", "2026-09-17"],
    ])
      expect((await ask(query(from as string, until as string))).errors).toBeUndefined();
    expect(seen).toHaveLength(202); // with the members, by whose addresses records are found
    const [{ errors, data }, again] = await requestsOf(() => ask(query("2026-03-01", "2026-09-17")));
    expect(errors).toBeUndefined();
    expect(data.users.nodes).toHaveLength(2);
    expect(again).toEqual([]);
  });

  test("and so is one with so many runs of pages that even stored ones would take too long to read", async () => {
    const { ask, seen } = gateway({ sandbox: { users: 20 }, settings: { MAX_ALIASES: "100" } });
    const aliases = Array.from(
      { length: 40 },
      (_, i) => `a${i}: user(email: "a") { claudeCode(range: { last: { days: ${200 + i} } }) { commits } }`,
    );
    const { message } = refusalOf(await ask(`{ ${aliases.join(" ")} }`));
    expect(message).toContain("more than 5000 runs of upstream pages");
    expect(seen).toEqual([]);
  });
});

describe("explain", () => {
  const QUERY = `query { cost(range: { period: LAST_90_DAYS }, bucket: NONE, groupBy: [MODEL]) { nodes { model } total { net { usd } } } organization { name } }`;

  test("shows fields, windows, stored responses, and requests by rate limit", async () => {
    const asked = gateway({ sandbox: { users: 30 } });
    await asked.ask(
      `{ cost(${between("2026-09-01", "2026-10-01")}, groupBy: [MODEL], bucket: DAY) { totalCount } }`,
    );
    const plan = await planOf(asked, QUERY);
    const windows = (kept: boolean) => [
      { from: "2026-08-24", until: "2026-09-01", isKept: false },
      { from: "2026-09-01", until: "2026-10-01", isKept: kept },
      { from: "2026-10-01", until: "2026-11-01", isKept: false },
      { from: "2026-11-01", until: "2026-11-22", isKept: false },
    ];
    expect(plan.fields).toEqual([
      {
        field: "cost",
        dataset: "UNIFIED_ENTERPRISE_COST",
        requests: 3,
        readsAll: true,
        windows: windows(true),
      },
      {
        field: "cost.total",
        dataset: "UNIFIED_ENTERPRISE_COST",
        requests: 4,
        readsAll: true,
        windows: windows(false),
      },
      {
        field: "organization",
        dataset: "ENTERPRISE_ORGANIZATION",
        requests: 1,
        readsAll: true,
        windows: [{ isKept: false }],
      },
    ]);
    expect(plan).toMatchObject({ requests: 7, lookups: 1, unsure: 0, seconds: 0 });
    expect(plan.allowances).toEqual([
      { of: "figures", organization: "enterprise", requests: 7, left: 999_999, limit: 1_000_000 },
      { of: "look-ups", organization: "enterprise", requests: 1, left: 1_000_000, limit: 1_000_000 },
    ]);
  });

  test("says how long the minute's allowance makes it wait", async () => {
    const pace = simulatedPace();
    const asked = gateway({ sandbox: { users: 30 }, settings: { UPSTREAM_PER_MINUTE: "5" }, pace });
    await asked.ask(`{ skills(${between("2026-09-01", "2026-10-01")}) { totalCount } }`);
    await pace.advance(20_000);
    const plan = await planOf(asked, QUERY);
    expect(plan).toMatchObject({ requests: 8, seconds: 61 });
    expect(plan.allowances[0]).toMatchObject({ of: "figures", left: 4, limit: 5 });
    await pace.advance(45_000);
    expect(
      (await planOf(asked, `{ skills(${between("2026-08-01", "2026-09-01")}) { totalCount } }`)).seconds,
    ).toBe(0);
    const { data } = await asked.ask("{ datasets { dataset requestsLeft } }");
    const left = Object.fromEntries(
      data.datasets.map((each: { dataset: string; requestsLeft: number }) => [
        each.dataset,
        each.requestsLeft,
      ]),
    );
    expect(left).toMatchObject({ SKILL_ACTIVITY: 5, CLAUDE_CODE: 5, WORKSPACES: 1_000_000 });
  });

  test("is also available by a header, and by GET; a refused operation says so instead", async () => {
    const { app, seen } = gateway({ sandbox: { users: 30 } });
    const url = "http://gateway.test/graphql?query=%7B%20organization%20%7B%20name%20%7D%20%7D";
    for (const request of [new Request(`${url}&explain`), new Request(url, { headers: { explain: "on" } })]) {
      const { data, extensions } = await (await app.fetch(request)).json();
      expect(data).toBeNull();
      expect(extensions.plan).toMatchObject({ requests: 0, lookups: 1 });
    }
    const dear = encodeURIComponent(
      "{ users(range: { period: YEAR_TO_DATE }) { nodes { activityByDay { date } } } }",
    );
    const { errors } = await (await app.fetch(`http://gateway.test/graphql?query=${dear}&explain`)).json();
    expect(errors[0].extensions.code).toBe("TOO_EXPENSIVE");
    expect(seen).toEqual([]);
  });

  test("of a field with refused arguments plans nothing of it, and has the error of the answer", async () => {
    const { app, ask } = gateway({ sandbox: { users: 30 } });
    const query = `{ users(${between("2020-01-01", "2020-02-01")}) { nodes { cost { requests } } } organization { name } }`;
    const response = await app.fetch("http://gateway.test/graphql?explain", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query }),
    });
    const { data, errors, extensions } = await response.json();
    const plan: Plan = extensions.plan;
    expect(data).toBeNull();
    expect(errors).toEqual((await ask(query)).errors);
    expect(errors).toHaveLength(1);
    expect(plan.fields.map(({ field }) => field)).toEqual(["organization"]);
  });
});
