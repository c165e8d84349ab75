import { expect, test } from "vitest";
import { NO_PERSON, placementKey, type Team, Teams, UNASSIGNED } from "../../src/domain/team.ts";

function team(teamId: string, members: Team["members"], name = teamId): Team {
  return { teamId, name, costCentre: null, manager: null, members };
}

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
  return teams.of({ userId, email }).map(({ teamId }) => teamId);
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
  expect(teams.placesOf({ userId: "user_cy", email: "cy@x.example" })).toEqual([UNASSIGNED]);
  expect(teams.placesOf({ userId: null, email: null })).toEqual([UNASSIGNED]);
});

test("no team has the key of rows without a team", () => {
  const odd = ["unassigned", "nobody", ""].map((teamId) =>
    placementKey({ kind: "team", team: team(teamId, []) }),
  );
  expect(new Set([...odd, placementKey(UNASSIGNED), placementKey(NO_PERSON)]).size).toBe(5);
});
