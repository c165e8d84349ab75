import { parse } from "csv-parse/sync";
import { expect } from "vitest";
import { type Decimal, parseDecimal, sum } from "../../src/domain/decimal.ts";
import type { gateway } from "../gateway.ts";

export type Row = Readonly<Record<string, string>>;

/** A file of /export/, as text. */
export async function download(
  { app }: Pick<ReturnType<typeof gateway>, "app">,
  path: string,
): Promise<string> {
  const response = await app.fetch(`http://gateway.test/export/${path}`);
  const text = await response.text();
  expect(response.status, text).toBe(200);
  return text;
}

/** The rows of a CSV file by the names of its first line, as a program reads them that is not ours. */
export function rowsOf(csv: string): Row[] {
  return parse(csv, { columns: true }) as Row[];
}

/** The exact sum of a column. */
export function total(rows: readonly Row[], column: string): Decimal {
  return sum(rows.map((row) => parseDecimal(row[column] || "0") as Decimal));
}

/** The error that came in place of a file. */
export async function refusalOf({ app }: Pick<ReturnType<typeof gateway>, "app">, path: string) {
  const response = await app.fetch(`http://gateway.test/export/${path}`);
  const { errors } = (await response.json()) as {
    errors: { message: string; extensions: { code: string } }[];
  };
  expect(errors).toHaveLength(1);
  return { status: response.status, message: errors[0]?.message ?? "", code: errors[0]?.extensions.code };
}
