import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { type Day, day, dayOf, startOf } from "../src/domain/day.ts";
import { type Decimal, formatDecimal, parseDecimal, plus, sum } from "../src/domain/decimal.ts";
import type { DayRange } from "../src/domain/range.ts";
import { dayNumberOf } from "../src/sandbox/calendar.ts";
import { type Fact, netUnits } from "../src/sandbox/ledger/fact.ts";
import { SCALE } from "../src/sandbox/ledger/prices.ts";
import { NOTABLE, type Person } from "../src/sandbox/organization/people.ts";
import type { Organization } from "../src/sandbox/organization.ts";
import type { Environment } from "../src/settings/settings.ts";
import { gateway, NOW } from "./gateway.ts";
import { ledgerOf, simulated } from "./simulated.ts";

/** What tests of teams share: an operator's list of them, and what the base table then says of each. */
export const SEEDS = [1, 2, 3, 5, 8, 13, 21, 34, 55, 89] as const;
export const USERS = 40;
export const TODAY = Date.parse(NOW);

/** Two months, while those who have left or were erased since were there. */
export const FROM = day("2026-05-29");
const UNTIL = day("2026-06-04");
export const RANGE = `range: { between: { from: "${FROM}", until: "${UNTIL}" } }`;

const folder = mkdtempSync(join(tmpdir(), "teams-"));

/** The operator's teams: the notable people at places of their own, everybody else by number. */
export function teamsOf(index: number): readonly string[] {
  if (index === NOTABLE.departed) return ["Dune"];
  if (index === NOTABLE.threeGroups) return ["Atlas", "Birch", "Cedar"];
  if (index % 5 === 4) return [];
  return index % 4 === 0 ? ["Atlas", "Birch"] : index % 2 === 0 ? ["Birch"] : ["Cedar"];
}

/** Where usage of people in none of them belongs, and usage of nobody. */
export const UNASSIGNED = "(unassigned)";
export const NOBODY = "(nobody)";

type Kind = "enterprise" | "console";
export type PlacesOf = (organization: Organization, person: Person, day: Day) => readonly string[];

export function organizationOf(seed: number): Organization {
  return simulated({ users: USERS, seed });
}

export function emailOf(organization: Organization, person: Person): string | null {
  const kind = organization.directories.enterprise.has(person) ? "enterprise" : "console";
  return organization.directories[kind].account(person, TODAY).email;
}

export function teamsFile(organization: Organization): string {
  const lines = ["Email,Team,Cost Centre,Manager"];
  for (let i = 0; i < organization.personCount; i++) {
    const email = emailOf(organization, organization.person(i));
    if (email !== null) lines.push(...teamsOf(i).map((team) => `${email},${team},CC-${team},boss@x.example`));
  }
  const path = join(folder, `${organization.seed}.csv`);
  writeFileSync(path, lines.join("\n"));
  return path;
}

export function gatewayOf(seed: number, settings: Environment = {}) {
  return gateway({
    sandbox: { users: USERS, seed },
    settings: { TEAMS_FILE: teamsFile(organizationOf(seed)), MAX_UPSTREAM_REQUESTS: "1000", ...settings },
  });
}

/** The same on all days. */
export const byFile = (organization: Organization, person: Person): readonly string[] =>
  emailOf(organization, person) === null ? [] : teamsOf(person.index);

/** The RBAC groups a person is in now, by id; people who have left are in none. */
export const byGroup: PlacesOf = (organization, person) => {
  if (!organization.directories.enterprise.isCurrent(person, TODAY)) return [];
  return organization.groups.of(person, dayNumberOf(TODAY)).map(({ id }) => id);
};

export interface Piece {
  readonly fact: Fact;
  readonly places: readonly string[];
}

/** The base table of the range with the place of each fact. */
export function pieces(
  organization: Organization,
  kind: Kind,
  placesOf: PlacesOf,
  days: DayRange = { from: FROM, until: UNTIL },
): Piece[] {
  const span = { from: startOf(days.from), until: startOf(days.until) };
  return [...ledgerOf(organization).facts(kind, span, TODAY)]
    .filter(({ api }) => kind === "enterprise" || api !== null)
    .map((fact) => {
      if (fact.person === null) return { fact, places: [NOBODY] };
      const teams = placesOf(organization, organization.person(fact.person), dayOf(fact.at));
      return { fact, places: teams.length === 0 ? [UNASSIGNED] : teams };
    });
}

export function centsOf(fact: Fact): Decimal {
  return { units: BigInt(netUnits(fact)), scale: SCALE };
}

type Sums = ReadonlyMap<string, Decimal>;

/** What each group comes to, groups of nothing left out. */
export function sumsBy<T>(
  rows: readonly T[],
  keyOf: (row: T) => string,
  amountOf: (row: T) => Decimal,
): Sums {
  return new Map(
    [...Map.groupBy(rows, keyOf)]
      .map(([key, all]): [string, Decimal] => [key, sum(all.map(amountOf))])
      .filter(([, { units }]) => units !== 0n),
  );
}

export function expectSame(actual: Sums, expected: Sums, what: string): void {
  const told = (sums: Sums) =>
    Object.fromEntries(
      [...sums]
        .map(([key, amount]) => [key, formatDecimal(plus(amount, { units: 0n, scale: 12 }))] as const)
        .sort(),
    );
  expect(told(actual), what).toEqual(told(expected));
  expect(expected.size, what).toBeGreaterThan(2);
}

export interface Row {
  readonly from: string;
  readonly team: string | null;
  readonly teamId: string | null;
  readonly isUnassigned: boolean;
  readonly isRemainder: boolean;
  readonly net?: { readonly cents: string };
  readonly tokens?: { readonly totalTokens: number };
  readonly requests?: number | null;
  readonly product?: string | null;
  readonly model?: string | null;
  readonly user?: { readonly userId: string } | null;
}

export function placeOf({ teamId, isUnassigned }: Row): string {
  return teamId ?? (isUnassigned ? UNASSIGNED : NOBODY);
}

export function decimal(text: string): Decimal {
  return parseDecimal(text) as Decimal;
}

export const TEAM = "team teamId isUnassigned isRemainder";
