import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ConfigError, readConfig } from "../src/config.ts";
import type { Roster } from "../src/domain/team.ts";

const folder = mkdtempSync(join(tmpdir(), "roster-"));
let files = 0;

function file(text: string): string {
  const path = join(folder, `${files++}`);
  writeFileSync(path, text);
  return path;
}

function roster(settings: { readonly teams?: string; readonly aliases?: string }): Roster {
  const { teams, aliases } = settings;
  return readConfig({
    ...(teams === undefined ? {} : { TEAMS_FILE: file(teams) }),
    ...(aliases === undefined ? {} : { ALIASES_FILE: file(aliases) }),
  }).roster;
}

function faults(settings: Parameters<typeof roster>[0]): readonly string[] {
  try {
    roster(settings);
    return [];
  } catch (fault) {
    if (fault instanceof ConfigError) return fault.faults;
    throw fault;
  }
}

function shown({ teams }: Roster) {
  return teams?.all.map(({ name, costCentre, manager, members }) => [
    name,
    costCentre,
    manager,
    members.map(({ email }) => email),
  ]);
}

const ATLAS = ["Atlas", "CC-7", "grace@x.example", ["ada@x.example", "bo@x.example"]];
const BIRCH = ["Birch", null, null, ["ada@x.example"]];

describe("TEAMS_FILE", () => {
  test.each([
    [
      "CSV",
      "email,team,cost_center,manager\nada@x.example,Atlas,CC-7,grace@x.example\nbo@x.example,Atlas,CC-7,grace@x.example\nada@x.example,Birch,,\n",
    ],
    [
      "CSV with other headers, in another order, of another system",
      '\uFEFFManager,"Cost Centre",E-Mail Address,TEAM,Site\r\ngrace@x.example,CC-7,ada@x.example,Atlas,Oslo\r\ngrace@x.example, CC-7 ,BO@x.example,"Atlas",\r\n\r\n,,ada@x.example,Birch,\r\n',
    ],
    [
      "JSON",
      JSON.stringify([
        { email: "ada@x.example", team: "Atlas", costCentre: "CC-7", manager: "grace@x.example" },
        { Email: "Bo@x.example", Team: "Atlas", "cost center": "CC-7", MANAGER: "grace@x.example", age: 7 },
        { email: "ada@x.example", team: "Birch", costCentre: null },
      ]),
    ],
  ])("may be %s", (_form, teams) => {
    expect(shown(roster({ teams }))).toEqual([ATLAS, BIRCH]);
  });

  test("has each person once in a team, and the cost centre that most lines say", () => {
    const teams =
      "email,team,cost_centre\na@x.example,T,1\nA@X.example,T,2\nb@x.example,T,2\nalso@x.example,T,1\nc@x.example,T,2";
    const known = roster({ teams, aliases: "email,alias\na@x.example,also@x.example" });
    expect(shown(known)).toEqual([["T", "2", null, ["a@x.example", "b@x.example", "c@x.example"]]]);
  });

  test("that says nothing wrong may hold nobody", () => {
    expect(shown(roster({ teams: "email,team\n" }))).toEqual([]);
    expect(shown(roster({ teams: "[]" }))).toEqual([]);
  });

  test("is told every fault at once, by line, without an address", () => {
    const said = faults({
      teams: `email,team\nada@x.example,\nnobody,Atlas\n,Atlas\nbo@x.example,${"x".repeat(201)}\ncy@x.example,Atlas`,
      aliases: "email,alias\nada@x.example,bo@x.example\nbo@x.example,ada@x.example",
    });
    expect(said).toEqual([
      "ALIASES_FILE line 2: its aliases lead round in a circle.",
      "ALIASES_FILE line 3: its aliases lead round in a circle.",
      "TEAMS_FILE line 2: there is no `team`; leave out people who are in none.",
      "TEAMS_FILE line 3: `email` is not an address.",
      "TEAMS_FILE line 4: there is no `email`.",
      "TEAMS_FILE line 5: `team` is longer than 200 characters.",
    ]);
    expect(said.join()).not.toMatch(/x\.example/);
  });

  test("that cannot be read is a fault beside the others, and its path is not shown", () => {
    try {
      readConfig({ TEAMS_FILE: "/nowhere/secret.csv", PORT: "x" });
      expect.unreachable();
    } catch (fault) {
      expect((fault as ConfigError).faults).toEqual([
        expect.stringContaining("PORT"),
        "TEAMS_FILE: the file cannot be read (ENOENT).",
      ]);
    }
  });

  test.each([
    ["", ["TEAMS_FILE line 1: there is no column `email`.", "TEAMS_FILE line 1: there is no column `team`."]],
    ["\n\nmail,team\n", ["TEAMS_FILE line 3: there is no column `email`."]],
    ["mail,team\na@x.example,T", ["TEAMS_FILE line 1: there is no column `email`."]],
    ["email;team\na@x.example;T", 2],
    ['email,team\n"a@x.example,T', ["TEAMS_FILE line 2: this is not CSV."]],
    ["[{", ["TEAMS_FILE: this is not JSON."]],
    ['{"email": "a@x.example"}', ["TEAMS_FILE: this is not a JSON list of objects."]],
    [
      '[7, {"email": 7, "team": "T"}]',
      [
        "TEAMS_FILE entry 1: there is no `email`.",
        "TEAMS_FILE entry 1: there is no `team`; leave out people who are in none.",
        "TEAMS_FILE entry 2: there is no `email`.",
      ],
    ],
  ])("may not be %j", (teams, expected) => {
    if (typeof expected === "number") expect(faults({ teams })).toHaveLength(expected);
    else expect(faults({ teams })).toEqual(expected);
  });
});

