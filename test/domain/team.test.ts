import { expect, test } from "vitest";
import { day } from "../../src/domain/day.ts";
import {
  NO_PERSON,
  placementKey,
  type Team,
  type TeamMember,
  Teams,
  teamsOfAtLeast,
  UNASSIGNED,
} from "../../src/domain/team.ts";

function team(
  teamId: string,
  members: readonly Omit<TeamMember, "spans">[],
  name = teamId,
  spans: TeamMember["spans"] = null,
): Team {
  const dated = members.map((member) => ({ ...member, spans }));
  return { teamId, name, costCentre: null, manager: null, parentId: null, members: dated };
}

const TODAY = day("2026-07-01");
const ALIASES = new Map([["ada@old.example", "ada@x.example"]]);
const teams = new Teams(
  [
    team("zinc", [{ userId: "user_ada", email: "Ada@x.example" }]),
    team("g2", [{ userId: null, email: "ada@OLD.example" }], "birch"),
    team("g1", [{ userId: "user_bo", email: "bo@x.example" }], "Birch"),
  ],
  ALIASES,
);

function of(userId: string | null, email: string | null): string[] {
  return teams.of({ userId, email }, TODAY).map(({ teamId }) => teamId);
}

test("teams are in the order of their names, letter case aside, and those of one name by id", () => {
  expect(teams.all.map(({ teamId }) => teamId)).toEqual(["g1", "g2", "zinc"]);
});

test("a person is found by id, by address in any letter case, and by alias; each team once", () => {
  expect(of("user_ada", null)).toEqual(["zinc"]);
  expect(of(null, "ADA@X.example")).toEqual(["g2", "zinc"]);
  expect(of("user_other", "ada@old.example")).toEqual(["g2", "zinc"]);
  expect(of("user_bo", "ada@x.example")).toEqual(["g1", "g2", "zinc"]);
  expect(of("user_bo", "bo@x.example")).toEqual(["g1"]);
});

test("a person in none is unassigned, also without id and address", () => {
  expect(of(null, null)).toEqual([]);
  expect(teams.placesOf({ userId: "user_cy", email: "cy@x.example" }, TODAY)).toEqual([UNASSIGNED]);
  expect(teams.placesOf({ userId: null, email: null }, TODAY)).toEqual([UNASSIGNED]);
});

test("a person is in a team from the first day of a membership until the day after the last", () => {
  const dated = new Teams(
    [
      team("a", [{ userId: null, email: "bo@x.example" }], "a", [
        { from: null, until: day("2026-07-01") },
        { from: day("2026-08-01"), until: null },
      ]),
      team("b", [{ userId: null, email: "bo@x.example" }], "b", [
        { from: day("2026-07-01"), until: day("2026-07-02") },
      ]),
    ],
    ALIASES,
  );
  const bo = { userId: null, email: "bo@x.example" };
  const on = (text: string) => dated.of(bo, day(text)).map(({ teamId }) => teamId);
  expect(["2026-06-30", "2026-07-01", "2026-07-02", "2026-07-31", "2026-08-01"].map(on)).toEqual([
    ["a"],
    ["b"],
    [],
    [],
    ["a"],
  ]);
  const july = { from: day("2026-07-01"), until: day("2026-08-01") };
  expect(dated.changesIn(july)).toEqual({ days: ["2026-07-02"], people: 1 });
  expect(dated.placesThroughout(bo, july)).toBeNull();
  expect(dated.placesThroughout(bo, { ...july, from: day("2026-07-02") })).toEqual([UNASSIGNED]);
});

test("a group that is too small on one day of a range is not shown over the range", () => {
  const people = (length: number, from: number) =>
    Array.from({ length }, (_, i) => ({ userId: null, email: `${from + i}@x.example` }));
  const until = day("2026-07-10");
  const joined: Team = {
    ...team("joined", people(5, 0)),
    members: people(5, 0).map((member, i) => ({
      ...member,
      spans: i < 2 ? null : [{ from: until, until: null }],
    })),
  };
  const shown = (from: string, end: string) =>
    [
      ...teamsOfAtLeast(
        new Teams(
          [joined, team("gone", people(6, 10), "gone", [{ from: null, until }]), team("x", people(9, 20))],
          ALIASES,
        ),
        5,
        { from: day(from), until: day(end) },
      ),
    ].map(({ teamId }) => teamId);
  expect(shown("2026-07-10", "2026-08-01")).toEqual(["joined", "x"]);
  expect(shown("2026-07-01", "2026-07-10")).toEqual(["x"]); // the smallest shown goes with those that are hidden
  expect(shown("2026-07-09", "2026-07-11")).toEqual(["x"]);
});

test("no team has the key of rows without a team", () => {
  const odd = ["unassigned", "nobody", ""].map((teamId) =>
    placementKey({ kind: "team", team: team(teamId, []) }),
  );
  expect(new Set([...odd, placementKey(UNASSIGNED), placementKey(NO_PERSON)]).size).toBe(5);
});
