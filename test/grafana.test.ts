import { readFileSync } from "node:fs";
import { parse } from "csv-parse/sync";
import { describe, expect, test } from "vitest";
import { gateway, NOW } from "./gateway.ts";
import { oneToken } from "./one-token.ts";

interface Parameter {
  readonly key: string;
  readonly value: string;
}

/** A query of the Infinity data source, as far as it decides a request and what is read of its answer. */
interface Target {
  readonly type: string;
  readonly parser: string;
  readonly source: string;
  readonly url: string;
  readonly url_options: { readonly method: string; readonly params: readonly Parameter[] };
  readonly root_selector: string;
  readonly columns: readonly { readonly selector: string; readonly text: string; readonly type: string }[];
}

const dashboard: {
  readonly timezone: string;
  readonly time: { readonly from: string; readonly to: string };
  readonly templating: { readonly list: readonly { name: string; current: { value: string } }[] };
  readonly panels: readonly { readonly title: string; readonly targets: readonly Target[] }[];
} = JSON.parse(readFileSync(new URL("../docs/grafana/claude-analytics.json", import.meta.url), "utf8"));

const queries = dashboard.panels.flatMap(({ title, targets }) =>
  targets.map((target) => ({ title, target })),
);

const BASE = "http://gateway.test";
const DAY_MS = 86_400_000;

/** Values of Grafana's variables for the last 14 days, as the dashboard opens, in its time zone, which is UTC. */
function variables(): Map<string, string> {
  const today = Date.parse(NOW);
  const day = (instant: number) => new Date(instant).toISOString().slice(0, 10);
  return new Map([
    [`\${__from:date:YYYY-MM-DD}`, day(today - 14 * DAY_MS)],
    [`\${__to:date:YYYY-MM-DD}`, day(today)],
    ...dashboard.templating.list.map(({ name, current }) => [`\${${name}}`, current.value] as const),
  ]);
}

/** The request of Infinity for a query: the base URL of the data source, the path, and the parameters sorted by name. */
function requestOf({ url, url_options, type }: Target, token: string): [string, RequestInit] {
  const values = variables();
  const query = new URLSearchParams();
  for (const { key, value } of url_options.params)
    query.append(
      key,
      value.replaceAll(/\$\{[^}]+\}/g, (name) => values.get(name) ?? name),
    );
  query.sort();
  expect(type).toBe("json");
  return [
    `${BASE}${url}?${query}`,
    {
      method: url_options.method,
      headers: {
        accept: "application/json;q=0.9,text/plain",
        authorization: `Bearer ${token}`,
        "user-agent": "Grafana/12.1.0",
      },
    },
  ];
}

/** A column as the backend parser reads it: a selector with a dot would be a path. */
function cellOf(
  row: Readonly<Record<string, unknown>>,
  { selector, type }: Target["columns"][number],
): unknown {
  expect(selector).toMatch(/^\w+$/);
  expect(Object.keys(row)).toContain(selector);
  const value = row[selector] ?? null;
  if (value === null || type === "string") return value;
  if (type === "number") return Number(value);
  expect(type).toBe("timestamp");
  return Date.parse(String(value));
}

describe("the Grafana dashboard", () => {
  const owner = oneToken("grafana", "OWNER");

  test("has queries for the Infinity data source alone, in days of UTC", () => {
    expect(queries.length).toBeGreaterThanOrEqual(6);
    expect(dashboard.timezone).toBe("utc");
    expect(dashboard.time).toEqual({ from: "now-14d/d", to: "now/d" });
    for (const { target } of queries)
      expect(target).toMatchObject({ parser: "backend", source: "url", root_selector: "" });
  });

  test.each(queries)("finds each of its columns in the answer: $title", async ({ target }) => {
    const { app } = gateway({ sandbox: { users: 60 }, settings: owner.settings });
    const response = await app.fetch(...requestOf(target, owner.token));
    expect(response.status).toBe(200);
    const rows: Record<string, unknown>[] = await response.json();
    expect(rows.length).toBeGreaterThan(0);
    const cells = rows.flatMap((row) => target.columns.map((column) => [column.type, cellOf(row, column)]));
    expect(cells.filter(([type, cell]) => type !== "string" && Number.isNaN(cell))).toEqual([]);
    for (const { type } of target.columns)
      expect(cells.some(([of, cell]) => of === type && cell !== null)).toBe(true);
  });

  test.each(queries)("has the same values where Infinity reads CSV: $title", async ({ target }) => {
    const { app } = gateway({ sandbox: { users: 60 }, settings: owner.settings });
    const [url, init] = requestOf(target, owner.token);
    const rows: Record<string, unknown>[] = await (await app.fetch(url, init)).json();
    const csv = await app.fetch(url.replace("format=rows", "format=csv"), init);
    expect(csv.headers.get("content-type")).toContain("text/csv");
    // Strict as the reader of the backend parser: every record has as many fields as the header, and quotes only where they belong.
    const records: Record<string, string>[] = parse(await csv.text(), { columns: true });
    const read = (type: string, cell: unknown) =>
      cell === null || cell === "" || type === "string" ? (cell ?? "") : Number(cell);
    const valuesOf = (list: readonly Record<string, unknown>[]) =>
      list.map((row) =>
        target.columns.map(({ selector, type }) =>
          type === "timestamp" ? Date.parse(String(row[selector])) : read(type, row[selector] ?? null),
        ),
      );
    expect(rows.length).toBeGreaterThan(0);
    expect(valuesOf(records)).toEqual(valuesOf(rows).map((row) => row.map((cell) => cell ?? "")));
  });

  test("asks for its panels with few upstream requests, and again with none", async () => {
    const opened = gateway({ sandbox: { users: 60 }, settings: owner.settings });
    const askAll = () =>
      Promise.all(queries.map(({ target }) => opened.app.fetch(...requestOf(target, owner.token))));
    const [, cold] = await opened.requestsOf(askAll);
    expect(cold.length).toBeLessThanOrEqual(30);
    const [, warm] = await opened.requestsOf(askAll);
    expect(warm).toEqual([]);
  });
});