describe("ALIASES_FILE", () => {
  const EXPECTED = [
    ["ada@old.example", "ada@x.example"],
    ["ada@older.example", "ada@x.example"],
    ["bo@old.example", "bo@x.example"],
  ];

  test.each([
    [
      "CSV, a line each",
      "email,alias\nada@x.example,ada@old.example\nada@x.example,Ada@Older.example\nbo@x.example,bo@old.example",
    ],
    [
      "CSV, several a line",
      "Email,Alias\nada@x.example,ada@old.example,ada@older.example\nbo@x.example,bo@old.example,",
    ],
    [
      "CSV, several columns",
      "alias_1,email,alias 2\nada@old.example,ada@x.example,ada@older.example\nbo@old.example,bo@x.example,",
    ],
    [
      "JSON",
      '[{"email":"ada@x.example","aliases":["ada@old.example","ada@older.example"]},{"email":"bo@x.example","alias":"bo@old.example"}]',
    ],
    [
      "a chain of addresses",
      "email,alias\nada@x.example,ada@old.example\nada@old.example,ada@older.example\nbo@x.example,bo@old.example,bo@x.example",
    ],
  ])("may be %s", (_form, aliases) => {
    expect([...roster({ aliases }).aliases].sort()).toEqual(EXPECTED);
  });

  test.each([
    [
      "one alias for two people",
      "email,alias\na@x.example,s@x.example\nb@x.example,S@x.example",
      ["ALIASES_FILE line 3: an alias is another person's already, on line 2."],
    ],
    [
      "a circle",
      "email,alias\nb@x.example,a@x.example\nc@x.example,b@x.example\na@x.example,c@x.example",
      [2, 3, 4].map((line) => `ALIASES_FILE line ${line}: its aliases lead round in a circle.`),
    ],
    [
      "no alias, or none that is an address",
      "email,alias\na@x.example,\nb@x.example,b",
      ["ALIASES_FILE line 2: there is no `alias`.", "ALIASES_FILE line 3: an `alias` is not an address."],
    ],
  ])("may not have %s", (_what, aliases, expected) => {
    expect(faults({ aliases })).toEqual(expected);
  });
});
