import { type Aliases, emailKey } from "./organization.ts";
import { inPieces, type ThreadTurn } from "./pieces.ts";
import type { Pseudonyms } from "./pseudonym.ts";

/** A team of people, as of now. */
export interface Team {
  /** Id of the RBAC group, or the name if the operator lists the teams. */
  readonly teamId: string;
  /** Not unique among RBAC groups. */
  readonly name: string;
  /** Null where it is not stated, as for RBAC groups. */
  readonly costCentre: string | null;
  readonly manager: string | null;
  /** Each person once. */
  readonly members: readonly TeamMember[];
}

export interface TeamMember {
  /** Id in the Enterprise organization; null where only the address is known. */
  readonly userId: string | null;
  readonly email: string;
}

/** The placement of usage: a team, people in no team, or no person (service accounts, keys and unattributed usage). */
export type Placement =
  | { readonly kind: "team"; readonly team: Team }
  | { readonly kind: "unassigned" }
  | { readonly kind: "nobody" };

export const UNASSIGNED: Placement = { kind: "unassigned" };
export const NO_PERSON: Placement = { kind: "nobody" };

/** A name for a placement that no other has. */
export function placementKey(placement: Placement): string {
  return placement.kind === "team" ? `team:${placement.team.teamId}` : placement.kind;
}

/**
 * The teams that are shown to who sees people only in groups of `least` and more. Figures of all less those of the teams that are
 * shown are the figures of the others, so that those have to be as many together: the smallest shown ones go with them.
 */
export function teamsOfAtLeast(teams: readonly Team[], least: number): ReadonlySet<Team> {
  const bySize = teams.toSorted((a, b) => a.members.length - b.members.length);
  const hidden = new Set<string>();
  let from = 0;
  for (const { members } of bySize) {
    const isTooSmall = members.length < least;
    const isTooFew = hidden.size > 0 && hidden.size < least;
    if (!isTooSmall && !isTooFew) break;
    for (const { email } of members) hidden.add(email);
    from++;
  }
  return new Set(bySize.slice(from));
}

/** How the figures of people in several teams are counted. */
export type Overlap = "COUNT_IN_EACH" | "SPLIT";

/** Facts about a person that find their teams. */
export interface PersonKeys {
  /** Id in the Enterprise organization. */
  readonly userId: string | null;
  readonly email: string | null;
}

/** The key that people are counted by: a person with several addresses is counted once. */
export function personKey({ userId, email }: PersonKeys, aliases: Aliases): string {
  return email === null ? (userId ?? "") : emailKey(email, aliases);
}

/** All teams by name, with their members. */
export class Teams {
  #all: readonly Team[] = [];
  readonly #aliases: Aliases;
  readonly #byKey = new Map<string, Set<Team>>();

  constructor(teams: readonly Team[], aliases: Aliases) {
    this.#all = byName(teams);
    this.#aliases = aliases;
    for (const team of this.#all) for (const member of team.members) this.#place(member, team);
  }

  /** Makes teams of many people, and lets other operations have the thread in between. */
  static async inPieces(teams: readonly Team[], aliases: Aliases, turn: ThreadTurn): Promise<Teams> {
    const made = new Teams([], aliases);
    made.#all = byName(teams);
    for (const team of made.#all) await inPieces(team.members, turn, (member) => made.#place(member, team));
    return made;
  }

  get all(): readonly Team[] {
    return this.#all;
  }

  /** Returns the teams of a person, found by id or address, in the order of `all`; none for people without a team. */
  of({ userId, email }: PersonKeys): readonly Team[] {
    const byId = userId === null ? undefined : this.#byKey.get(userId);
    const byEmail = email === null ? undefined : this.#byKey.get(emailKey(email, this.#aliases));
    if (byId === undefined || byEmail === undefined) return [...(byId ?? byEmail ?? [])];
    return this.all.filter((team) => byId.has(team) || byEmail.has(team));
  }

  /** Where a person's usage belongs: one place, or several teams. */
  placesOf(person: PersonKeys): readonly Placement[] {
    const teams = this.of(person);
    return teams.length === 0 ? [UNASSIGNED] : teams.map((team) => ({ kind: "team", team }));
  }

  #place({ userId, email }: TeamMember, team: Team): void {
    this.#add(emailKey(email, this.#aliases), team);
    if (userId !== null) this.#add(userId, team);
  }

  #add(key: string, team: Team): void {
    this.#byKey.getOrInsertComputed(key, () => new Set()).add(team);
  }
}

function byName(teams: readonly Team[]): readonly Team[] {
  return teams.toSorted(
    (a, b) => order(a.name.toLowerCase(), b.name.toLowerCase()) || order(a.teamId, b.teamId),
  );
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Operator's files about people, as seen by pseudonym. */
export function pseudonymousDirectory(
  { aliases, teams }: OrgDirectory,
  pseudonyms: Pseudonyms,
): OrgDirectory {
  const address = (email: string) => pseudonyms.address(email);
  const masked = new Map([...aliases].map(([alias, email]) => [address(alias), address(email)]));
  const team = ({ members, manager, ...rest }: Team): Team => ({
    ...rest,
    manager: manager && (manager.includes("@") ? address(manager) : pseudonyms.name(manager)),
    // The order of the file can be that of the names, so it is never shown.
    members: members
      .map(({ userId, email }) => ({
        userId: userId && pseudonyms.id(userId, "user"),
        email: address(email),
      }))
      .toSorted((a, b) => order(a.email, b.email)),
  });
  return { aliases: masked, teams: teams && new Teams(teams.all.map(team), masked) };
}

/** Operator's files about people: their other addresses, and their teams. */
export interface OrgDirectory {
  readonly aliases: Aliases;
  /** Null: the RBAC groups are the teams. */
  readonly teams: Teams | null;
}
