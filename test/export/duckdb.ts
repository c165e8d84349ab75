import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { expect } from "vitest";
import type { gateway } from "../gateway.ts";

/** A row as DuckDB prints its values. */
export type PrintedRow = Readonly<Record<string, string | null>>;

/** Runs SQL statements in a database in memory, and returns the rows of the last one. */
export async function duckdb(...statements: readonly string[]): Promise<PrintedRow[]> {
  const instance = await DuckDBInstance.create(":memory:");
  try {
    const connection = await instance.connect();
    const [last = "", ...before] = statements.toReversed();
    for (const statement of before.toReversed()) await connection.run(statement);
    const result = await connection.runAndReadAll(`SELECT CAST(COLUMNS(*) AS VARCHAR) FROM (${last})`);
    return result.getRowObjectsJson() as PrintedRow[];
  } finally {
    instance.closeSync();
  }
}

/** Writes bytes to a file of their own, and returns its path. */
export function fileOf(bytes: Uint8Array, name = "file.parquet"): string {
  const path = join(mkdtempSync(join(tmpdir(), "export-")), name);
  writeFileSync(path, bytes);
  return path;
}

/** A Parquet file of /export/, as a path. */
export async function parquetOf(
  { app }: Pick<ReturnType<typeof gateway>, "app">,
  path: string,
): Promise<string> {
  const response = await app.fetch(`http://gateway.test/export/${path}`);
  const bytes = await response.bytes();
  expect(response.status, response.ok ? "" : Buffer.from(bytes).toString()).toBe(200);
  return fileOf(bytes);
}

/** Names and types of the columns of a Parquet file. */
export async function columnsOf(file: string): Promise<Readonly<Record<string, string>>> {
  const columns = await duckdb(`SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM '${file}')`);
  return Object.fromEntries(columns.map(({ column_name: name, column_type: type }) => [name, type ?? ""]));
}
