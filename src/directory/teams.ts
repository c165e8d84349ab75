import { type Day, parseDay } from "../domain/day.ts";
import { type Aliases, emailKey } from "../domain/organization.ts";
import type { MembershipSpan, Team, TeamMember } from "../domain/team.ts";
import type { DirectoryFile } from "./columns.ts";
import { addressIn, type Row, valuesOf } from "./row.ts";

/** Longest team name, in characters. */
const MAX_NAME = 200;

interface TeamLine extends MembershipSpan {
  readonly email: string;
  readonly name: string;
  readonly row: Row;
}

/** Groups rows into teams, and notes names that differ by letter case alone. */
export function teamsOf(rows: readonly Row[], source: DirectoryFile, aliases: Aliases): Team[] {
  const { fault, note } = source;
  const lines = rows.flatMap((row): TeamLine[] => {
    const email = addressIn(row, source);
    const names = valuesOf(row, "team");
    if (names.length === 0) fault(row.where, "`team` is missing; omit people without a team");
    if (names.some((name) => name.length > MAX_NAME))
      fault(row.where, `\`team\` is longer than ${MAX_NAME} characters`);
    if (names.some((name) => /\p{Cc}/u.test(name)))
      fault(row.where, "`team` has a line break or another control character; a quote may be missing");
    const span = spanIn(row, source);
    return email === null || span === null ? [] : names.map((name) => ({ email, name, row, ...span }));
  });
  for (const alike of Map.groupBy(lines, ({ name }) => name.toLowerCase()).values()) {
    const [first, other] = new Map(alike.map((line) => [line.name, line])).values();
    if (first !== undefined && other !== undefined)
      note(
        other.row.where,
        `the team differs from that of ${first.row.where} only in letter case, and counts as another team`,
      );
  }
  const parents = parentsOf(lines, source);
  return [...Map.groupBy(lines, ({ name }) => name)].map(([name, members]) => {
    const current = latest(members);
    return {
      teamId: name,
      name,
      costCentre: mostOften(current.flatMap(({ row }) => valuesOf(row, "costCentre"))),
      manager: mostOften(current.flatMap(({ row }) => valuesOf(row, "manager"))),
      parentId: parents.get(name) ?? null,
      members: [...Map.groupBy(members, ({ email }) => emailKey(email, aliases))].map(
        ([email, same]): TeamMember => ({ userId: null, email, spans: spansOf(same, source) }),
      ),
    };
  });
}

/** Returns the team above each team. Reports teams with two of them, unknown ones and cycles: they decide what leads may read. */
function parentsOf(lines: readonly TeamLine[], { fault }: DirectoryFile): ReadonlyMap<string, string> {
  const names = new Set(lines.map(({ name }) => name));
  const stated = new Map<string, { readonly parent: string; readonly where: string }>();
  for (const { name, row } of lines) {
    const [parent] = valuesOf(row, "parent");
    if (parent === undefined) continue;
    const before = stated.getOrInsert(name, { parent, where: row.where });
    if (!names.has(parent)) fault(row.where, "`parent` is not a team of this file");
    else if (before.parent !== parent) fault(row.where, `the team has another \`parent\` on ${before.where}`);
  }
  for (const [name, { where }] of stated) {
    const passed = new Set([name]);
    for (let next = stated.get(name)?.parent; next !== undefined; next = stated.get(next)?.parent) {
      if (next === name) fault(where, "the teams above this one form a cycle");
      if (passed.has(next)) break;
      passed.add(next);
    }
  }
  return new Map([...stated].map(([name, { parent }]) => [name, parent]));
}

/** Returns the days of a row; reports days that do not exist and spans without a day, and returns null. */
function spanIn(row: Row, { fault }: DirectoryFile): MembershipSpan | null {
  const [from, until] = (["from", "until"] as const).map((column): Day | null | undefined => {
    const [text] = valuesOf(row, column);
    if (text === undefined) return null;
    const day = parseDay(text) ?? undefined;
    if (day === undefined) fault(row.where, `\`${column}\` is not a day such as 2026-07-01`);
    return day;
  });
  if (from === undefined || until === undefined) return null;
  if (from === null || until === null || from < until) return { from, until };
  fault(row.where, "`from` is not before `until`, which is the first day after the membership");
  return null;
}

/** Returns the spans of one person in one team, oldest first; null where none states a day. Reports those that overlap. */
function spansOf(lines: readonly TeamLine[], { fault }: DirectoryFile): readonly MembershipSpan[] | null {
  if (lines.every(({ from, until }) => from === null && until === null)) return null;
  const sorted = lines.toSorted((a, b) => ((a.from ?? "") < (b.from ?? "") ? -1 : 1));
  const spans: MembershipSpan[] = [];
  let longest: TeamLine | undefined;
  for (const line of sorted) {
    const { from, until, row } = line;
    if (longest !== undefined && (from === null || longest.until === null || from < longest.until))
      fault(row.where, `the person is in this team on the same days already, by ${longest.row.where}`);
    const last = spans.at(-1);
    // Lines that follow one another change nothing about the team.
    if (last !== undefined && last.until === from) spans[spans.length - 1] = { from: last.from, until };
    else spans.push({ from, until });
    if (longest === undefined || until === null || (longest.until !== null && until > longest.until))
      longest = line;
  }
  return spans;
}

/** Returns the lines with the last memberships, which describe the team as of now. */
function latest(lines: readonly TeamLine[]): readonly TeamLine[] {
  const open = lines.filter(({ until }) => until === null);
  if (open.length > 0) return open;
  const last = lines
    .map(({ until }) => until ?? "")
    .sort()
    .at(-1);
  return lines.filter(({ until }) => until === last);
}

/** Returns the most frequent value, the first of those that tie; null without values. */
function mostOften(values: readonly string[]): string | null {
  const alike = [...Map.groupBy(values, (value) => value).values()];
  return alike.toSorted((a, b) => b.length - a.length)[0]?.[0] ?? null;
}
