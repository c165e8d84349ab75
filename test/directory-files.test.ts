import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type Config, readConfig } from "../src/config.ts";
import type { OrgDirectory } from "../src/domain/team.ts";
import { ConfigError } from "../src/settings/config-error.ts";
import { gateway } from "./gateway.ts";

const folder = mkdtempSync(join(tmpdir(), "directory-"));
let files = 0;

function file(text: string | Uint8Array): string {
  const path = join(folder, `${files++}`);
  writeFileSync(path, text);
  return path;
}

interface Files {
  readonly teams?: string | Uint8Array;
  readonly aliases?: string | Uint8Array;
}

function read({ teams, aliases }: Files): Config {
  return readConfig({
    ...(teams === undefined ? {} : { TEAMS_FILE: file(teams) }),
    ...(aliases === undefined ? {} : { ALIASES_FILE: file(aliases) }),
  });
}

function orgDirectory(files: Files): OrgDirectory {
  return read(files).tenants[0]?.directory.orgDirectory as OrgDirectory;
}

function faults(settings: Files): readonly string[] {
  try {
    orgDirectory(settings);
    return [];
  } catch (fault) {
    if (fault instanceof ConfigError) return fault.faults;
    throw fault;
  }
}

function shown({ teams }: OrgDirectory) {
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
    expect(shown(orgDirectory({ teams }))).toEqual([ATLAS, BIRCH]);
  });

  test("has each person once in a team, and the cost centre that most lines say", () => {
    const teams =
      "email,team,cost_centre\na@x.example,T,1\nA@X.example,T,2\nb@x.example,T,2\nalso@x.example,T,1\nc@x.example,T,2";
    const known = orgDirectory({ teams, aliases: "email,alias\na@x.example,also@x.example" });
    expect(shown(known)).toEqual([["T", "2", null, ["a@x.example", "b@x.example", "c@x.example"]]]);
  });

  test("has the days of each membership; lines that follow one another are one, and the last describe the team", () => {
    const teams = `email,team,from,until,cost_centre
a@x.example,T,,2026-04-01,old
a@x.example,T,2026-04-01,2026-07-01,old
a@x.example,T,2026-10-01,,new
b@x.example,T,2026-02-01,2026-03-01,old
c@x.example,U,,,
also@x.example,U,2026-07-01,2026-10-01,`;
    const known = orgDirectory({ teams, aliases: "email,alias\na@x.example,also@x.example" });
    expect(known.teams?.all.map(({ costCentre, members }) => [costCentre, members])).toEqual([
      [
        "new",
        [
          {
            userId: null,
            email: "a@x.example",
            spans: [
              { from: null, until: "2026-07-01" },
              { from: "2026-10-01", until: null },
            ],
          },
          { userId: null, email: "b@x.example", spans: [{ from: "2026-02-01", until: "2026-03-01" }] },
        ],
      ],
      [
        null,
        [
          { userId: null, email: "c@x.example", spans: null },
          { userId: null, email: "a@x.example", spans: [{ from: "2026-07-01", until: "2026-10-01" }] },
        ],
      ],
    ]);
  });

  test("reports days that do not exist, spans without a day and overlaps at once", () => {
    const teams = `email,team,from,until
a@x.example,T,2026-02-30,
b@x.example,T,2026-03-01,2026-03-01
c@x.example,T,2026-03-02,2026-03-01
d@x.example,T,2026-01-01,2026-06-01
d@x.example,T,2026-02-01,2026-03-01
D@x.example,T,2026-04-01,
d@x.example,U,2026-04-01,
e@x.example,T,,
e@x.example,T,2026-04-01,
f@x.example,T,1.4.2026,soon`;
    const isNoDay = (column: string) => `\`${column}\` is not a day such as 2026-07-01.`;
    const isEmpty = "`from` is not before `until`, which is the first day after the membership.";
    const isTwice = (line: number) => `the person is in this team on the same days already, by line ${line}.`;
    expect(faults({ teams }).toSorted()).toEqual(
      [
        `TEAMS_FILE line 2: ${isNoDay("from")}`,
        `TEAMS_FILE line 3: ${isEmpty}`,
        `TEAMS_FILE line 4: ${isEmpty}`,
        `TEAMS_FILE line 6: ${isTwice(5)}`,
        `TEAMS_FILE line 7: ${isTwice(5)}`,
        `TEAMS_FILE line 10: ${isTwice(9)}`,
        `TEAMS_FILE line 11: ${isNoDay("from")}`,
        `TEAMS_FILE line 11: ${isNoDay("until")}`,
      ].toSorted(),
    );
    expect(faults({ teams: "email,team,fromm,untill\na@x.example,T,," })).toEqual([
      "TEAMS_FILE line 1: `fromm` is not read; rename it to `from`, or to a less similar name.",
      "TEAMS_FILE line 1: `untill` is not read; rename it to `until`, or to a less similar name.",
    ]);
  });

  test("that is empty without a fault is valid", () => {
    expect(shown(orgDirectory({ teams: "email,team\n" }))).toEqual([]);
    expect(shown(orgDirectory({ teams: "[]" }))).toEqual([]);
  });

  test("reports every fault at once, by line, without an address", () => {
    const said = faults({
      teams: `email,team\nada@x.example,\nnobody,Atlas\n,Atlas\nbo@x.example,${"x".repeat(201)}\ncy@x.example,Atlas`,
      aliases: "email,alias\nada@x.example,bo@x.example\nbo@x.example,ada@x.example",
    });
    expect(said).toEqual([
      "ALIASES_FILE line 2: its aliases form a cycle.",
      "ALIASES_FILE line 3: its aliases form a cycle.",
      "TEAMS_FILE line 2: `team` is missing; omit people without a team.",
      "TEAMS_FILE line 3: `email` is not an address.",
      "TEAMS_FILE line 4: `email` is missing.",
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
    [
      "",
      [
        "TEAMS_FILE line 1: the column `email` is missing.",
        "TEAMS_FILE line 1: the column `team` is missing.",
      ],
    ],
    ["\n\nmail,team\n", ["TEAMS_FILE line 3: the column `email` is missing; rename `mail`."]],
    ["mail,team\na@x.example,T", ["TEAMS_FILE line 1: the column `email` is missing; rename `mail`."]],
    [
      "email;team\na@x.example;T",
      ["TEAMS_FILE line 1: the columns are separated by `;`; separate them by commas."],
    ],
    ['email,team\n"a@x.example,T', ["TEAMS_FILE line 2: this is not CSV."]],
    ["[{", ["TEAMS_FILE: the file is not JSON (line 1 column 3)."]],
    ['{"email": "a@x.example"}', ["TEAMS_FILE: the file is not a JSON list of objects."]],
    [
      '[7, {"email": 7, "team": "T"}]',
      [
        "TEAMS_FILE entry 1: `email` is missing.",
        "TEAMS_FILE entry 1: `team` is missing; omit people without a team.",
        "TEAMS_FILE entry 2: `email` is not a text.",
      ],
    ],
  ])("may not be %j", (teams, expected) => {
    expect(faults({ teams }).toSorted()).toEqual(expected.toSorted());
  });
});

