import { readFileSync } from "node:fs";
import {
  type GraphQLNamedType,
  type GraphQLObjectType,
  getNamedType,
  isLeafType,
  isObjectType,
  isUnionType,
} from "graphql";
import { describe, expect, test, vi } from "vitest";
import { schema } from "../../schema/index.ts";
import { identifyingFieldsOf } from "../../src/planning/plan.ts";
import { exportNames } from "../../src/server/export/open-export.ts";
import { gateway } from "../gateway.ts";
import { download, refusalOf, rowsOf } from "./download.ts";
import { LAYOUTS, LISTS, OF_A_WEEK, optionsFor, PARTICULAR, WEEK } from "./exports.ts";

test("every list of the graph can be taken away, and docs/exports.md names it", () => {
  const page = readFileSync(new URL("../../docs/exports.md", import.meta.url), "utf8");
  for (const name of exportNames(schema)) expect(page).toContain(`\`${name}\``);
  expect(exportNames(schema)).toEqual(expect.arrayContaining([...LAYOUTS, ...Object.keys(PARTICULAR)]));
});

test("the fields that stand for an object are values of it", () => {
  const types = Object.values(schema.getTypeMap()).flatMap((type) =>
    (identifyingFieldsOf(type) ?? []).map((path) => ({ type, path })),
  );
  const isValue = (type: GraphQLNamedType, [head = "", ...rest]: readonly string[]): boolean => {
    if (isUnionType(type)) {
      const kind = schema.getPossibleTypes(type).find(({ name }) => name === head);
      return head === "__typename" || (kind !== undefined && isValue(kind, rest));
    }
    const field = isObjectType(type) ? type.getFields()[head] : undefined;
    return field !== undefined && rest.length === 0 && isLeafType(getNamedType(field.type));
  };
  expect(types.filter(({ type, path }) => !isValue(type, path.split(".")))).toEqual([]);
  expect(new Set(types.map(({ type }) => type.name))).toEqual(
    new Set(["Actor", "ApiKey", "Group", "User", "Workspace"]),
  );
});

describe.each(LISTS)("%s", (name) => {
  const [parameters, args] = PARTICULAR[name] ?? OF_A_WEEK;

  test("holds the rows of the graph, in its order, page by page, for the requests of the list alone", async () => {
    const options = await optionsFor(name);
    const gate = gateway({ sandbox: { users: 60 }, settings: { MAX_FIRST: "7" }, ...options });
    const whole = gateway({ sandbox: { users: 60 }, ...options });
    const csv = await download(gate, `${name}.csv?${parameters}`);
    const rows = rowsOf(csv);
    const { data, errors } = await whole.ask(
      `{ list: ${name}(${args ? `${args}, ` : ""}first: 1000) { nodes { ${names(csv).map(selected).join(" ")} } pageInfo { hasNextPage } } }`,
    );
    expect(errors).toBeUndefined();
    expect(data.list.pageInfo.hasNextPage).toBe(rows.length > 1_000);
    expect(rows.slice(0, 1_000)).toEqual(data.list.nodes.map((node: object) => cellsOf(node, names(csv))));
    expect(rows.length).toBeGreaterThan(5);
    if (!COMPOSED.includes(name)) expect(new Set(gate.seen.map(({ pathname }) => pathname)).size).toBe(1);
    expect(new Set(gate.seen.map(({ href }) => href)).size).toBe(gate.seen.length);
  });
});

test("a ranking is read once for its file, whatever moves while it is written", async () => {
  const gate = gateway({ sandbox: { users: 60 }, settings: { MAX_FIRST: "7" } });
  const whole = await download(gate, "spendLimits.csv");
  const requests = gate.seen.length;
  gate.at("2026-11-22T13:00:00Z"); // readings age within a minute
  const response = await gate.app.fetch("http://gateway.test/export/spendLimits.csv");
  const parts: Uint8Array[] = [];
  for await (const part of response.body ?? []) {
    parts.push(part);
    gate.at(`2026-11-${22 + parts.length}T12:00:00Z`);
  }
  expect(parts.length).toBeGreaterThan(3);
  expect(rowsOf(Buffer.concat(parts).toString())).toHaveLength(rowsOf(whole).length);
  expect(gate.seen).toHaveLength(2 * requests);
});

/** Lists that are made of several of upstream's, members and groups among them, and those that are of the gateway itself. */
const COMPOSED: readonly string[] = [
  "alerts",
  "artifacts",
  "claudeCodePeople",
  "idleSeats",
  "revisions",
  "teams",
];

function names(csv: string): string[] {
  return (csv.split("\n")[0] ?? "").split(",");
}

/** A column as a selection of its own: `a.b` is `a { b }`, and a kind of actor is a fragment. */
function selected(path: string): string {
  const [head = "", ...rest] = path.split(".");
  const field = /^[A-Z]/.test(head) ? `... on ${head}` : head;
  return rest.length === 0 ? field : `${field} { __typename ${selected(rest.join("."))} }`;
}

