import { CsvError, parse } from "csv-parse/sync";
import { closestMatch } from "leven";
import { type Aliases, emailKey } from "./domain/organization.ts";
import { type Roster, type Team, Teams } from "./domain/team.ts";
import { parseJson, readTextFile, UnreadableFile } from "./operator-file.ts";

/** Reports what is wrong with a file, and where; never with an address or a name from it. */
type Fault = (where: string, what: string) => void;

/** A value under a column of a CSV, or of a key of a JSON object. */
interface Cell {
  readonly column: Column;
  readonly value: string;
}

/** One row of a file. */
interface Row {
  /** `line 4` of a CSV, `entry 3` of a JSON list. */
  readonly where: string;
  readonly cells: readonly Cell[];
}

/** A file of rows: the setting that names it, its columns, and what the operator is told of it. */
interface Source {
  readonly setting: "TEAMS_FILE" | "ALIASES_FILE";
  readonly required: readonly [Column, Column];
  readonly optional: readonly Column[];
  readonly fault: Fault;
  readonly note: Fault;
}

export interface RosterFiles {
  /** Path of the teams; empty: no file. */
  readonly teams: string;
  readonly aliases: string;
}

/** What the operator should learn of files that can be used, or why they cannot. Each line quotes nobody. */
export interface RosterReport {
  readonly faults: string[];
  readonly notes: string[];
}

/** Reads the teams and aliases that the operator's files state, and reports everything that is wrong with them at once. */
export function readRoster({ teams, aliases }: RosterFiles, report: RosterReport): Roster {
  const about = (setting: Source["setting"], lines: string[]): Fault => {
    return (where, what) => lines.push(`${setting}${where && ` ${where}`}: ${what}.`);
  };
  const source = (setting: Source["setting"], beside: Column, optional: readonly Column[] = []): Source => ({
    setting,
    required: ["email", beside],
    optional,
    fault: about(setting, report.faults),
    note: about(setting, report.notes),
  });
  const ofAliases = source("ALIASES_FILE", "alias");
  const ofTeams = source("TEAMS_FILE", "team", ["costCentre", "manager"]);
  const known = aliases === "" ? NO_ALIASES : aliasesOf(rowsOf(aliases, ofAliases), ofAliases);
  if (teams === "") return { aliases: known, teams: null };
  return { aliases: known, teams: new Teams(teamsOf(rowsOf(teams, ofTeams), ofTeams, known), known) };
}

const NO_ALIASES: Aliases = new Map();

/** The columns that mean something, by the letters of their names: `Cost Centre`, `cost_centre` and `costCentre` are one. */
const COLUMNS = {
  email: /^email(address)?$/,
  alias: /^alias(es)?\d*$/,
  team: /^team(name)?$/,
  costCentre: /^costcent(re|er)$/,
  manager: /^manager(email)?$/,
} as const;

type Column = keyof typeof COLUMNS;

/** Columns that a row may have several of: each value counts. */
const REPEATABLE: readonly Column[] = ["alias"];

function headerKey(header: string): string {
  return header.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}

function columnOf(header: string, { required, optional }: Source): Column | null {
  const key = headerKey(header);
  return [...required, ...optional].find((column) => COLUMNS[column].test(key)) ?? null;
}

