import { describe, expect, test } from "vitest";
import { readConfig } from "../../src/config.ts";
import { settingFaults } from "../setting-faults.ts";
import { budgetsFile, settingsOf, withBudgets } from "./files.ts";

const THREE = { SANDBOX_ORGANIZATIONS: "three" };

const FULL = [
  { name: "Everything", amountUsd: 120_000 },
  { name: "Atlas", team: "Atlas", period: "QUARTER", amountUsd: "8000.50", thresholds: [100, 50] },
  { name: "Production", workspace: "wrkspc_1", amountUsd: 1 },
  { name: "Opus", model: "claude-opus", organization: "console", amountUsd: 1 },
  { name: "Ada", person: "ada@x.example", amountUsd: 1, thresholds: [] },
  { name: "Key", apiKey: "apikey_1", period: "WEEK", amountUsd: 1 },
];

describe("BUDGETS_FILE", () => {
  test("states budgets", () => {
    const { budgets } = readConfig(withBudgets(FULL));
    expect(
      budgets?.first.budgets.map((each) => [
        each.name,
        each.subject,
        each.subjectId,
        each.organization,
        each.period,
        each.amount.cents.units,
        each.thresholds,
      ]),
    ).toEqual([
      ["Everything", "ORGANIZATION", null, "enterprise", "MONTH", 12_000_000n, [50, 80, 100]],
      ["Atlas", "TEAM", "Atlas", "enterprise", "QUARTER", 800_050n, [50, 100]],
      ["Production", "WORKSPACE", "wrkspc_1", "console", "MONTH", 100n, [50, 80, 100]],
      ["Opus", "MODEL", "claude-opus", "console", "MONTH", 100n, [50, 80, 100]],
      ["Ada", "PERSON", "ada@x.example", "enterprise", "MONTH", 100n, []],
      ["Key", "API_KEY", "apikey_1", "enterprise", "WEEK", 100n, [50, 80, 100]],
    ]);
  });

  test.each<[string, unknown, RegExp]>([
    [
      "an unknown field",
      [{ name: "a", amountUsd: 1, amount: 1 }],
      /budget 1: unknown field `amount`; use one of name, organization, /,
    ],
    ["a budget without a name", [{ amountUsd: 1 }], /budget 1: `name` is not a text/],
    [
      "a number with decimals",
      [{ name: "a", amountUsd: 1.5 }],
      /`amountUsd` is a number with decimals.*as text/,
    ],
    [
      "three decimals",
      [{ name: "a", amountUsd: "1.123" }],
      /`amountUsd` has more than two decimals; .* cent/,
    ],
    [
      "no amount",
      [{ name: "a" }],
      /`amountUsd` is not an amount above 0 in dollars, as a whole number or a text/,
    ],
    ["a list as a period", [{ name: "a", amountUsd: 1, period: ["WEEK"] }], /one of WEEK, MONTH, QUARTER/],
    ["an unknown period", [{ name: "a", amountUsd: 1, period: "DAY" }], /one of WEEK, MONTH, QUARTER/],
    [
      "two subjects",
      [{ name: "a", amountUsd: 1, team: "x", model: "y" }],
      /has `team` and `model`; a budget is about one of them/,
    ],
    ["a name for a key", [{ name: "a", amountUsd: 1, apiKey: "ci" }], /the id of an API key/],
    [
      "a workspace of the Enterprise organization",
      [{ name: "a", amountUsd: 1, workspace: "wrkspc_1", organization: "enterprise" }],
      /only console can report the spend of a workspace/,
    ],
    [
      "a team without a name",
      [{ name: "a", amountUsd: 1, team: " " }],
      /`team` is not the id or name of a team/,
    ],
    ["a threshold of 0", [{ name: "a", amountUsd: 1, thresholds: [0] }], /`thresholds` is not a list/],
    [
      "one name twice",
      [
        { name: "a", amountUsd: 1 },
        { name: "a ", amountUsd: 2 },
      ],
      /budget 2: has the `name` of budget 1/,
    ],
  ])("is refused at start with %s", (_what, content, expected) => {
    expect(settingFaults(withBudgets(content)).join("\n")).toMatch(expected);
  });

  test.each<[string, unknown, RegExp]>([
    [
      "a bare list",
      [],
      /^BUDGETS_FILE: the file is a list; write the list as the field `budgets` of an object, such/,
    ],
    ["no object", "7", /^BUDGETS_FILE : ?is not|is not a JSON object/],
    [
      "an unknown field",
      { budget: [] },
      /^BUDGETS_FILE: unknown field `budget`; use one of budgets, webhooks, rises\.$/,
    ],
    ["budgets that are no list", { budgets: {} }, /`budgets` is not a list of at most 100/],
    ["no JSON", "{", /^BUDGETS_FILE: the file is not JSON \(line 1 column 2\)/],
    [
      "a comma too many",
      '{"budgets": [\n  1,\n]}',
      /^BUDGETS_FILE: the file is not JSON \(line 3 column 1\)/,
    ],
    ["a comment", "{\n  // none yet\n}", /^BUDGETS_FILE: the file is not JSON \(line 2 column 3\)/],
  ])("is refused at start as %s", (_what, content, expected) => {
    expect(settingFaults(settingsOf(content)).join("\n")).toMatch(expected);
  });

  test("is refused with a store that forgets", () => {
    const { BUDGETS_FILE } = withBudgets([]);
    for (const CACHE_URL of ["", "memory:"])
      expect(settingFaults({ BUDGETS_FILE, CACHE_URL })).toEqual([
        "BUDGETS_FILE is set, and CACHE_URL is memory:, which forgets at a restart which alerts were sent; set it to sqlite:PATH or redis://HOST.",
      ]);
  });

  test("repeats nothing of its content in a fault", () => {
    const secret = "ada@secret.example";
    const budget = { name: "a", amountUsd: secret, person: `${secret} x`, period: secret, [secret]: 1 };
    const lines = settingFaults(withBudgets([{ ...budget, organization: secret, thresholds: [secret] }]));
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.join("\n")).not.toContain("secret.example");
  });

  test("is refused where it cannot be read", () => {
    const path = budgetsFile([]);
    expect(settingFaults({ ...withBudgets([]), BUDGETS_FILE: `${path}.missing` })).toEqual([
      "BUDGETS_FILE: the file cannot be read (ENOENT).",
    ]);
  });
});