const BOM = "\uFEFF";

/** The text as other programs write it. */
const ENCODINGS = {
  "UTF-8 with a byte order mark": (text: string) => Buffer.from(BOM + text),
  "UTF-16, little-endian": (text: string) => Buffer.from(BOM + text, "utf16le"),
  "UTF-16, big-endian": (text: string) => Buffer.from(BOM + text, "utf16le").swap16(),
};

describe("the encoding of a file", () => {
  const CSV = "email,team\na@x.example,Köln\nb@x.example,Käln\n";
  const JSON_TEXT = '[{"email": "a@x.example", "team": "Köln"}, {"email": "b@x.example", "team": "Käln"}]';

  test.each(Object.entries(ENCODINGS))("may be %s", (_name, encode) => {
    for (const text of [CSV, JSON_TEXT])
      expect(orgDirectory({ teams: encode(text) }).teams?.all.map(({ name }) => name)).toEqual([
        "Käln",
        "Köln",
      ]);
  });

  test("is refused with its line where it is Windows-1252", () => {
    const latin = Buffer.from(CSV, "latin1");
    const reason = "is not UTF-8 (line 2), perhaps Windows-1252; save it as UTF-8.";
    expect(faults({ teams: latin })).toEqual([`TEAMS_FILE: the file ${reason}`]);
    expect(faults({ aliases: latin })).toEqual([`ALIASES_FILE: the file ${reason}`]);
    const JSON_LATIN = Buffer.from(JSON_TEXT, "latin1");
    expect(faults({ teams: JSON_LATIN })[0]).toContain("is not UTF-8 (line 1)");
  });

  test("is refused where an earlier conversion lost a character, or where it is UTF-16 without a mark", () => {
    expect(faults({ teams: CSV.replace("ä", "\uFFFD") })[0]).toContain("holds U+FFFD");
    expect(faults({ teams: CSV.replace("ä", "\uFFFD") })[0]).toContain("(line 3)");
    expect(faults({ teams: Buffer.from("email,team\n", "utf16le") })[0]).toContain("holds NUL characters");
    expect(faults({ teams: Buffer.from([0xff, 0xfe, 0x00, 0xd8]) })[0]).toContain(
      "has a byte order mark of UTF-16 but is not valid UTF-16",
    );
  });

  test("does not make two teams of one name that is typed in two ways", () => {
    const teams = `email,team\na@x.example,K${"ö".normalize("NFC")}ln\nb@x.example,K${"ö".normalize("NFD")}ln\n`;
    expect(orgDirectory({ teams }).teams?.all.map(({ members }) => members.length)).toEqual([2]);
  });
});

