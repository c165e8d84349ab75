import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { gateway } from "../gateway.ts";
import { columnsOf, duckdb, parquetOf } from "./duckdb.ts";

const RANGE = "from=2026-01-01&until=2027-01-01";

function textOf(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
}

test("the statements of docs/exports.md replace the days of an increment, which makes the table a full export", async () => {
  const gate = gateway({ now: "2026-11-22T12:00:00Z", sandbox: { users: 40 } });
  const spend = await parquetOf(gate, `spend.parquet?${RANGE}`);
  gate.at("2026-11-25T12:00:00Z");
  const increment = await parquetOf(gate, `spend.parquet?${RANGE}&since=2026-11-22T12:00:00.000Z`);
  const whole = await parquetOf(gate, `spend.parquet?${RANGE}`);
  const [, sql = ""] = /```sql\n([\s\S]*?)```/.exec(textOf("docs/exports.md")) ?? [];
  const statements = sql
    .replace("'spend.parquet'", `'${spend}'`)
    .replace("'increment.parquet'", `'${increment}'`)
    .split(";\n")
    .filter((statement) => statement.trim() !== "");
  const total = "SELECT count(*) AS rows, sum(net_usd) AS net, sum(prompt_tokens) AS tokens FROM";
  expect(await duckdb(...statements.slice(0, -1), `${total} spend`)).toEqual(
    await duckdb(`${total} '${whole}'`),
  );
  const byFamily = await duckdb(...statements);
  expect(byFamily.length).toBeGreaterThan(2);
  expect(await duckdb(`${total} '${spend}'`)).not.toEqual(await duckdb(`${total} '${whole}'`));
});

test("the sources for dbt name columns that the files have", async () => {
  const gate = gateway({ sandbox: { users: 20 } });
  const files = {
    spend: await parquetOf(gate, "spend.parquet?period=YESTERDAY"),
    users: await parquetOf(gate, "users.parquet?range.last.days=7"),
  };
  const { sources } = parse(textOf("examples/warehouse/sources.yaml")) as {
    sources: { tables: { name: keyof typeof files; columns: { name: string }[] }[] }[];
  };
  const tables = sources.flatMap((source) => source.tables);
  expect(tables.map(({ name }) => name)).toEqual(Object.keys(files));
  for (const { name, columns } of tables) {
    const there = await columnsOf(files[name]);
    for (const column of columns) expect(Object.keys(there)).toContain(column.name);
  }
});
