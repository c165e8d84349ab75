import type { Day } from "./day.ts";
import { type Aliases, emailKey } from "./organization.ts";
import { inPieces, type ThreadTurn } from "./pieces.ts";
import type { Pseudonyms } from "./pseudonym.ts";
import type { DayRange } from "./range.ts";

/** A team of people, with the days of each membership. */
export interface Team {
  /** Id of the RBAC group, or the name if the operator lists the teams. */
  readonly teamId: string;
  /** Not unique among RBAC groups. */
  readonly name: string;
  /** Null where it is not stated, as for RBAC groups. */
  readonly costCentre: string | null;
  readonly manager: string | null;
  /** The team above it, which decides what a lead may read; null: none. Figures of a team are those of its members alone. */
  readonly parentId: string | null;
  /** Each person once, past and future members included. */
  readonly members: readonly TeamMember[];
}

export interface TeamMember {
  /** Id in the Enterprise organization; null where only the address is known. */
  readonly userId: string | null;
  readonly email: string;
  /** When they are in the team, oldest first, without overlaps. Null: always, as where no day is stated. */
  readonly spans: readonly MembershipSpan[] | null;
}

/** UTC days of a membership, `until` excluded; null leaves an end open. */
export interface MembershipSpan {
  readonly from: Day | null;
  readonly until: Day | null;
}

/** The rule for who is in a team on a day. */
function isMemberOn({ spans }: Pick<TeamMember, "spans">, day: Day): boolean {
  return (
    spans === null ||
    spans.some(({ from, until }) => (from === null || from <= day) && (until === null || day < until))
  );
}

const ALWAYS: MembershipSpan = { from: null, until: null };

function joinedSpans(spans: readonly MembershipSpan[]): readonly MembershipSpan[] {
  const joined: MembershipSpan[] = [];
  for (const { from, until } of spans.toSorted((a, b) => order(a.from ?? "", b.from ?? ""))) {
    const last = joined.at(-1);
    const touches = last !== undefined && (from === null || last.until === null || from <= last.until);
    if (!touches) joined.push({ from, until });
    else if (last.until !== null && (until === null || until > last.until))
      joined[joined.length - 1] = { from: last.from, until };
  }
  return joined;
}

/** True if a span has all days of a range. */
export function spansAll({ from, until }: MembershipSpan, range: DayRange): boolean {
  return (from === null || from <= range.from) && (until === null || range.until <= until);
}

export function membersOn({ members }: Team, day: Day): readonly TeamMember[] {
  return members.every(({ spans }) => spans === null)
    ? members
    : members.filter((member) => isMemberOn(member, day));
}

/** The number of members on each day of a range; null where it changes. */
export function membersThroughout(team: Team, range: DayRange): number | null {
  const areSettled = team.members.every((member) => changesIn(member, range).length === 0);
  return areSettled ? membersOn(team, range.from).length : null;
}

/** True if the team exists within a range: it has a member on one of the days, or states no days of members at all. */
export function isTeamIn({ members }: Team, range: DayRange): boolean {
  return (
    members.length === 0 ||
    members.some(({ spans }) => spans === null || spans.some((span) => overlaps(span, range)))
  );
}

function overlaps({ from, until }: MembershipSpan, range: DayRange): boolean {
  return (from === null || from < range.until) && (until === null || range.from < until);
}

const NO_DAYS: readonly Day[] = [];