describe("a file of rows", () => {
  test("is refused where a value has a comma outside of quotes, whatever the column", () => {
    const expected = (values: number, columns: number) => [
      `TEAMS_FILE line 3: the row has ${values} values for ${columns} columns; put values that contain a comma in quotes, and leave empty values between commas.`,
    ];
    const lines = "email,team\nb@x.example,Maps\na@x.example,Research, Development\n";
    expect(faults({ teams: lines })).toEqual(expected(3, 2));
    const wide = "email,team,manager\nb@x.example,Maps,\na@x.example,Research\n";
    expect(faults({ teams: wide })).toEqual(expected(2, 3));
    const quoted = 'email,team\na@x.example,"Research, Development"\n';
    expect(orgDirectory({ teams: quoted }).teams?.all.map(({ name }) => name)).toEqual([
      "Research, Development",
    ]);
    const aliases = "alias,email\nb@x.example,a@x.example,c@x.example\n";
    expect(faults({ aliases })[0]).toContain("ALIASES_FILE line 2: the row has 3 values for 2 columns");
  });

  test("is refused where such a comma leaves as many values as there are columns", () => {
    const lines = (row: string) => `email,team,cost centre\nb@x.example,Maps,CC-7\n${row}\n`;
    expect(faults({ teams: lines("a@x.example,Research, Development") })).toEqual([
      "TEAMS_FILE line 3: only some commas are followed by a space, as in a value with a comma; put that value in quotes, or remove the space.",
    ]);
    for (const row of [
      'a@x.example,"Research, Development",CC-7',
      "a@x.example, Research, CC-7",
      "a@x.example,Research,",
      "a@x.example, Research,",
    ])
      expect(faults({ teams: lines(row) })).toEqual([]);
    expect(faults({ aliases: "email,alias\na@x.example,b@x.example, c@x.example\n" })).toEqual([]);
  });

  test.each([
    ["email,teams\na@x.example,T", "TEAMS_FILE line 1: the column `team` is missing; rename `teams`."],
    [
      "email,team,managers\na@x.example,T,b@x.example",
      "TEAMS_FILE line 1: `managers` is not read; rename it to `manager`, or to a less similar name.",
    ],
    [
      "email,team,Cost Centers\na@x.example,T,7",
      "TEAMS_FILE line 1: `Cost Centers` is not read; rename it to `costCentre`, or to a less similar name.",
    ],
    [
      "email,team,e-mail\na@x.example,T,b@x.example",
      "TEAMS_FILE line 1: two columns are `email`; keep one of them.",
    ],
    ["email,team,Team Name\na@x.example,7,T", "TEAMS_FILE line 1: two columns are `team`; keep one of them."],
    [
      '[{"mail": "a@x.example", "team": "T"}]',
      "TEAMS_FILE in every entry: the column `email` is missing; rename `mail`.",
    ],
    ['[{"email": "a@x.example", "team": "T", "Team": "U"}]', "TEAMS_FILE entry 1: `team` is given twice."],
    [
      '[{"email": "a@x.example", "team": "T", "team": "U"}]',
      "TEAMS_FILE: the file has `team` twice in one object, and only one would count.",
    ],
    ['[{"email": ["a@x.example"], "team": "T"}]', "TEAMS_FILE entry 1: `email` is not a text."],
    [
      '[{"email": "a@x.example", "team": ["T", 7]}]',
      "TEAMS_FILE entry 1: `team` is not a text or a list of texts.",
    ],
    [
      '[{"email": "a@x.example", "team": "T", "costCentre": 7}]',
      "TEAMS_FILE entry 1: `costCentre` is not a text.",
    ],
    [
      'email,team\na@x.example,"Maps\nb@x.example,Search"\n',
      "TEAMS_FILE line 3: `team` has a line break or another control character; a quote may be missing.",
    ],
  ])("is refused where it does not say what it seems to: %j", (teams, expected) => {
    expect(faults({ teams })).toEqual([expected]);
  });

  test("may list several teams of a person in JSON", () => {
    const teams =
      '[{"email": "a@x.example", "team": ["Maps", "Search"]}, {"email": "b@x.example", "team": "Maps"}]';
    expect(orgDirectory({ teams }).teams?.all.map(({ name, members }) => [name, members.length])).toEqual([
      ["Maps", 2],
      ["Search", 1],
    ]);
  });

  test("notes the columns it ignores once, and teams that differ by letter case alone", () => {
    const teams = "Email,Team,Site,Employee ID\na@x.example,Maps,Oslo,1\nb@x.example,maps,Oslo,2\n";
    expect(read({ teams }).notes).toEqual([
      "TEAMS_FILE: unknown columns are ignored: Site, Employee ID.",
      "TEAMS_FILE line 3: the team differs from that of line 2 only in letter case, and counts as another team.",
    ]);
    const json =
      '[{"email": "a@x.example", "alias": "b@x.example", "age": 7}, {"email": "c@x.example", "aliases": ["d@x.example"], "age": 8}]';
    expect(read({ aliases: json }).notes).toEqual(["ALIASES_FILE: unknown columns are ignored: age."]);
    expect(read({ teams: "email,team\n" }).notes).toEqual([]);
  });

  test("that has people in place of a header is refused without naming them", () => {
    const said = faults({ teams: "ada@x.example,Maps\nbo@x.example,Maps" }).join();
    expect(said).not.toMatch(/x\.example/);
    expect(said).toContain("TEAMS_FILE line 1: the column `email` is missing.");
  });
});

