import { day, type Instant } from "../../domain/day.ts";
import { type DayNumber, dayNumber, dayNumberOf, startOfNumber } from "../calendar.ts";
import { chanceOf, hash, type Ids, ids, uuid } from "../random.ts";
import { DEPARTMENTS, NOTABLE, type Person } from "./people.ts";

/** An RBAC group of the Enterprise organization. */
export interface Group {
  readonly index: number;
  readonly id: string;
  /** The other spelling of the id that filters accept. */
  readonly uuid: string;
  /** Not unique. */
  readonly name: string;
  readonly source: "direct" | "scim";
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
  /** Ids of the roles attached to it; teams have none. */
  readonly roleIds: readonly string[];
  /** From this day on the group is deleted: it has no members and its name no longer resolves. */
  readonly deletedOn: DayNumber;
}

export interface Groups {
  readonly all: readonly Group[];
  /** The groups a person was in on a day; empty for people in none. */
  of(person: Person, day: DayNumber): readonly Group[];
  /** All memberships a person ever has; the group's own end is theirs too, leaving the company is not. */
  memberships(person: Person): readonly Membership[];
  /** By either spelling of the id. */
  find(id: string): Group | undefined;
}

interface Membership {
  readonly group: Group;
  /** First day; -Infinity for the time that both are there. */
  readonly from: DayNumber;
  /** First day no longer a member. */
  readonly until: DayNumber;
}

const STREAM = 20;
const TEAM_SIZE = 12;
const BIRDS =
  "Avocet Bittern Bunting Curlew Dipper Dunlin Egret Fulmar Gannet Garganey Godwit Goosander Grebe Harrier Heron Hobby " +
  "Kestrel Kittiwake Knot Lapwing Linnet Merlin Nuthatch Osprey Petrel Pipit Plover Puffin Redshank Ruff Sanderling Shrike " +
  "Siskin Skua Smew Snipe Stilt Tern Turnstone Twite Wagtail Whimbrel Wigeon Wryneck";

export function isDeleted({ deletedOn }: Group, now: Instant): boolean {
  return deletedOn <= dayNumberOf(now);
}

/** The groups of the company, and which of them people join by what rule. */
interface Structure {
  readonly all: readonly Group[];
  readonly departments: ReadonlyMap<string, Group>;
  readonly champions: Group;
  readonly skunkworks: Group;
  readonly contractors: readonly Group[];
  readonly teams: readonly Group[];
}

function createStructure(seed: number, members: number): Structure {
  const groupIds: Ids = ids("rbac_group_", seed, STREAM);
  const roleIds: Ids = ids("rbac_role_", seed, STREAM + 2);
  const all: Group[] = [];
  const add = (
    name: string,
    source: Group["source"],
    roles: readonly number[] = [],
    deletedOn = Infinity,
  ) => {
    const index = all.length;
    const createdAt =
      startOfNumber(-(hash(seed, STREAM, index) % 300)) - (hash(seed, STREAM, index, 1) % 86_400) * 1000;
    const group = {
      index,
      id: groupIds.of(index),
      uuid: uuid(seed, STREAM, index),
      name,
      source,
      createdAt,
      updatedAt: createdAt + (hash(seed, STREAM, index, 2) % Math.max(1, startOfNumber(0) - createdAt)),
      roleIds: roles.map((role) => roleIds.of(role)),
      deletedOn,
    };
    all.push(group);
    return group;
  };
  const departments = new Map(DEPARTMENTS.map(({ name }) => [name as string, add(name, "scim", [0])]));
  const champions = add("AI champions", "direct", [1, 2]);
  const skunkworks = add("Skunkworks", "direct", [1], dayNumber(day("2026-06-01")));
  // Names are not unique upstream.
  const contractors = [add("Contractors", "direct"), add("Contractors", "scim")];
  const birds = BIRDS.split(" ");
  const teamCount = Math.max(2, Math.ceil(members / TEAM_SIZE));
  const teams = Array.from({ length: teamCount }, (_, i) => {
    const round = Math.floor(i / birds.length);
    return add(`Team ${birds[i % birds.length]}${round === 0 ? "" : ` ${round + 1}`}`, "scim");
  });
  return { all, departments, champions, skunkworks, contractors, teams };
}

/** Returns all memberships a person ever has. */
function membershipsOf(
  seed: number,
  { departments, champions, skunkworks, contractors, teams }: Structure,
  person: Person,
): Membership[] {
  if (person.kind !== "member") return [];
  const { index, joined } = person;
  const department = departments.get(person.department) as Group;
  const own = teams[Math.floor(index / TEAM_SIZE) % teams.length] as Group;
  const always = (group: Group) => ({ group, from: -Infinity, until: group.deletedOn });
  if (index === NOTABLE.threeGroups) return [department, own, champions].map(always);
  const luck = (what: number) => chanceOf(seed, STREAM + 1, index, what);
  if (luck(0) < 0.08) return [];
  const held = [always(department)];
  if (luck(1) < 0.7) {
    if (luck(2) < 0.08) {
      const moves = Math.max(joined, 0) + Math.floor(luck(3) * 200);
      const next = teams[(own.index + 1 + Math.floor(luck(4) * (teams.length - 1))) % teams.length] as Group;
      held.push({ group: own, from: -Infinity, until: moves }, { group: next, from: moves, until: Infinity });
    } else held.push(always(own));
  }
  if (luck(5) < 0.05) held.push({ group: champions, from: Math.floor(luck(6) * 240), until: Infinity });
  if (luck(7) < 0.03) held.push(always(skunkworks));
  if (luck(8) < 0.02) held.push(always(contractors[index % 2] as Group));
  return held;
}

export function createGroups(seed: number, members: number): Groups {
  const structure = createStructure(seed, members);
  const { all } = structure;
  const kept = new Map<number, Membership[]>();
  const memberships = (person: Person): readonly Membership[] =>
    kept.getOrInsertComputed(person.index, () => membershipsOf(seed, structure, person));
  const byId = new Map(all.flatMap((group) => [[group.id, group] as const, [group.uuid, group] as const]));
  return {
    all,
    of(person, day) {
      const groups: Group[] = [];
      for (const { group, from, until } of memberships(person)) {
        if (day >= from && day < until && !groups.includes(group)) groups.push(group);
      }
      return groups;
    },
    memberships,
    find: (id) => byId.get(id),
  };
}
