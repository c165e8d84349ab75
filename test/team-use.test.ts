import { describe, expect, test } from "vitest";
import { startOf } from "../src/domain/day.ts";
import type { Engagement } from "../src/sandbox/ledger/fact.ts";
import { NOTABLE } from "../src/sandbox/organization/people.ts";
import type { Organization } from "../src/sandbox/organization.ts";
import { rounded } from "./analytics/truth.ts";
import { guarded, MIN_PEOPLE } from "./callers.ts";
import { sweep } from "./deep.ts";
import { gateway } from "./gateway.ts";
import { ledgerOf } from "./simulated.ts";
import {
  byFile,
  emailOf,
  FROM,
  gatewayOf,
  organizationOf,
  RANGE,
  SEEDS,
  TODAY,
  teamsFile,
  teamsOf,
  UNASSIGNED,
} from "./team-truth.ts";
import { PATHS } from "./wire.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers are as loose as JSON is
type Loose = any;

const BY_TEAM = "byTeam { team { name teamId isUnassigned memberCount } users adoption uses }";
const UNTIL_MS = startOf(FROM) + 6 * 86_400_000;

/** What each kind of thing is in a piece of work, and how often it was used. */
const THINGS = {
  skills: {
    own: "name",
    keyOf: ({ catalog }: Organization, { skill }: Engagement) =>
      skill === null ? null : (catalog.skills[skill]?.key ?? null),
    uses: ({ skillCalls }: Engagement) => skillCalls,
  },
  connectors: {
    own: "name",
    keyOf: ({ catalog }: Organization, { connector }: Engagement) =>
      connector === null ? null : (catalog.connectors[connector]?.key ?? null),
    uses: ({ reads, writes, unclassifiedCalls }: Engagement) => reads + writes + unclassifiedCalls,
  },
  projects: {
    own: "projectId",
    keyOf: ({ catalog }: Organization, { surface, project }: Engagement) =>
      surface !== "chat" || project === null ? null : catalog.project(project).id,
    uses: ({ messages }: Engagement) => messages,
  },
} as const;

interface Cell {
  readonly people: Set<number>;
  uses: number;
}

/** People and uses by thing and team, straight from the base table. */
function truthOf(organization: Organization, { keyOf, uses }: (typeof THINGS)[keyof typeof THINGS]) {
  const cells = new Map<string, Cell>();
  for (const { engagement, person } of ledgerOf(organization).facts(
    "enterprise",
    { from: startOf(FROM), until: UNTIL_MS },
    TODAY,
  )) {
    const key = engagement === null ? null : keyOf(organization, engagement);
    if (key === null || engagement === null || person === null) continue;
    const teams = byFile(organization, organization.person(person));
    for (const team of teams.length === 0 ? [UNASSIGNED] : teams) {
      const cell = cells.getOrInsertComputed(`${key} ${team}`, () => ({ people: new Set(), uses: 0 }));
      cell.people.add(person);
      cell.uses += uses(engagement);
    }
  }
  return cells;
}

/** How many addresses the operator's list has for each team. */
function membersOf(organization: Organization): ReadonlyMap<string, number> {
  const listed = Array.from({ length: organization.personCount }, (_, i) => i).filter(
    (i) => emailOf(organization, organization.person(i)) !== null,
  );
  return new Map(
    ["Atlas", "Birch", "Cedar", "Dune"].map((team) => [
      team,
      new Set(
        listed
          .filter((i) => teamsOf(i).includes(team))
          .map((i) => emailOf(organization, organization.person(i))?.toLowerCase()),
      ).size,
    ]),
  );
}