/** Returns the days within a range on which a membership begins or ends; the first day of the range changes nothing in it. */
function changesIn({ spans }: Pick<TeamMember, "spans">, { from, until }: DayRange): readonly Day[] {
  if (spans === null) return NO_DAYS; // most people, once for each row
  return spans
    .flatMap((span) => [span.from, span.until])
    .filter((day) => day !== null)
    .filter((day) => from < day && day < until);
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
 * The teams that are shown over some days to who sees people only in groups of `least` and more. Figures of all less those of the teams
 * that are shown are the figures of the others, so that those have to be as many together: the smallest shown ones go with them. This
 * holds on each of the days.
 */
export function teamsOfAtLeast(teams: Teams, least: number, range: DayRange): ReadonlySet<Team> {
  const shown = teams.all.filter((team) => isTeamIn(team, range));
  const { days } = teams.changesIn(range);
  return new Set(
    [range.from, ...days].reduce((left, day) => {
      const shownOn = shownOnDay(left, least, day);
      return left.filter((team) => shownOn.has(team));
    }, shown),
  );
}

/** A team without members on a day has no figures on it, and hides none, unless it never has any. */
function shownOnDay(teams: readonly Team[], least: number, day: Day): ReadonlySet<Team> {
  const sized = teams.map((team) => ({ team, members: membersOn(team, day) }));
  const [absent, present] = [
    sized.filter(({ team, members }) => members.length === 0 && team.members.length > 0),
    sized.filter(({ team, members }) => members.length > 0 || team.members.length === 0),
  ];
  const bySize = present.toSorted((a, b) => a.members.length - b.members.length);
  const hidden = new Set<string>();
  let from = 0;
  for (const { members } of bySize) {
    const isTooSmall = members.length < least;
    const isTooFew = hidden.size > 0 && hidden.size < least;
    if (!isTooSmall && !isTooFew) break;
    for (const { email } of members) hidden.add(email);
    from++;
  }
  return new Set([...absent, ...bySize.slice(from)].map(({ team }) => team));
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

/** A person's membership in one team. */
interface Membership extends Pick<TeamMember, "spans"> {
  readonly team: Team;
  /** Place of the team among all. */
  readonly place: number;
}

/** All teams by name, with their members. Answers who is in which team on which day. */
export class Teams {
  #all: readonly Team[] = [];
  readonly #aliases: Aliases;
  readonly #byKey = new Map<string, Membership[]>();
  /** Memberships that begin or end, by the key of their person. */
  readonly #dated: (Pick<TeamMember, "spans"> & { readonly key: string })[] = [];

  constructor(teams: readonly Team[], aliases: Aliases) {
    this.#all = byName(teams);
    this.#aliases = aliases;
    for (const [place, team] of this.#all.entries())
      for (const member of team.members) this.#add(member, team, place);
  }

  /** Makes teams of many people, and lets other operations have the thread in between. */
  static async inPieces(teams: readonly Team[], aliases: Aliases, turn: ThreadTurn): Promise<Teams> {
    const made = new Teams([], aliases);
    made.#all = byName(teams);
    for (const [place, team] of made.#all.entries())
      await inPieces(team.members, turn, (member) => made.#add(member, team, place));
    return made;
  }

  get all(): readonly Team[] {
    return this.#all;
  }

  /** Returns the teams of a person on a day, found by id or address, in the order of `all`; none for people without a team. */
  of(person: PersonKeys, day: Day): readonly Team[] {
    return this.#membershipsOf(person)
      .filter((membership) => isMemberOn(membership, day))
      .map(({ team }) => team);
  }

  /** Where a person's usage of a day belongs: one place, or several teams. */
  placesOf(person: PersonKeys, day: Day): readonly Placement[] {
    const teams = this.of(person, day);
    return teams.length === 0 ? [UNASSIGNED] : teams.map((team) => ({ kind: "team", team }));
  }

  /** Where a person's usage of a whole range belongs; null where that changes within it. */
  placesThroughout(person: PersonKeys, range: DayRange): readonly Placement[] | null {
    return this.changesOf(person, range).length === 0 ? this.placesOf(person, range.from) : null;
  }

  /** Returns when a person is in any of some teams, as spans that do not touch, oldest first; none: never. */
  spansIn(person: PersonKeys, teamIds: ReadonlySet<string>): readonly MembershipSpan[] {
    const spans = this.#membershipsOf(person)
      .filter(({ team }) => teamIds.has(team.teamId))
      .flatMap((membership) => membership.spans ?? [ALWAYS]);
    return joinedSpans(spans);
  }

  /** Returns the teams and all those below them, by id. */
  withTeamsBelow(teamIds: ReadonlySet<string>): ReadonlySet<string> {
    const found = new Set(teamIds);
    for (let before = -1; before < found.size; ) {
      before = found.size;
      for (const { teamId, parentId } of this.#all)
        if (parentId !== null && found.has(parentId)) found.add(teamId);
    }
    return found;
  }

  /** Returns the days within a range on which a person's teams change. */
  changesOf(person: PersonKeys, range: DayRange): readonly Day[] {
    return this.#membershipsOf(person).flatMap((each) => changesIn(each, range));
  }

  /** Returns the days within a range on which memberships change, and how many people they are of. */
  changesIn(range: DayRange): { readonly days: readonly Day[]; readonly people: number } {
    const days = new Set<Day>();
    const people = new Set<string>();
    for (const { key, spans } of this.#dated) {
      const changes = changesIn({ spans }, range);
      for (const day of changes) days.add(day);
      if (changes.length > 0) people.add(key);
    }
    return { days: [...days].sort(), people: people.size };
  }

  /** The memberships by id, and those by address in other teams. */
  #membershipsOf({ userId, email }: PersonKeys): readonly Membership[] {
    const byId = userId === null ? undefined : this.#byKey.get(userId);
    const byEmail = email === null ? undefined : this.#byKey.get(emailKey(email, this.#aliases));
    if (byId === undefined || byEmail === undefined) return byId ?? byEmail ?? [];
    return areOfSameTeams(byId, byEmail) ? byId : merged(byId, byEmail);
  }

  #add({ userId, email, spans }: TeamMember, team: Team, place: number): void {
    const key = emailKey(email, this.#aliases);
    this.#addTo(key, { team, place, spans });
    if (userId !== null) this.#addTo(userId, { team, place, spans });
    if (spans !== null) this.#dated.push({ key, spans });
  }

  #addTo(key: string, membership: Membership): void {
    const memberships = this.#byKey.getOrInsertComputed(key, () => []);
    if (memberships.at(-1)?.team !== membership.team) memberships.push(membership); // two addresses can have one id
  }
}

function areOfSameTeams(a: readonly Membership[], b: readonly Membership[]): boolean {
  return a.length === b.length && a.every(({ place }, i) => place === b[i]?.place);
}

/** Memberships of two lists in the order of their teams; of one team that of the first list. */
function merged(a: readonly Membership[], b: readonly Membership[]): readonly Membership[] {
  const places = new Set(a.map(({ place }) => place));
  return [...a, ...b.filter(({ place }) => !places.has(place))].sort((x, y) => x.place - y.place);
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
      .map(({ userId, email, spans }) => ({
        userId: userId && pseudonyms.id(userId, "user"),
        email: address(email),
        spans,
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
