import { describe, expect, test } from "vitest";
import { addDays, startOf } from "../src/domain/day.ts";
import { compare, plus, sum } from "../src/domain/decimal.ts";
import { dayNumberOf } from "../src/sandbox/calendar.ts";
import { sweep } from "./deep.ts";
import { ledgerOf } from "./simulated.ts";
import {
  byFile,
  decimal,
  emailOf,
  FROM,
  gatewayOf,
  NOBODY,
  RANGE,
  SEEDS,
  TODAY,
  teamsOf,
  UNASSIGNED,
} from "./team-truth.ts";

describe("teams", () => {
  interface TeamRow {
    readonly id: string;
    readonly teamId: string | null;
    readonly name: string | null;
    readonly isUnassigned: boolean;
    readonly costCentre: string | null;
    readonly manager: string | null;
    readonly memberCount: number | null;
    readonly cost: { readonly net: { readonly cents: string } } | null;
    readonly activity: {
      readonly users: number;
      readonly activity: {
        readonly chat: { readonly messages: number; readonly conversations: null };
        readonly claudeCode: { readonly commits: number; readonly sessions: number };
      };
    } | null;
    readonly claudeCode: { readonly records: number; readonly commits: number } | null;
  }

  const FIELDS = `id teamId name isUnassigned costCentre manager memberCount cost { net { cents } }
    activity { users activity { chat { messages conversations } claudeCode { commits sessions } } } claudeCode { records commits }`;

  sweep(SEEDS)("say what their people did and cost (seed %d)", async (seed) => {
    const { ask, organization } = gatewayOf(seed, { MAX_FIRST: "100000", MAX_ROWS: "1000000" });
    const { data, errors } = await ask(`{
      teams(${RANGE}) { totalCount overlap { net { cents } } nodes { ${FIELDS} } }
      split: teams(${RANGE}, overlap: SPLIT) { overlap { net { cents } } nodes { id cost { net { cents } } } }
      cost(${RANGE}, bucket: NONE) { total { net { cents } } }
      users(${RANGE}, first: 1000) { nodes { email activity { chat { messages } claudeCode { commits sessions } } } }
      claudeCodeRecords(${RANGE}, first: 100000) { nodes { commits actor { __typename ... on UserActor { email } } } }
    }`);
    expect(errors).toBeUndefined();
    const teams: readonly TeamRow[] = data.teams.nodes;
    expect(teams.map(({ name, isUnassigned }) => [name, isUnassigned])).toEqual([
      ["Atlas", false],
      ["Birch", false],
      ["Cedar", false],
      ["Dune", false],
      [null, true],
      [null, false],
    ]);
    expect(teams[0]).toMatchObject({ teamId: "Atlas", costCentre: "CC-Atlas", manager: "boss@x.example" });
    expect(teams[4]).toMatchObject({ teamId: null, costCentre: null, manager: null, memberCount: null });

    const people = Array.from({ length: organization.personCount }, (_, i) => organization.person(i));
    const known = people.filter((person) => emailOf(organization, person) !== null);
    const byEmail = new Map(known.map((person) => [emailOf(organization, person)?.toLowerCase(), person]));
    const placesOfEmail = (email: string | null): readonly string[] => {
      const person = byEmail.get(email?.toLowerCase());
      const places = person === undefined ? [] : teamsOf(person.index);
      return places.length === 0 ? [UNASSIGNED] : places;
    };
    const ledger = ledgerOf(organization);
    const days = Array.from({ length: 6 }, (_, i) => dayNumberOf(startOf(addDays(FROM, i))));
    // Upstream lists no activity of erased accounts.
    const active = known.filter((person) => days.some((each) => ledger.activity(person, each, TODAY) !== 0));
    const nameOf = ({ teamId, isUnassigned }: TeamRow) => teamId ?? (isUnassigned ? UNASSIGNED : NOBODY);
    for (const team of teams) {
      const name = nameOf(team);
      if (team.name !== null)
        expect(team.memberCount).toBe(known.filter(({ index }) => teamsOf(index).includes(name)).length);

      // People are recounted from who was active on any of the days; counters are those of everybody in the list of people.
      const here = active.filter((person) => {
        const places = byFile(organization, person);
        return places.length === 0 ? name === UNASSIGNED : places.includes(name);
      });
      expect(team.activity?.users ?? 0, name).toBe(here.length);
      const own = data.users.nodes.filter(({ email }: { email: string | null }) =>
        placesOfEmail(email).includes(name),
      );
      const total = (of: (user: { activity: NonNullable<TeamRow["activity"]>["activity"] }) => number) =>
        own.reduce((all: number, user: { activity: never }) => all + of(user), 0);
      expect(team.activity?.activity.chat.messages ?? 0).toBe(
        total(({ activity }) => activity.chat.messages),
      );
      expect(team.activity?.activity.claudeCode.commits ?? 0).toBe(
        total(({ activity }) => activity.claudeCode.commits),
      );
      expect(team.activity?.activity.claudeCode.sessions ?? 0).toBe(
        total(({ activity }) => activity.claudeCode.sessions),
      );
      expect(team.activity?.activity.chat.conversations ?? null).toBeNull();

      const records = data.claudeCodeRecords.nodes.filter(
        ({ actor }: { actor: { __typename: string; email: string | null } }) =>
          actor.__typename === "UserActor" ? placesOfEmail(actor.email).includes(name) : name === NOBODY,
      );
      expect(team.claudeCode?.records ?? 0, name).toBe(records.length);
      expect(team.claudeCode?.commits ?? 0).toBe(
        records.reduce((all: number, { commits }: { commits: number }) => all + commits, 0),
      );
    }
    expect(teams.some(({ activity }) => (activity?.users ?? 0) > 3)).toBe(true);
    expect(teams.at(-1)?.claudeCode?.records).toBeGreaterThan(0);

    const spend = (rows: readonly TeamRow[]) =>
      sum(rows.flatMap((row) => (row.cost === null ? [] : [decimal(row.cost.net.cents)])));
    const total = decimal(data.cost.total.net.cents);
    expect(compare(spend(teams), plus(total, decimal(data.teams.overlap.net.cents)))).toBe(0);
    expect(compare(spend(data.split.nodes), total)).toBe(0);
    expect(decimal(data.split.overlap.net.cents).units).toBe(0n);
  });

  test("are pages of one list, found again by id, with their members", async () => {
    const { ask, seen } = gatewayOf(1);
    const first = await ask(
      `{ teams(${RANGE}, first: 4) { totalCount nodes { id name } pageInfo { hasNextPage endCursor } } }`,
    );
    expect(first.data.teams.totalCount).toBe(6);
    const rest = await ask(
      `query ($after: String) { teams(${RANGE}, first: 4, after: $after) { totalCount nodes { id name isUnassigned } pageInfo { hasNextPage } } }`,
      { after: first.data.teams.pageInfo.endCursor },
    );
    expect(rest.data.teams).toMatchObject({ totalCount: 6, pageInfo: { hasNextPage: false } });
    const all = [...first.data.teams.nodes, ...rest.data.teams.nodes];
    expect(all.map(({ name }) => name)).toEqual(["Atlas", "Birch", "Cedar", "Dune", null, null]);
    expect(seen).toEqual([]);

    const { data, errors } = await ask(
      `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on TeamSummary { id name memberCount members(first: 3) { totalCount nodes { email user { email team teams { name } } } pageInfo { hasNextPage } } } } }`,
      { ids: [...all.map(({ id }) => id), Buffer.from("Team:team:Elm").toString("base64url")] },
    );
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(["NOT_FOUND"]);
    expect(data.nodes.slice(0, 6).map(({ id, name }: TeamRow) => ({ id, name }))).toEqual(
      all.map(({ id, name }) => ({ id, name })),
    );
    const [atlas, , , dune, unassigned] = data.nodes;
    expect(atlas.members.totalCount).toBe(atlas.memberCount);
    expect(atlas.members.pageInfo.hasNextPage).toBe(true);
    for (const { email, user } of atlas.members.nodes) {
      expect(user.email.toLowerCase()).toBe(email);
      expect(user.team).toBe("Atlas");
      expect(user.teams.map(({ name }: TeamRow) => name)).toContain("Atlas");
    }
    // Who has left is in the team still, and nobody's member.
    expect(dune.members.nodes).toEqual([{ email: expect.any(String), user: null }]);
    expect(unassigned.members).toBeNull();
  });

  test("take one run of pages of each kind for all of them together", async () => {
    const { ask, seen } = gatewayOf(1);
    const { errors } = await ask(`{ teams(${RANGE}) { overlap { net { cents } } nodes { ${FIELDS} } } }`);
    expect(errors).toBeUndefined();
    const names = seen.map(({ pathname }) => pathname.split("/").at(-1)).sort();
    expect(names).toEqual([...Array.from({ length: 6 }, () => "claude_code"), "cost", "cost", "users"]);
  });
});
