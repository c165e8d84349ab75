import type { DirectoryColumn, DirectoryFile } from "./columns.ts";

/** A value with its CSV column or JSON key. */
interface Cell {
  readonly column: DirectoryColumn;
  readonly value: string;
}

/** A row of a file. */
export interface Row {
  /** `line 4` of a CSV, `entry 3` of a JSON list. */
  readonly where: string;
  readonly cells: readonly Cell[];
}

/** Drops values that are empty or in an ignored column. */
export function cellsOf(values: readonly (readonly [DirectoryColumn | null, string])[]): readonly Cell[] {
  return values.flatMap(([column, value]) => {
    const text = value.trim();
    return column === null || text === "" ? [] : [{ column, value: text }];
  });
}

export function valuesOf({ cells }: Row, wanted: DirectoryColumn): readonly string[] {
  return cells.flatMap(({ column, value }) => (column === wanted ? [value] : []));
}

/** Returns the `email` of a row; reports a missing or malformed one and returns null. */
export function addressIn(row: Row, { fault }: DirectoryFile): string | null {
  const [email] = valuesOf(row, "email");
  if (email === undefined) fault(row.where, "`email` is missing");
  else if (isAddress(email)) return email;
  else fault(row.where, "`email` is not an address");
  return null;
}

export function isAddress(text: string): boolean {
  return /^[^\s@]+@[^\s@]+$/.test(text);
}
