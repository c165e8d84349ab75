/** @module-tag deep */
import { parse } from "graphql";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { schema } from "../../schema/index.ts";
import { guarded } from "../callers.ts";
import { type Answer, gateway, json } from "../gateway.ts";
import { PATHS, reportPage } from "../wire.ts";
import { type NormalizedStore, STORES } from "./normalized-stores.ts";
import { FIELDS_TO_NODES, isNode, NODE_TYPES, RANGES, wholeNode, wholeQuery } from "./selection.ts";

const A = RANGES.a;
const B = RANGES.b;

/** The widest that these can be set to: a client asks for some of it, and the test for all. */
const settings = {
  MAX_ROWS: "10000000",
  MAX_UPSTREAM_REQUESTS: "10000",
  SPEND_LIMITS_PER_MINUTE: "10000",
  MAX_DOCUMENT_BYTES: "1MiB",
  MAX_BODY_BYTES: "16MiB",
  MAX_TOKENS: "50000",
  MAX_FIELDS: "20000",
  MAX_ALIASES: "1000",
  MAX_BREADTH: "1000",
  MAX_DEPTH: "50",
};

interface Known {
  readonly group: string;
  readonly project: string;
  /** Someone who used the project. */
  readonly userId: string;
  readonly email: string;
}

/** Lists over different days, under different filters and from different sides that show objects of a type, each by its name. */
type Calls = (known: Known) => readonly string[];

const dashboard: Calls = () => ["dashboard"];

const CASES: Readonly<Record<string, Calls>> = {
  UserSummary: ({ group, project, userId }) => [
    `users(${A}, first: 3)`,
    `users(${B}, first: 3)`,
    `users(${A}, first: 3, filter: { groups: ["${group}"] })`,
    `users(${A}, first: 3, filter: { users: ["${userId}"] })`,
    `users(${A}, first: 3, filter: { users: ["${userId}"], projects: ["${project}"] })`,
  ],
  User: ({ email }) => [
    `user(email: "${email}")`,
    `idleSeats(days: 1, first: 3)`,
    `spendLimitRequests(first: 3)`,
    `cost(${A}, bucket: NONE, groupBy: [USER], first: 4)`,
    `cost(${B}, bucket: NONE, groupBy: [USER], first: 4, compare: PREVIOUS_PERIOD)`,
    `cost(${A}, bucket: NONE, groupBy: [ACTOR], source: UNIFIED, first: 4)`,
    `claudeCode(${A}, bucket: NONE, groupBy: [USER], first: 3)`,
    `claudeCode(${B}, bucket: NONE, groupBy: [ACTOR], first: 3)`,
    `claudeCodePeople(${A}, first: 3)`,
  ],
  TeamSummary: () => [
    `teams(${A}, first: 9)`,
    `teams(${B}, first: 9)`,
    `teams(${A}, overlap: SPLIT, first: 9)`,
  ],
  Team: () => [`users(${B}, first: 2, orderBy: { field: COMMITS })`],
  GroupSummary: () => [`groups(${A}, first: 3)`, `groups(${B}, first: 3)`],
  Group: () => [
    `activityByGroup(${A})`,
    `activityByGroup(${B})`,
    `cost(${A}, bucket: NONE, groupBy: [GROUP], first: 3)`,
    `usage(${B}, bucket: NONE, groupBy: [GROUP], first: 3)`,
    `artifacts(${A}, groupBy: [GROUP, USER], first: 3)`,
  ],
  Skill: ({ group }) => [
    `skills(${A}, first: 3)`,
    `skills(${B}, first: 3)`,
    `skills(${A}, first: 3, filter: { products: ["claude_code"] })`,
    `skills(${A}, first: 3, filter: { groups: ["${group}"] })`,
  ],
  Connector: ({ group }) => [
    `connectors(${A}, first: 3)`,
    `connectors(${B}, first: 3)`,
    `connectors(${A}, first: 3, filter: { products: ["chat"] })`,
    `connectors(${A}, first: 3, filter: { groups: ["${group}"] })`,
  ],
  Plugin: ({ group }) => [
    `plugins(${A}, first: 3)`,
    `plugins(${B}, first: 3)`,
    `plugins(${A}, first: 3, filter: { groups: ["${group}"] })`,
  ],
  Project: ({ group }) => [
    `projects(${A}, first: 3)`,
    `projects(${B}, first: 3)`,
    `projects(${A}, first: 3, filter: { groups: ["${group}"] })`,
  ],
  ClaudeCodeRecord: () => [`claudeCodeRecords(${A}, first: 5)`, `claudeCodeRecords(${B}, first: 5)`],
  ApiKey: () => [
    `usage(${A}, organization: "console", bucket: NONE, groupBy: [API_KEY, USER], first: 3)`,
    `usage(${B}, organization: "console", bucket: NONE, groupBy: [API_KEY], first: 3)`,
    `usage(${A}, organization: "console", source: UNIFIED, bucket: NONE, groupBy: [ACTOR, API_KEY], first: 3)`,
  ],
  Workspace: () => [
    `cost(${A}, organization: "console", bucket: NONE, groupBy: [WORKSPACE], first: 3)`,
    `cost(${B}, organization: "console", source: UNIFIED, bucket: NONE, groupBy: [WORKSPACE, API_KEY], first: 3)`,
    `usage(${B}, organization: "console", bucket: NONE, groupBy: [WORKSPACE], first: 3)`,
  ],
};