describe("the organization of a budget among several", () => {
  test("is the one that it states, or the only one that can be meant", () => {
    const content = [
      { name: "a", amountUsd: 1, organization: "south" },
      { name: "b", amountUsd: 1, workspace: "wrkspc_1" },
      { name: "c", amountUsd: 1, person: "ada@x.example", organization: "north" },
    ];
    const { budgets } = readConfig({ ...withBudgets(content), ...THREE });
    expect(budgets?.first.budgets.map(({ organization }) => organization)).toEqual([
      "south",
      "platform",
      "north",
    ]);
  });

  test.each<[string, object, string]>([
    [
      "none where several can be meant",
      {},
      "`organization` is missing, and several can be meant; use one of north, platform, south",
    ],
    [
      "none for a person",
      { person: "ada@x.example" },
      "`organization` is missing, and several can be meant; use one of north, south",
    ],
    ["an unknown one", { organization: "enterprise" }, "`organization` is not one of north, platform, south"],
    [
      "one of another kind",
      { organization: "platform", person: "ada@x.example" },
      "only north, south can report the spend of a person",
    ],
  ])("is refused with %s", (_what, fields, expected) => {
    expect(settingFaults({ ...withBudgets([{ name: "a", amountUsd: 1, ...fields }]), ...THREE })).toEqual([
      `BUDGETS_FILE budget 1: ${expected}.`,
    ]);
  });
});