describe("the use of a thing by team", () => {
  sweep(SEEDS)("is what the base table says (seed %d)", async (seed) => {
    const { ask, organization } = gatewayOf(seed);
    const members = membersOf(organization);
    const { data, errors } = await ask(
      `{ ${Object.entries(THINGS)
        .map(([field, { own }]) => `${field}(${RANGE}, first: 1000) { nodes { ${own} users ${BY_TEAM} } }`)
        .join(" ")} }`,
    );
    expect(errors).toBeUndefined();
    for (const [field, thing] of Object.entries(THINGS)) {
      const truth = truthOf(organization, thing);
      const said = data[field].nodes.flatMap((node: Loose) =>
        node.byTeam.map((row: Loose) => [`${node[thing.own]} ${row.team.name ?? UNASSIGNED}`, row]),
      );
      for (const [key, row] of said) {
        const { people, uses } = truth.get(key) ?? { people: new Set(), uses: 0 };
        const size = members.get(row.team.name) ?? null;
        expect([key, row.users, row.uses, row.team.memberCount]).toEqual([key, people.size, uses, size]);
        expect(row.adoption).toBe(size === null ? null : rounded(BigInt(people.size), BigInt(size)));
        expect(row.team.isUnassigned).toBe(row.team.name === null);
      }
      const keys = new Set(said.map(([key]: [string, Loose]) => key));
      for (const key of truth.keys()) expect(keys.has(key), key).toBe(true);
      expect(said.some(([, { users }]: [string, Loose]) => users === 0)).toBe(true);
      expect(truth.size).toBeGreaterThan(4);
    }
  });

  test("reads use and people in one run each for a list, and shares the people", async () => {
    const { ask, seen } = gatewayOf(1);
    const { errors } = await ask(`{ skills(${RANGE}, first: 1000) { nodes { name ${BY_TEAM} } } }`);
    expect(errors).toBeUndefined();
    expect(seen.map(({ pathname }) => pathname).sort()).toEqual(
      [PATHS.skills, PATHS.skills, PATHS.users].sort(),
    );
    const more = await ask(
      `{ connectors(${RANGE}) { nodes { ${BY_TEAM} } } teams(${RANGE}) { nodes { activity { users } } } }`,
    );
    expect(more.errors).toBeUndefined();
    expect(seen.filter(({ pathname }) => pathname === PATHS.users)).toHaveLength(1);
  });

  test("of few is not shown in groups, nor what is left of all when others are", async () => {
    const { askAs } = guarded({ sandbox: { users: 150 }, settings: { MAX_UPSTREAM_REQUESTS: "1000" } });
    const month = "range: { period: LAST_30_DAYS }";
    const query = `{ connectors(${month}, first: 1000) { nodes { name users ${BY_TEAM} byGroup { users members adoption } } } }`;
    const [all, groups] = [await askAs("OWNER", query), await askAs("ADMIN of groups", query)];
    expect([all.errors, groups.errors]).toEqual([undefined, undefined]);
    const rowsOf = ({ data }: Loose): Loose[] => data.connectors.nodes.flatMap(({ byTeam }: Loose) => byTeam);
    const shown = rowsOf(groups);
    expect(shown.length).toBeGreaterThan(0);
    for (const row of shown) {
      expect(row.users).toBeGreaterThanOrEqual(MIN_PEOPLE);
      expect(row.team.name).not.toBeNull();
      expect(row.team.memberCount).toBeGreaterThanOrEqual(MIN_PEOPLE);
    }
    expect(rowsOf(all).length).toBeGreaterThan(shown.length);
    for (const { byGroup } of groups.data.connectors.nodes)
      for (const { members } of byGroup) expect(members ?? MIN_PEOPLE).toBeGreaterThanOrEqual(MIN_PEOPLE);
  });

  test("has teams by pseudonym like by name", async () => {
    const organization = organizationOf(1);
    const { askAs } = guarded({
      sandbox: { users: 40, seed: 1 },
      settings: { TEAMS_FILE: teamsFile(organization) },
    });
    const query = `{ skills(${RANGE}, first: 1000) { nodes { name ${BY_TEAM} } } }`;
    const [named, masked] = [await askAs("OWNER", query), await askAs("OWNER by pseudonym", query)];
    expect(masked.data).toEqual(named.data);
  });
});

test("the adoption of an RBAC group is its users by its members", async () => {
  const { ask } = gateway({ sandbox: { users: 60 } });
  const { data, errors } = await ask(
    `{ connectors(${RANGE}, first: 1000) { nodes { byGroup { groupId users members adoption } } }
       groups(first: 100) { nodes { groupId members(first: 100) { totalCount } } } }`,
  );
  expect(errors).toBeUndefined();
  const sizes = new Map(
    data.groups.nodes.map(({ groupId, members }: Loose) => [groupId, members.totalCount]),
  );
  const rows: Loose[] = data.connectors.nodes.flatMap(({ byGroup }: Loose) => byGroup);
  expect(rows.length).toBeGreaterThan(10);
  for (const { groupId, users, members, adoption } of rows) {
    const size = sizes.get(groupId) ?? null;
    expect(members).toBe(size);
    expect(adoption).toBe(size === null ? null : rounded(BigInt(users), BigInt(size as number)));
  }
});

test("the departed keep the team of the operator's list", async () => {
  const { ask, organization } = gatewayOf(1);
  const { data } = await ask(`{ skills(${RANGE}, first: 1000) { nodes { ${BY_TEAM} } } }`);
  const dune = data.skills.nodes.flatMap(({ byTeam }: Loose) =>
    byTeam.filter(({ team, users }: Loose) => team.name === "Dune" && users > 0),
  );
  const did = [
    ...ledgerOf(organization).facts("enterprise", { from: startOf(FROM), until: UNTIL_MS }, TODAY),
  ].filter(({ person, engagement }) => person === NOTABLE.departed && engagement?.skill != null);
  expect(dune.length > 0).toBe(did.length > 0);
});