/** An object of an answer that has an id. */
interface Identified {
  readonly __typename: string;
  readonly id: string;
}

interface Written {
  readonly query: string;
  readonly data: object;
  /** The case it is of. */
  readonly of?: string;
}

function isIdentified(value: object): value is Identified {
  return "__typename" in value && "id" in value;
}

/** The same answer with other ids. */
function withIds(value: unknown, idOf: (id: string) => string): unknown {
  if (Array.isArray(value)) return value.map((each) => withIds(each, idOf));
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).map(([key, inner]) => [key, withIds(inner, idOf)]);
  const same = Object.fromEntries(fields);
  return isIdentified(value) ? { ...same, id: idOf(value.id) } : same;
}

/** The types of the objects by id whose values differ. */
function differing(wire: unknown, shown: unknown, of = "Query"): Set<string> {
  if (typeof wire !== "object" || wire === null || typeof shown !== "object" || shown === null)
    return wire === shown || (wire === null && shown === undefined) ? new Set() : new Set([of]);
  const type = isIdentified(wire) ? wire.__typename : of;
  const keys = new Set([...Object.keys(wire), ...Object.keys(shown)]);
  const inner = [...keys].map((key) =>
    differing(wire[key as keyof typeof wire], shown[key as keyof typeof shown], type),
  );
  return new Set(inner.flatMap((types) => [...types]));
}

/** The types of which the store shows other values than were on the wire, once all answers are in it. */
async function mixedUp(store: NormalizedStore, answers: readonly Written[]): Promise<Set<string>> {
  const documents = answers.map(({ query }) => parse(query));
  for (const [i, { data }] of answers.entries()) await store.write(documents[i] as never, data);
  const mixed = new Set<string>();
  for (const [i, { data }] of answers.entries())
    for (const type of differing(data, await store.read(documents[i] as never))) mixed.add(type);
  return mixed;
}

/** What an id is made of, each taken out of it. */
const WITHOUT: Readonly<Record<string, (text: string) => string>> = {
  range: (text) => text.replace(/\d{4}-\d\d-\d\d/g, ""),
  filter: (text) => withoutTerm(text, "filter"),
  overlap: (text) => withoutTerm(text, "overlap"),
  organization: (text) => text.replace("console:", ""),
  lens: (text) => text.replace(/~[a-z]:/, ":").replace(/user_\w+/, "user"),
};