function cellsOf(node: object, columns: readonly string[]): Record<string, string> {
  return Object.fromEntries(columns.map((column) => [column, cell(valueAt(node, column.split(".")))]));
}

function valueAt(value: unknown, [head, ...rest]: string[]): unknown {
  if (head === undefined || value === null) return value;
  const row = value as Record<string, unknown>;
  if (/^[A-Z]/.test(head)) return row.__typename === head ? valueAt(row, rest) : null;
  return valueAt(row[head], rest);
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

test("columns are those requested: values, whole objects, and the items of a list of objects", async () => {
  const gate = gateway({ sandbox: { users: 40 } });
  const lines = (await download(gate, `users.ndjson?${WEEK}&manifest=line&fields=email,cost.net,groups.name`))
    .trimEnd()
    .split("\n");
  const rows = lines.slice(0, -1).map((line) => JSON.parse(line));
  expect(Object.keys(rows[0])).toEqual([
    "email",
    "cost.net.cents",
    "cost.net.currency",
    "cost.net.usd",
    "groups.name",
  ]);
  expect(rows.some((row) => Array.isArray(row["groups.name"]) && row["groups.name"].length > 1)).toBe(true);
  const { manifest } = JSON.parse(lines.at(-1) ?? "");
  const { data } = await gate.ask(
    `{ users(range: { last: { days: 7 } }, first: 1000) { nodes { cost { net { usd } } } } }`,
  );
  expect(manifest.rows).toBe(data.users.nodes.length);
  expect(Number(manifest.totals["cost.net.usd"])).toBeCloseTo(
    data.users.nodes.reduce(
      (all: number, { cost }: { cost: { net: { usd: string } } | null }) => all + Number(cost?.net.usd ?? 0),
      0,
    ),
    6,
  );
});

test("a column that is requested a thousand times is looked for once", async () => {
  const gate = gateway({ sandbox: { users: 20 } });
  const looked = vi.spyOn(schema.getType("UserActivity") as GraphQLObjectType, "getFields");
  const lookedFor = async (fields: string) => {
    looked.mockClear();
    await refusalOf(gate, `users.csv?${WEEK}&fields=${fields}nope`);
    return looked.mock.calls.length;
  };
  await lookedFor(""); // finds out what lists there are
  expect(await lookedFor("activity,".repeat(1_000))).toBe(await lookedFor("activity,"));
  expect(looked).toHaveBeenCalled();
  looked.mockRestore();
});

test("figures made of those of other rows are columns when requested, and are not added up", async () => {
  const gate = gateway({ sandbox: { users: 40 } });
  const path = "cost.ndjson?range.last.days=7&manifest=line&compare=PREVIOUS_PERIOD";
  const lines = async (fields: string) => (await download(gate, `${path}${fields}`)).trimEnd().split("\n");
  const plain = JSON.parse((await lines("")).at(-1) ?? "").manifest;
  expect(plain.columns.join(" ")).not.toMatch(/comparison|runningTotal/);
  const { manifest } = JSON.parse((await lines("&fields=net.usd,comparison.net.before.usd")).at(-1) ?? "");
  expect(manifest.columns).toEqual(["net.usd", "comparison.net.before.usd"]);
  expect(Object.keys(manifest.totals)).toEqual(["net.usd"]);
});

test("ratios, and what is worked out from amounts, are columns and are not added up", async () => {
  const gate = gateway({ sandbox: { users: 40 } });
  const lines = (await download(gate, `claudeCode.ndjson?${WEEK}&manifest=line&groupBy=USER`))
    .trimEnd()
    .split("\n");
  const { manifest } = JSON.parse(lines.at(-1) ?? "");
  expect(manifest.columns).toEqual(
    expect.arrayContaining(["acceptanceRate", "linesPerSession", "estimatedPerCommit.usd"]),
  );
  expect(Object.keys(manifest.totals)).toEqual(["estimated.cents", "estimated.usd"]);
});

test.each([
  ["userz.csv", 404, "NOT_FOUND", "did you mean users"],
  ["users.xlsx", 404, "NOT_FOUND", "users.csv, users.ndjson, users.parquet"],
  ["__proto__.csv", 404, "NOT_FOUND", "Unknown export"],
  ["%E0%A4%A.csv", 404, "NOT_FOUND", "Unknown export"],
  ["users.csv", 400, "BAD_USER_INPUT", "range"],
  ["users.csv?range.last.dayz=7", 400, "BAD_USER_INPUT", "did you mean days"],
  ["users.csv?range.last.days=many", 400, "BAD_USER_INPUT", "Int cannot represent"],
  ["users.csv?range.last.days=7&range.period=LAST_MONTH", 400, "BAD_USER_INPUT", "Exactly one key"],
  ["users.csv?range=7", 400, "BAD_USER_INPUT", "has parts"],
  [`users.csv?${WEEK}&first=5`, 400, "BAD_USER_INPUT", "Unknown parameter `first`"],
  [`users.csv?${WEEK}&fields=emial`, 400, "BAD_USER_INPUT", "did you mean email"],
  [`users.csv?${WEEK}&fields=email.name`, 400, "BAD_USER_INPUT", "Unknown field `email.name`"],
  [`users.csv?${WEEK}&fields=claudeCodeRecords.nodes`, 400, "BAD_USER_INPUT", "Unknown field"],
  [`users.csv?${WEEK}&fields=__proto__`, 400, "BAD_USER_INPUT", "Unknown field"],
  ["cost.csv?range.last.days=7&fields=model", 400, "BAD_USER_INPUT", "add MODEL to `groupBy`"],
  ["spend.csv", 400, "BAD_USER_INPUT", "period=LAST_MONTH"],
  ["spend.csv?period=LASTMONTH", 400, "BAD_USER_INPUT", "did you mean LAST_MONTH"],
  [
    "spend.csv?from=2026-02-30&until=2026-03-01",
    400,
    "BAD_USER_INPUT",
    "`from=2026-02-30` is not a day: 2026-02 has the days 01 to 28. Use `from=2026-02-28`.",
  ],
  ["spend.csv?from=2026-02-01&until=2026-02-30", 400, "BAD_USER_INPUT", "28. Use `until=2026-03-01`."],
  ["spend.csv?from=2026-02-01&until=2026-13-01", 400, "BAD_USER_INPUT", "01 to 12. Use `until=2026-12-01`."],
  ["spend.csv?from=2026-2-1&until=2026-03-01", 400, "BAD_USER_INPUT", "YYYY-MM-DD. Use `from=2026-02-01`."],
  [
    "spend.csv?from=soon&until=2026-03-01",
    400,
    "BAD_USER_INPUT",
    "`from=soon` is not a day: a day is written",
  ],
  [
    "spend.csv?from=2026-03-02&until=2026-03-01",
    400,
    "BAD_USER_INPUT",
    "The range 2026-03-02 to 2026-03-01 ends before it begins; swap the days: `from` is 2026-03-01 and",
  ],
  [
    "spend.csv?from=2026-03-01",
    400,
    "BAD_USER_INPUT",
    "`until` is missing; one day is `from=2026-03-01&until=2026-03-02`.",
  ],
  [
    "spend.csv?until=2026-03-01",
    400,
    "BAD_USER_INPUT",
    "`from` is missing; one day is `from=2026-02-28&until=2026-03-01`.",
  ],
  ["spend.csv?period=LAST_MONTH&until=2026-03-01", 400, "BAD_USER_INPUT", "leave out `period`, or `until`."],
  [
    "spend.csv?period=LAST_MONTH&since=2026-02-30T01:00:00Z",
    400,
    "BAD_USER_INPUT",
    "2026-02 has the days 01 to 28. Use `nextSince` of the last manifest, or `since=2026-02-28T01:00:00Z`.",
  ],
  ["spend.csv?period=LAST_MONTH&since=2026-11-01", 400, "BAD_USER_INPUT", "or `since=2026-11-01T00:00:00Z`."],
  ["spend.csv?period=LAST_MONTH&since=2026-11-01T06:00", 400, "BAD_USER_INPUT", "`since=2026-11-01T06:00Z`."],
  [
    "spend.csv?from=2026-12-01&until=2026-12-31",
    400,
    "NOT_YET_AVAILABLE",
    "ends with 2026-11-22; 2026-12-01",
  ],
  [
    "users.csv?range.between.from=2026-02-30&range.between.until=2026-03-01",
    400,
    "BAD_USER_INPUT",
    "The nearest day is 2026-02-28: 2026-02 has the days 01 to 28.",
  ],
  [
    "users.csv?range.between.from=2026-11-10&range.between.until=2026-12-01",
    400,
    "NOT_YET_AVAILABLE",
    "2026-11-2",
  ],
  ["spend.csv?from=2026-03-01&until=2026-03-01", 400, "BAD_USER_INPUT", "contains no day"],
  ["spend.csv?from=2025-03-01&until=2026-03-01", 400, "NOT_COVERED", "2026-01-01"],
  ["spend.csv?period=LAST_MONTH&group=x", 400, "BAD_USER_INPUT", "Unknown parameter `group`"],
  ["spend.csv?period=LAST_MONTH&source=UNIFID", 400, "BAD_USER_INPUT", "did you mean UNIFIED"],
])("%s is refused with %d %s, without an upstream request", async (path, status, code, words) => {
  const gate = gateway({ sandbox: { users: 20 } });
  expect(await refusalOf(gate, path)).toEqual({ status, code, message: expect.stringContaining(words) });
  expect(gate.seen).toEqual([]);
});