describe("a file that changes while the gateway runs", () => {
  const TEAMS = `{ teams(range: {between: {from: "2026-11-01", until: "2026-11-02"}}) { nodes { name } } }`;
  const names = async ({ ask }: ReturnType<typeof gateway>) =>
    (await ask(TEAMS)).data.teams?.nodes.map(({ name }: { name: string }) => name);

  test("is read again, and the last good reading stays in force where it turns bad", async () => {
    const path = file("email,team\na@ternplover.example,Maps\n");
    let elapsedMs = 0;
    const pace = { now: () => elapsedMs, sleep: async () => {} };
    const opened = gateway({ sandbox: { users: 20 }, settings: { TEAMS_FILE: path }, pace });
    const looks = async (times: number) => {
      for (let look = 0; look < times; look++) {
        elapsedMs += 1_000;
        await names(opened);
      }
    };
    expect(await names(opened)).toContain("Maps");
    writeFileSync(path, "email,team\na@ternplover.example,Search\n");
    await looks(1);
    expect(await names(opened)).toContain("Maps"); // it may still be being written
    await looks(1);
    expect(await names(opened)).toContain("Search");
    writeFileSync(path, Buffer.from("email,team\na@ternplover.example,K\u00f6ln\n", "latin1"));
    await looks(4);
    expect(await names(opened)).toContain("Search");
    expect(opened.filesRead).toEqual([{ holds: "teams and aliases" }]);
    expect(opened.faults.map(String)).toEqual([
      expect.stringMatching(/TEAMS_FILE: the file is not UTF-8 \(line 2\).*\n.*read before stay in force/),
    ]);
  });
});

describe("a file that changed long before the next question", () => {
  afterEach(() => void vi.useRealTimers());

  test("answers that question, though nothing has looked at it since", async () => {
    const path = file("email,team\na@ternplover.example,Maps\n");
    let elapsedMs = 0;
    const { ask } = gateway({
      sandbox: { users: 20 },
      settings: { TEAMS_FILE: path },
      pace: { now: () => elapsedMs, sleep: async () => {} },
    });
    const names = async () =>
      (await ask(`{ teams(range: { last: { days: 2 } }) { nodes { name } } }`)).data.teams.nodes[0].name;
    expect(await names()).toBe("Maps");
    writeFileSync(path, "email,team\na@ternplover.example,Search\n");
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 10_001 });
    elapsedMs += 10_001;
    expect(await names()).toBe("Search");
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
    expect([...orgDirectory({ aliases }).aliases].sort()).toEqual(EXPECTED);
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
      [2, 3, 4].map((line) => `ALIASES_FILE line ${line}: its aliases form a cycle.`),
    ],
    [
      "no alias, or none that is an address",
      "email,alias\na@x.example,\nb@x.example,b",
      ["ALIASES_FILE line 2: `alias` is missing.", "ALIASES_FILE line 3: an `alias` is not an address."],
    ],
  ])("may not have %s", (_what, aliases, expected) => {
    expect(faults({ aliases })).toEqual(expected);
  });
});