function withoutTerm(text: string, term: string): string {
  const [, type, id] = /^(\w+):(\[.*)$/.exec(text) ?? [];
  if (id === undefined) return text;
  const [from, until, own, { [term]: _, ...terms }] = JSON.parse(id);
  return `${type}:${from}:${until}:${own}${Object.keys(terms).length > 0 ? JSON.stringify(terms) : ""}`;
}

/** The same answers with ids that do not name a part. */
function without(part: string, of: readonly Written[]): Written[] {
  const idOf = (id: string) => {
    const text = Buffer.from(id, "base64url").toString("utf8");
    return Buffer.from(WITHOUT[part]?.(text) ?? text).toString("base64url");
  };
  return of.map(({ query, data }) => ({ query, data: withIds(data, idOf) as object }));
}

const TYPES = NODE_TYPES.map(({ name }) => name).sort();
const taken = new Set<string>();
const answers: Written[] = [];
const { ask, faults } = gateway({ sandbox: { users: 40 }, settings });

async function answered(query: string, by: (query: string) => Promise<Answer> = ask): Promise<Written> {
  const { data, errors } = await by(query);
  expect(errors, query.slice(0, 200)).toBeUndefined();
  return { query, data };
}

beforeAll(async () => {
  const { data } = await ask(
    `{ groups(first: 1) { nodes { groupId } } projects(${A}, first: 1) { nodes { projectId usedBy(first: 1) { nodes { user { userId email } } } } } }`,
  );
  const [{ projectId, usedBy }] = data.projects.nodes;
  const known: Known = {
    group: data.groups.nodes[0].groupId,
    project: projectId,
    ...usedBy.nodes[0].user,
  };
  for (const [of, calls] of Object.entries({ ...CASES, dashboard }))
    for (const call of calls(known)) answers.push({ ...(await answered(wholeQuery(call, taken))), of });
}, 600_000);

test("every type with an id has a case, and every field that leads to one is in a query", () => {
  expect(Object.keys(CASES).sort()).toEqual(TYPES);
  expect(FIELDS_TO_NODES.filter((field) => !taken.has(field))).toEqual([]);
  const shown = new Set(answers.flatMap(({ data }) => objectsIn(data).map(({ __typename }) => __typename)));
  expect([...shown].sort()).toEqual(TYPES);
});

/** Objects with ids, wherever they are in an answer. */
function objectsIn(value: unknown): Identified[] {
  if (typeof value !== "object" || value === null) return [];
  return [...(isIdentified(value) ? [value] : []), ...Object.values(value).flatMap(objectsIn)];
}

test("ids are shorter than 256 bytes and hold no address", () => {
  for (const { id } of answers.flatMap(({ data }) => objectsIn(data))) {
    expect(Buffer.byteLength(id)).toBeLessThan(256);
    expect(Buffer.from(id, "base64url").toString("utf8")).not.toContain("ternplover.example");
  }
});

describe.each(Object.entries(STORES))("%s", (_name, open) => {
  test("shows of every answer what was on the wire, whichever came after it", async () => {
    expect([...(await mixedUp(open(), answers))]).toEqual([]);
  });

  // Apollo and Relay complain of each id that names two things.
  beforeEach(() => {
    for (const method of ["warn", "error"] as const) vi.spyOn(console, method).mockImplementation(() => {});
  });
  afterEach(() => void vi.restoreAllMocks());

  const SEEN_OTHERWISE = ["Group", "GroupSummary", "Project", "Team", "TeamSummary", "User", "UserSummary"];
  const MEASURED = ["Connector", "Plugin", "Project", "Skill", "UserSummary"];
  test.each([
    ["range", [...MEASURED, "GroupSummary", "TeamSummary"]],
    ["filter", MEASURED],
    ["overlap", ["TeamSummary"]],
  ])("mixes answers up where ids do not name the %s", async (part, types) => {
    const concerned = answers.filter(({ of = "" }) => types.includes(of));
    const mixed = await mixedUp(open(), without(part, concerned));
    expect(types.filter((type) => !mixed.has(type))).toEqual([]);
  });

  test("tells people of two organizations apart, whom it mixes up where ids do not name the organization", async () => {
    const both = await answersOfTwoOrganizations();
    expect([...(await mixedUp(open(), both))]).toEqual([]);
    expect([...(await mixedUp(open(), without("organization", both)))]).toContain("User");
  });

  test("tells people by name and by pseudonym apart, whom it mixes up where ids do not name the lens", async () => {
    const both = await answersOfTwoLenses();
    expect([...(await mixedUp(open(), both))]).toEqual([]);
    const mixed = await mixedUp(open(), without("lens", both));
    expect(SEEN_OTHERWISE.filter((type) => !mixed.has(type))).toEqual([]);
  });
});

/** One id in two organizations, of two people; the one has records, and so has the other. */
async function answersOfTwoOrganizations(): Promise<Written[]> {
  const member = (email: string) => ({
    type: "user",
    id: "user_one",
    email,
    name: email,
    role: "user",
    added_at: "2026-01-05T00:00:00Z",
  });
  const record = (email: string) => ({
    actor: { type: "user_actor", email_address: email },
    core_metrics: {
      commits_by_claude_code: 1,
      lines_of_code: { added: 5, removed: 2 },
      num_sessions: 1,
      pull_requests_by_claude_code: 0,
    },
    customer_type: "api",
    subscription_type: null,
    date: "2026-10-05T00:00:00Z",
    is_remote: false,
    organization_id: "11111111-1111-4111-8111-111111111111",
    terminal_type: "tmux",
    tool_actions: {},
    model_breakdown: [],
  });
  const list = (data: readonly object[]) => ({ data, first_id: null, last_id: null, has_more: false });
  const { ask: asked } = gateway({
    routes: {
      [PATHS.members]: (_query, { headers }) =>
        json(
          list([
            member(headers["x-api-key"]?.startsWith("sk-ant-api01-") ? "ada@a.example" : "bo@b.example"),
          ]),
        ),
      [PATHS.claudeCode]: () => json(reportPage([record("ada@a.example"), record("bo@b.example")])),
    },
  });
  const of = (email: string) =>
    `{ __typename claudeCodeRecords(${A}, filter: { emails: ["${email}"] }, first: 1) { __typename nodes { __typename id user { __typename id userId email name } } } }`;
  return [await answered(of("ada@a.example"), asked), await answered(of("bo@b.example"), asked)];
}

/** What one caller is shown by name and another by pseudonym, in lists of different lengths, since one list would be one place. */
async function answersOfTwoLenses(): Promise<Written[]> {
  const { askAs } = guarded({ sandbox: { users: 40 }, settings });
  const team = `__typename id members(first: 1) { __typename nodes { __typename email } }`;
  const query = (first: number) => `{ __typename
    users(${A}, first: ${first}) { __typename nodes { __typename id email user { __typename id email name } } }
    teams(${A}, first: ${first}) { __typename nodes { ${team} team { ${team} } } }
    groups(${A}, first: ${first}) { __typename nodes { ${team} group { ${team} } } }
    projects(${A}, first: ${first}) { __typename nodes { __typename id creatorEmail createdBy { __typename id email } } } }`;
  const named = await answered(query(7), (each) => askAs("OWNER", each));
  const masked = await answered(query(8), (each) => askAs("OWNER by pseudonym", each));
  return [named, masked];
}

/** Those of the last lists come first: they have filters. */
const MOST_OF_A_TYPE = 12;

test("an id found again has the same figures as the row had", async () => {
  const rows = answers.flatMap(({ data }) => rowsOf(data));
  const inRows = rows.flatMap((row) => Object.values(row).flatMap(rowsOf));
  const met = new Map<string, readonly [Identified, number]>();
  for (const row of inRows) met.set(row.id, [row, 1]);
  for (const row of rows) met.set(row.id, [row, 0]);
  const byType = Map.groupBy([...met.values()], ([{ __typename }]) => __typename);
  expect([...byType.keys()].sort()).toEqual(TYPES);
  for (const [row, above] of [...byType.values()].flatMap((all) => all.slice(-MOST_OF_A_TYPE))) {
    const type = schema.getType(row.__typename);
    if (type === undefined || !isNode(type)) throw new Error(`${row.__typename} has no id`);
    const { data, errors } = await ask(
      `query ($id: ID!) { node(id: $id) { ... on ${type.name} { ${wholeNode(type, above)} } } }`,
      { id: row.id },
    );
    expect(errors).toBeUndefined();
    expect(data.node).toEqual(row);
  }
  expect(faults).toEqual([]);
}, 600_000);

/** Objects with ids that are in no other one: of those all was asked. */
function rowsOf(value: unknown): Identified[] {
  if (typeof value !== "object" || value === null) return [];
  return isIdentified(value) ? [value] : Object.values(value).flatMap(rowsOf);
}
