import { readFileSync } from "node:fs";
import { CsvError, parse } from "csv-parse/sync";
import { type Aliases, emailKey } from "./domain/organization.ts";
import { type Roster, type Team, Teams } from "./domain/team.ts";

/** What is wrong with a file, and where; never with an address or a name in it. */
type Fault = (where: string, what: string) => void;

/** One row of a file: its values by header, as many of a header as there are. */
interface Row {
  /** `line 4` of a CSV, `entry 3` of a JSON list. */
  readonly where: string;
  readonly values: (header: RegExp) => readonly string[];
}

/**
 * The teams and aliases that the operator's files state; an empty path is no file. Everything that is wrong is added to
 * `faults`, each in a line that quotes nothing of the file.
 */
export function readRoster(
  { teams, aliases }: { readonly teams: string; readonly aliases: string },
  faults: string[],
): Roster {
  const known = aliases === "" ? NO_ALIASES : aliasesOf(...opened("ALIASES_FILE", aliases, "alias", faults));
  if (teams === "") return { aliases: known, teams: null };
  const listed = teamsOf(...opened("TEAMS_FILE", teams, "team", faults), known);
  return { aliases: known, teams: new Teams(listed, known) };
}

const NO_ALIASES: Aliases = new Map();

/** The rows of a file, each of which has an email and one thing beside it. */
function opened(
  setting: string,
  path: string,
  beside: "alias" | "team",
  faults: string[],
): [rows: readonly Row[], fault: Fault] {
  const fault: Fault = (where, what) => faults.push(`${setting}${where && ` ${where}`}: ${what}.`);
  let text: string;
  try {
    text = readFileSync(path, "utf8").replace(/^\uFEFF/, "");
  } catch (error) {
    fault("", `the file cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown reason"})`);
    return [[], fault];
  }
  return [/^\s*[[{]/.test(text) ? jsonRows(text, fault) : csvRows(text, beside, fault), fault];
}

function csvRows(text: string, beside: "alias" | "team", fault: Fault): readonly Row[] {
  let records: { readonly record: string[]; readonly info: { readonly lines: number } }[];
  try {
    records = parse(text, {
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      skip_records_with_empty_values: true,
      trim: true,
    }) as unknown as typeof records;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    fault(typeof error.lines === "number" ? `line ${error.lines}` : "", "this is not CSV");
    return [];
  }
  const [header, ...rows] = records;
  const headers = header?.record.map(headerKey) ?? [];
  const missing = (["email", beside] as const).filter(
    (name) => !headers.some((each) => HEADERS[name].test(each)),
  );
  for (const name of missing) fault(`line ${header?.info.lines ?? 1}`, `there is no column \`${name}\``);
  if (missing.length > 0) return [];
  return rows.map(({ record, info }) => ({
    where: `line ${info.lines}`,
    // Lines may run on: what is beyond the last header is one more value of it.
    values: (wanted) =>
      record.filter((value, i) => value !== "" && wanted.test(headers[i] ?? headers.at(-1) ?? "")),
  }));
}

function jsonRows(text: string, fault: Fault): readonly Row[] {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    fault("", "this is not JSON");
    return [];
  }
  if (!Array.isArray(list)) {
    fault("", "this is not a JSON list of objects");
    return [];
  }
  return list.map((entry: unknown, i) => {
    const fields = typeof entry === "object" && entry !== null ? Object.entries(entry) : [];
    const values = fields.flatMap(([name, value]) =>
      [value]
        .flat()
        .flatMap((each) =>
          typeof each === "string" && each.trim() ? [[headerKey(name), each.trim()] as const] : [],
        ),
    );
    return {
      where: `entry ${i + 1}`,
      values: (wanted) => values.flatMap(([header, value]) => (wanted.test(header) ? [value] : [])),
    };
  });
}

/** Headers are told apart by their letters alone: `Cost Centre`, `cost_centre` and `costCentre` are one. */
function headerKey(header: string): string {
  return header.toLowerCase().replace(/[\s_-]/g, "");
}

const HEADERS = {
  email: /^email(address)?$/,
  alias: /^alias(es)?\d*$/,
  team: /^team(name)?$/,
  costCentre: /^costcent(re|er)$/,
  manager: /^manager(email)?$/,
} as const;

/** The longest name of a team. */
const MAX_NAME = 200;

function addressIn(row: Row, fault: Fault): string | null {
  const [email] = row.values(HEADERS.email);
  if (email === undefined) fault(row.where, "there is no `email`");
  else if (isAddress(email)) return email;
  else fault(row.where, "`email` is not an address");
  return null;
}

function isAddress(text: string): boolean {
  return /^[^\s@]+@[^\s@]+$/.test(text);
}

function aliasesOf(rows: readonly Row[], fault: Fault): Aliases {
  const stated = new Map<string, { readonly email: string; readonly where: string }>();
  for (const row of rows) {
    const email = addressIn(row, fault)?.toLowerCase();
    const aliases = row.values(HEADERS.alias);
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

function teamsOf(rows: readonly Row[], fault: Fault, aliases: Aliases): Team[] {
  const lines = rows.flatMap((row) => {
    const email = addressIn(row, fault);
    const [name] = row.values(HEADERS.team);
    if (name === undefined) fault(row.where, "there is no `team`; leave out people who are in none");
    else if (name.length > MAX_NAME) fault(row.where, `\`team\` is longer than ${MAX_NAME} characters`);
    return email === null || name === undefined ? [] : [{ email, name, row }];
  });
  return [...Map.groupBy(lines, ({ name }) => name)].map(([name, members]) => ({
    teamId: name,
    name,
    costCentre: mostOften(members.flatMap(({ row }) => row.values(HEADERS.costCentre).slice(0, 1))),
    manager: mostOften(members.flatMap(({ row }) => row.values(HEADERS.manager).slice(0, 1))),
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
