import { type Aliases, emailKey } from "../domain/organization.ts";
import type { Team } from "../domain/team.ts";
import type { DirectoryFile } from "./columns.ts";
import { addressIn, type Row, valuesOf } from "./row.ts";

/** Longest team name, in characters. */
const MAX_NAME = 200;

/** Groups rows into teams, and notes names that differ by letter case alone. */
export function teamsOf(rows: readonly Row[], source: DirectoryFile, aliases: Aliases): Team[] {
  const { fault, note } = source;
  const lines = rows.flatMap((row) => {
    const email = addressIn(row, source);
    const names = valuesOf(row, "team");
    if (names.length === 0) fault(row.where, "`team` is missing; omit people without a team");
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
        `the team differs from that of ${first.row.where} only in letter case, and counts as another team`,
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

/** Returns the most frequent value, the first of those that tie; null without values. */
function mostOften(values: readonly string[]): string | null {
  const alike = [...Map.groupBy(values, (value) => value).values()];
  return alike.toSorted((a, b) => b.length - a.length)[0]?.[0] ?? null;
}
