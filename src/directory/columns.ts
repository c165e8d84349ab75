import { closestMatch } from "leven";

/** Reports a fault and its place in a file. Reports never contain an address or a name from the file. */
export type Fault = (where: string, what: string) => void;

/** A file of rows: the setting that names it, its columns, and where its faults are reported. */
export interface DirectoryFile {
  readonly setting: string;
  readonly required: readonly [DirectoryColumn, DirectoryColumn];
  readonly optional: readonly DirectoryColumn[];
  readonly fault: Fault;
  readonly note: Fault;
}

/** Known columns by a pattern over the letters of their names: `Cost Centre`, `cost_centre` and `costCentre` are one. */
const COLUMNS = {
  email: /^email(address)?$/,
  alias: /^alias(es)?\d*$/,
  team: /^team(name)?$/,
  costCentre: /^costcent(re|er)$/,
  manager: /^manager(email)?$/,
  parent: /^parent(team)?$/,
  from: /^from$/,
  until: /^until$/,
} as const;

export type DirectoryColumn = keyof typeof COLUMNS;

/** Columns that a row may repeat; each value counts. */
const REPEATABLE: readonly DirectoryColumn[] = ["alias"];

/** Returns the column that a header names; null for a header that is ignored. */
export function columnOf(header: string, { required, optional }: DirectoryFile): DirectoryColumn | null {
  const key = headerKey(header);
  return [...required, ...optional].find((column) => COLUMNS[column].test(key)) ?? null;
}

function headerKey(header: string): string {
  return header.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}

/** Reports missing and misnamed columns, and notes ignored ones. */
export function areColumnsRight(headers: readonly string[], where: string, source: DirectoryFile): boolean {
  const columns = headers.map((name) => columnOf(name, source));
  const missing = source.required.filter((column) => !columns.includes(column));
  for (const column of missing) {
    const near = nearest(column, headers, source);
    source.fault(where, `the column \`${column}\` is missing${near && `; rename \`${near}\``}`);
  }
  // A misnamed optional column would be ignored silently.
  const misnamed = source.optional.flatMap((column) => {
    const near = columns.includes(column) ? "" : nearest(column, headers, source);
    return near === "" ? [] : [{ column, near }];
  });
  for (const { column, near } of misnamed)
    source.fault(where, `\`${near}\` is not read; rename it to \`${column}\`, or to a less similar name`);
  noteIgnored(headers, source);
  return missing.length === 0 && misnamed.length === 0;
}

/** Finds the header that almost names the column; empty where none does. */
function nearest(column: DirectoryColumn, headers: readonly string[], source: DirectoryFile): string {
  const maxDistance = Math.max(1, Math.floor(column.length / 4));
  const unread = headers.filter((name) => columnOf(name, source) === null && isPlain(name));
  const meant = closestMatch(column.toLowerCase(), unread.map(headerKey), { maxDistance });
  return unread.find((name) => headerKey(name) === meant) ?? "";
}

/** Returns the columns that occur more than once and must not. */
export function repeated(columns: readonly DirectoryColumn[]): ReadonlySet<DirectoryColumn> {
  return new Set(columns.filter((column, i) => !REPEATABLE.includes(column) && columns.indexOf(column) < i));
}

function noteIgnored(headers: readonly string[], source: DirectoryFile): void {
  const ignored = headers.filter((name) => name !== "" && columnOf(name, source) === null);
  const shown = ignored.filter(isPlain).slice(0, MAX_NOTED);
  const others = ignored.length - shown.length;
  const names = [...shown, ...(others > 0 ? [`${others} more`] : [])].join(", ");
  if (ignored.length > 0) source.note("", `unknown columns are ignored: ${names}`);
}

const MAX_NOTED = 20;

/** Accepts headers that can be quoted: a file without a header has names and addresses in their place. */
function isPlain(header: string): boolean {
  return /^[\p{L}\p{N}][\p{L}\p{N} _.()/-]{0,39}$/u.test(header);
}