function rowsOf(path: string, source: Source): readonly Row[] {
  try {
    // One name can be typed in two ways that look alike: as one letter, or as a letter and its accent.
    const text = readTextFile(path).normalize("NFC");
    return /^\s*[[{]/.test(text) ? jsonRows(text, source) : csvRows(text, source);
  } catch (fault) {
    if (!(fault instanceof UnreadableFile)) throw fault;
    source.fault("", `the file ${fault.message}`);
    return [];
  }
}

interface CsvRecord {
  readonly record: string[];
  /** The record as it stands in the file. */
  readonly raw: string;
  readonly info: { readonly lines: number };
}

function csvRows(text: string, source: Source): readonly Row[] {
  let records: CsvRecord[];
  try {
    records = parse(text, {
      info: true,
      raw: true,
      relax_column_count: true,
      skip_empty_lines: true,
      skip_records_with_empty_values: true,
      trim: true,
    }) as unknown as CsvRecord[];
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    source.fault(typeof error.lines === "number" ? `line ${error.lines}` : "", "this is not CSV");
    return [];
  }
  const [header, ...rows] = records;
  const headers = header?.record ?? [];
  const columns = headers.map((name) => columnOf(name, source));
  const first = `line ${header?.info.lines ?? 1}`;
  const separator = otherSeparator(headers);
  if (separator !== null) {
    source.fault(first, `the columns are separated by ${separator}; separate them by commas`);
    return [];
  }
  const twice = repeated(columns.filter((column) => column !== null));
  for (const column of twice) source.fault(first, `two columns are \`${column}\`; keep one of them`);
  if (!areColumnsRight(headers, first, source) || twice.size > 0) return [];
  return rows.map(({ record, raw, info }) => {
    const where = `line ${info.lines}`;
    // Aliases may run on beyond the last header; each is checked to be an address.
    const runsOn = columns.at(-1) === "alias" ? "alias" : null;
    if (record.length < columns.length || (record.length > columns.length && runsOn === null))
      source.fault(
        where,
        `there are ${record.length} values under ${columns.length} columns; put a value with a comma in it in quotes, and leave an empty one between commas`,
      );
    else if (hasUnevenCommas(raw))
      source.fault(
        where,
        "a blank stands after one comma and not after another, as in a value with a comma; put such a value in quotes, or take the blank out",
      );
    return { where, cells: cellsOf(record.map((value, i) => [columns[i] ?? runsOn, value])) };
  });
}

/**
 * Checks whether a comma between values without quotes has a blank after it while another comma has none. Unless an address follows, such
 * a comma is more likely part of a value: `…,Research, Development` has as many values as a file with a cost centre, and another meaning.
 */
function hasUnevenCommas(raw: string): boolean {
  const bare = raw.replace(/"(?:[^"]|"")*"/g, '""');
  return (
    /[^\s",],[ \t]+(?![^\s",]+@)[^\s",](?:[^",\r\n]*[^\s",])?(?=[,\r\n]|$)/.test(bare) && /,[^\s,]/.test(bare)
  );
}

function jsonRows(text: string, source: Source): readonly Row[] {
  const list = parseJson(text);
  if (!Array.isArray(list)) throw new UnreadableFile("is not a JSON list of objects");
  const entries = list.map((entry: unknown) =>
    typeof entry === "object" && entry !== null ? Object.entries(entry) : [],
  );
  const names = [...new Set(entries.flatMap((entry) => entry.map(([name]) => name)))];
  if (entries.length > 0 && !areColumnsRight(names, "in every entry", source)) return [];
  return entries.flatMap((entry, i): Row[] => {
    const where = `entry ${i + 1}`;
    const named = entry.flatMap(([name, value]) => {
      const column = columnOf(name, source);
      return column === null ? [] : [{ column, texts: textsOf(column, value) }];
    });
    const ill = named.filter(({ texts }) => texts === null);
    const twice = repeated(named.map(({ column }) => column));
    for (const { column } of ill)
      source.fault(
        where,
        `\`${column}\` is not a text${LISTS.includes(column) ? " or a list of texts" : ""}`,
      );
    for (const column of twice) source.fault(where, `\`${column}\` is given twice`);
    if (ill.length > 0 || twice.size > 0) return [];
    const values = named.flatMap(({ column, texts }) => (texts ?? []).map((each) => [column, each] as const));
    return [{ where, cells: cellsOf(values) }];
  });
}

/** Columns that may be a list in JSON: a person can have several. */
const LISTS: readonly Column[] = ["alias", "team"];

/** Null: something else than text. */
function textsOf(column: Column, value: unknown): readonly string[] | null {
  if (value === null) return [];
  const values: readonly unknown[] = Array.isArray(value) && LISTS.includes(column) ? value : [value];
  const texts = values.filter((each) => typeof each === "string");
  return texts.length < values.length ? null : texts;
}

function cellsOf(values: readonly (readonly [Column | null, string])[]): readonly Cell[] {
  return values.flatMap(([column, value]) => {
    const text = value.trim();
    return column === null || text === "" ? [] : [{ column, value: text }];
  });
}

function valuesOf({ cells }: Row, wanted: Column): readonly string[] {
  return cells.flatMap(({ column, value }) => (column === wanted ? [value] : []));
}

/** Reports columns that are missing or misnamed, and notes those that mean nothing. */
function areColumnsRight(headers: readonly string[], where: string, source: Source): boolean {
  const columns = headers.map((name) => columnOf(name, source));
  const missing = source.required.filter((column) => !columns.includes(column));
  for (const column of missing) {
    const near = nearest(column, headers, source);
    source.fault(where, `there is no column \`${column}\`${near && `; rename \`${near}\``}`);
  }
  // An optional column that is misnamed would be left out without a word.
  const misnamed = source.optional.flatMap((column) => {
    const near = columns.includes(column) ? "" : nearest(column, headers, source);
    return near === "" ? [] : [{ column, near }];
  });
  for (const { column, near } of misnamed)
    source.fault(where, `\`${near}\` is not read; rename it \`${column}\`, or to something less like it`);
  noteIgnored(headers, source);
  return missing.length === 0 && misnamed.length === 0;
}

/** What separates the columns of a file that has no commas between them. */
function otherSeparator([header = "", ...others]: readonly string[]): string | null {
  const found = others.length === 0 ? /[;\t|]/.exec(header)?.[0] : undefined;
  if (found === undefined) return null;
  return found === "\t" ? "tabs" : `\`${found}\``;
}

/** The header that is almost the name of the column, or empty text. */
function nearest(column: Column, headers: readonly string[], source: Source): string {
  const maxDistance = Math.max(1, Math.floor(column.length / 4));
  const unread = headers.filter((name) => columnOf(name, source) === null && isPlain(name));
  const meant = closestMatch(column.toLowerCase(), unread.map(headerKey), { maxDistance });
  return unread.find((name) => headerKey(name) === meant) ?? "";
}

function repeated(columns: readonly Column[]): ReadonlySet<Column> {
  return new Set(columns.filter((column, i) => !REPEATABLE.includes(column) && columns.indexOf(column) < i));
}

function noteIgnored(headers: readonly string[], source: Source): void {
  const ignored = headers.filter((name) => name !== "" && columnOf(name, source) === null);
  const shown = ignored.filter(isPlain).slice(0, MAX_NOTED);
  const others = ignored.length - shown.length;
  const names = [...shown, ...(others > 0 ? [`${others} more`] : [])].join(", ");
  if (ignored.length > 0) source.note("", `columns without a meaning here are ignored: ${names}`);
}

const MAX_NOTED = 20;

/** A file without a header has people in its place. */
function isPlain(header: string): boolean {
  return /^[\p{L}\p{N}][\p{L}\p{N} _.()/-]{0,39}$/u.test(header);
}

/** The longest name of a team. */
const MAX_NAME = 200;

function addressIn(row: Row, { fault }: Source): string | null {
  const [email] = valuesOf(row, "email");
  if (email === undefined) fault(row.where, "there is no `email`");
  else if (isAddress(email)) return email;
  else fault(row.where, "`email` is not an address");
  return null;
}

function isAddress(text: string): boolean {
  return /^[^\s@]+@[^\s@]+$/.test(text);
}

function aliasesOf(rows: readonly Row[], source: Source): Aliases {
  const { fault } = source;
  const stated = new Map<string, { readonly email: string; readonly where: string }>();
  for (const row of rows) {
    const email = addressIn(row, source)?.toLowerCase();
    const aliases = valuesOf(row, "alias");
    if (aliases.length === 0) fault(row.where, "there is no `alias`");
    if (!aliases.every(isAddress)) fault(row.where, "an `alias` is not an address");
    if (email === undefined) continue;
    for (const alias of aliases.map((each) => each.toLowerCase())) {
      const before = stated.get(alias);
      if (before !== undefined && before.email !== email)
        fault(row.where, `an alias is another person's already, on ${before.where}`);
      else if (alias !== email) stated.set(alias, { email, where: row.where });
    }
  }
  const resolved = new Map<string, string>();
  for (const [alias, { email, where }] of stated) {
    const passed = new Set([alias]);
    let first = email;
    for (let next: string | undefined = email; next !== undefined; next = stated.get(next)?.email) {
      if (passed.has(next)) {
        fault(where, "its aliases lead round in a circle");
        break;
      }
      passed.add(next);
      first = next;
    }
    resolved.set(alias, first);
  }
  return resolved;
}

function teamsOf(rows: readonly Row[], source: Source, aliases: Aliases): Team[] {
  const { fault, note } = source;
  const lines = rows.flatMap((row) => {
    const email = addressIn(row, source);
    const names = valuesOf(row, "team");
    if (names.length === 0) fault(row.where, "there is no `team`; leave out people who are in none");
    if (names.some((name) => name.length > MAX_NAME))
      fault(row.where, `\`team\` is longer than ${MAX_NAME} characters`);
    if (names.some((name) => /\p{Cc}/u.test(name)))
      fault(row.where, "`team` has a line break or another control character; a quote may be missing");
    return email === null ? [] : names.map((name) => ({ email, name, row }));
  });
  for (const alike of Map.groupBy(lines, ({ name }) => name.toLowerCase()).values()) {
    const [first, other] = new Map(alike.map((line) => [line.name, line])).values();
    if (first !== undefined && other !== undefined)
      note(
        other.row.where,
        `the team differs from that of ${first.row.where} by letter case alone, and is another one`,
      );
  }
  return [...Map.groupBy(lines, ({ name }) => name)].map(([name, members]) => ({
    teamId: name,
    name,
    costCentre: mostOften(members.flatMap(({ row }) => valuesOf(row, "costCentre"))),
    manager: mostOften(members.flatMap(({ row }) => valuesOf(row, "manager"))),
    members: [...new Set(members.map(({ email }) => emailKey(email, aliases)))].map((email) => ({
      userId: null,
      email,
    })),
  }));
}

/** What most lines of a team say, the first of them where several are said as often. */
function mostOften(values: readonly string[]): string | null {
  const alike = [...Map.groupBy(values, (value) => value).values()];
  return alike.toSorted((a, b) => b.length - a.length)[0]?.[0] ?? null;
}
