import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ToolActionCounts } from "../src/domain/activity.ts";
import { type CodeMeasure, codeMeasures, rowsOfRecord } from "../src/domain/claude-code-group.ts";
import { type Day, day, startOf } from "../src/domain/day.ts";
import { type Decimal, parseDecimal } from "../src/domain/decimal.ts";
import { CODE_TOOLS, type Fact, listUnits } from "../src/sandbox/ledger/fact.ts";
import { SCALE } from "../src/sandbox/ledger/prices.ts";
import { bucketStart, rounded } from "./analytics/truth.ts";
import { sweep } from "./deep.ts";
import { type Answer, gateway, NOW } from "./gateway.ts";
import { ledgerOf } from "./simulated.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers are as loose as JSON is
type Loose = any;

const SEEDS = [1, 2, 3, 5, 8, 13, 21, 34, 55, 89] as const;
const [FROM, UNTIL] = [day("2026-09-28"), day("2026-10-14")];
const BEFORE = { from: day("2026-09-12"), until: FROM };
const ASKED = `range: { between: { from: "${FROM}", until: "${UNTIL}" } }`;

const WORK = [
  "records",
  "sessions",
  "commits",
  "pullRequests",
  "linesAdded",
  "linesRemoved",
  "accepted",
  "rejected",
] as const;
/** Names of the tools in the report, and the proposals of each. */
const TOOL_NAMES = {
  edit: "edit_tool",
  multiEdit: "multi_edit_tool",
  notebookEdit: "notebook_edit_tool",
  write: "write_tool",
} as const;
const TOOLS = CODE_TOOLS.flatMap((tool) => [`${TOOL_NAMES[tool]} accepted`, `${TOOL_NAMES[tool]} rejected`]);
const TOKENS = ["inputTokens", "outputTokens", "cacheReadTokens", "cacheCreationTokens"] as const;

/** Counts, and the estimate in ten-thousandths of a cent. */
type Figures = Record<string, bigint>;

/** One record of one model, which is all of what the report is made of. */
interface Piece {
  readonly day: Day;
  readonly values: Readonly<Record<string, string | null>>;
  readonly work: Figures;
  readonly models: ReadonlyMap<string, Figures>;
}

type Organization = ReturnType<typeof gateway>["organization"];

/** The records of some days, from the base table: one for each actor, terminal, place, customer type and plan of a day. */
function recordsOf(organization: Organization, from: Day, until: Day): Piece[] {
  const asOf = Date.parse(NOW) - 3_600_000;
  const facts = [
    ...ledgerOf(organization).facts("console", { from: startOf(from), until: startOf(until) }, asOf),
  ];
  const groups = Map.groupBy(
    facts.filter(({ code }) => code !== null),
    ({ at, person, api, code }) =>
      JSON.stringify([
        Math.floor(at / 86_400_000),
        person,
        person === null ? api?.apiKey : null,
        code?.terminal,
        code?.remote,
        code?.customer,
        code?.plan,
      ]),
  );
  return [...groups.values()].map((own) => pieceOf(organization, own));
}

function pieceOf(organization: Organization, own: readonly Fact[]): Piece {
  const [{ at, person, api, code } = {} as Fact] = own;
  const account =
    person === null
      ? null
      : organization.directories.console.account(organization.person(person), Date.parse(NOW));
  const key = api?.apiKey == null ? null : (organization.console.apiKeys[api.apiKey]?.name ?? null);
  const add = (of: (fact: Fact) => number) => own.reduce((sum, fact) => sum + BigInt(of(fact)), 0n);
  const tools = (kind: "accepted" | "rejected") =>
    add(({ code }) => CODE_TOOLS.reduce((sum, tool) => sum + (code?.[kind][tool] ?? 0), 0));
  const byTool = CODE_TOOLS.flatMap((tool) =>
    (["accepted", "rejected"] as const).map((kind) => [
      `${TOOL_NAMES[tool]} ${kind}`,
      add(({ code }) => code?.[kind][tool] ?? 0),
    ]),
  );
  const models = Map.groupBy(own, ({ rate }) => rate.model ?? "unknown");
  return {
    day: new Date(at).toISOString().slice(0, 10) as Day,
    values: {
      ACTOR: person === null ? `key ${key}` : `person ${account?.email?.toLowerCase()}`,
      USER: account?.email?.toLowerCase() ?? null,
      TERMINAL: code?.terminal ?? null,
      CUSTOMER_TYPE: code?.customer ?? null,
      MODEL_SET: [...models.keys()].sort().join(" + "),
    },
    work: {
      records: 1n,
      sessions: BigInt(new Set(own.map(({ code }) => code?.session)).size),
      commits: add(({ code }) => code?.commits ?? 0),
      pullRequests: add(({ code }) => code?.pullRequests ?? 0),
      linesAdded: add(({ code }) => code?.linesAdded ?? 0),
      linesRemoved: add(({ code }) => code?.linesRemoved ?? 0),
      accepted: tools("accepted"),
      rejected: tools("rejected"),
      ...Object.fromEntries(byTool),
    },
    models: new Map(
      [...models].map(([model, facts]) => {
        const sum = (of: (fact: Fact) => number) => facts.reduce((all, fact) => all + BigInt(of(fact)), 0n);
        return [
          model,
          {
            inputTokens: sum(({ uncached }) => uncached),
            outputTokens: sum(({ output }) => output),
            cacheReadTokens: sum(({ read }) => read),
            cacheCreationTokens: sum(({ write5m, write1h }) => write5m + write1h),
            // The report cuts each estimate to four decimals.
            estimated: sum(listUnits) / 10n ** BigInt(SCALE - 4),
          },
        ];
      }),
    ),
  };
}

function plus(a: Figures | undefined, b: Figures): Figures {
  if (a === undefined) return b;
  return Object.fromEntries(Object.entries(b).map(([name, value]) => [name, value + (a[name] ?? 0n)]));
}

function cells(
  records: readonly Piece[],
  groupBy: readonly string[],
  bucket: string,
  shift = 0,
): Map<string, Figures> {
  const found = new Map<string, Figures>();
  for (const { day: at, values, work, models } of records) {
    const on = new Date(startOf(at) + shift * 86_400_000).toISOString().slice(0, 10) as Day;
    const whole: [null, Figures] = [null, { ...work, ...[...models.values()].reduce(plus) }];
    const parts = groupBy.includes("MODEL") ? models : [whole];
    for (const [model, figures] of parts) {
      const group = groupBy.map((dimension) => (dimension === "MODEL" ? model : values[dimension]));
      const key = `${bucketStart(bucket, on, FROM)} ${JSON.stringify(group)}`;
      found.set(key, plus(found.get(key), figures));
    }
  }
  return found;
}

const GROUPINGS = [
  [],
  ["ACTOR"],
  ["USER"],
  ["MODEL"],
  ["TERMINAL"],
  ["CUSTOMER_TYPE"],
  ["MODEL_SET"],
  ["USER", "MODEL"],
  ["TERMINAL", "CUSTOMER_TYPE"],
  ["ACTOR", "CUSTOMER_TYPE", "MODEL", "TERMINAL"],
];
const TOOL_ACTIONS = "toolActions { tool accepted rejected acceptanceRate }";
const SELECTED: Readonly<Record<string, string>> = {
  ACTOR: "actor { __typename ... on UserActor { email } ... on ApiKeyActor { name } }",
  USER: "email",
  MODEL: "model",
  MODEL_SET: "modelSet",
  TERMINAL: "terminalType",
  CUSTOMER_TYPE: "customerType",
};

function dimensionOf(node: Loose, dimension: string): string | null {
  const { actor } = node;
  if (dimension === "ACTOR")
    return actor.__typename === "UserActor" ? `person ${actor.email.toLowerCase()}` : `key ${actor.name}`;
  if (dimension === "MODEL_SET") return node.modelSet.join(" + ");
  if (dimension === "USER") return node.email?.toLowerCase() ?? null;
  return node[SELECTED[dimension] ?? ""];
}

function said(node: Loose, names: readonly string[]): Figures {
  const tools = toolCounts(node.toolActions ?? []);
  const counts = names.map((name) => [name, TOOLS.includes(name) ? (tools[name] ?? 0n) : BigInt(node[name])]);
  return { ...Object.fromEntries(counts), estimated: estimate(node.estimated) };
}

/** The proposals of each tool; each rate has to be that of its sums. */
function toolCounts(toolActions: Loose[]): Figures {
  return Object.fromEntries(
    toolActions.flatMap(({ tool, accepted, rejected, acceptanceRate }) => {
      const proposed = BigInt(accepted) + BigInt(rejected);
      expect(acceptanceRate).toBe(proposed === 0n ? null : rounded(BigInt(accepted), proposed));
      return [
        [`${tool} accepted`, BigInt(accepted)],
        [`${tool} rejected`, BigInt(rejected)],
      ];
    }),
  );
}

function estimate({ cents }: { cents: string }): bigint {
  const { units, scale } = parseDecimal(cents) as Decimal;
  return units * 10n ** BigInt(4 - scale);
}

describe("Claude Code added up", () => {
  sweep(SEEDS)(
    "equals the base table by every grouping, bucket, comparison and running total (seed %d)",
    async (seed) => {
      const { ask, organization } = gateway({
        sandbox: { users: 24, seed },
        settings: { MAX_UPSTREAM_REQUESTS: "1000" },
      });
      const now = recordsOf(organization, FROM, UNTIL);
      const before = recordsOf(organization, BEFORE.from, BEFORE.until);
      expect(now.length).toBeGreaterThan(5);
      for (const groupBy of GROUPINGS) {
        for (const bucket of ["NONE", "DAY", "WEEK", "MONTH"]) {
          const isWork = !groupBy.includes("MODEL");
          const names = isWork ? [...WORK, ...TOOLS, ...TOKENS] : TOKENS;
          const selected = isWork
            ? `${WORK.join(" ")} ${TOKENS.join(" ")} ${TOOL_ACTIONS}`
            : TOKENS.join(" ");
          const { data, errors } =
            await ask(`{ claudeCode(${ASKED}, bucket: ${bucket}, groupBy: [${groupBy}], compare: PREVIOUS_PERIOD, first: 1000) {
            nodes { from ${groupBy.map((each) => SELECTED[each]).join(" ")} ${selected} estimated { cents } shareOfTotal
              runningTotal { estimated { cents } ${groupBy.includes("MODEL") ? "" : "commits"} }
              comparison { estimated { before { cents } } sessions { before change } } }
            total { sessions ${TOOL_ACTIONS} estimated { cents } } pageInfo { hasNextPage } } }`);
          expect(errors).toBeUndefined();
          expect(data.claudeCode.pageInfo.hasNextPage).toBe(false);
          const [expected, earlier] = [cells(now, groupBy, bucket), cells(before, groupBy, bucket, 16)];
          const total = [...cells(now, [], "NONE").values()].reduce(plus);
          expect(estimate(data.claudeCode.total.estimated)).toBe(total.estimated);
          expect(BigInt(data.claudeCode.total.sessions)).toBe(total.sessions);
          expect(toolCounts(data.claudeCode.total.toolActions)).toEqual(
            Object.fromEntries(TOOLS.map((name) => [name, total[name]])),
          );

          const keyed: [string, Loose][] = data.claudeCode.nodes.map((node: Loose) => [
            `${node.from.slice(0, 10)} ${JSON.stringify(groupBy.map((each) => dimensionOf(node, each)))}`,
            node,
          ]);
          expect(keyed.map(([key]) => key).sort()).toEqual(
            [...new Set([...expected.keys(), ...earlier.keys()])].sort(),
          );
          const running = new Map<string, Figures>();
          for (const [key, node] of keyed.toSorted(([a], [b]) =>
            a.slice(0, 10) < b.slice(0, 10) ? -1 : 1,
          )) {
            const nothing = Object.fromEntries([...names, "estimated"].map((name) => [name, 0n]));
            const cell = expected.get(key) ?? nothing;
            expect(said(node, names)).toEqual(
              Object.fromEntries(Object.keys(nothing).map((name) => [name, cell[name]])),
            );
            expect(estimate(node.comparison.estimated.before)).toBe(earlier.get(key)?.estimated ?? 0n);
            if (!groupBy.includes("MODEL")) {
              const was = earlier.get(key)?.sessions ?? 0n;
              const change = (cell.sessions ?? 0n) - was;
              expect([
                BigInt(node.comparison.sessions.before),
                BigInt(node.comparison.sessions.change),
              ]).toEqual([was, change]);
            } else expect(node.comparison.sessions).toBeNull();
            const sum = plus(running.get(key.slice(11)), cell);
            running.set(key.slice(11), sum);
            expect(estimate(node.runningTotal.estimated)).toBe(sum.estimated);
            expect(node.shareOfTotal).toBe(rounded(cell.estimated ?? 0n, total.estimated ?? 0n));
          }
        }
      }
    },
  );

  test("by the first people and the others is what everyone is", async () => {
    const { ask } = gateway({ sandbox: { users: 60 } });
    const { data, errors } = await ask(`{
      first: claudeCode(${ASKED}, bucket: WEEK, groupBy: [USER], top: 3, orderBy: { field: COMMITS }, first: 100) { nodes { isOther email commits } }
      all: claudeCode(${ASKED}, bucket: NONE, groupBy: [USER], orderBy: { field: COMMITS }, first: 100) { nodes { email commits } total { commits } }
    }`);
    expect(errors).toBeUndefined();
    const kept = new Set(
      data.first.nodes.filter(({ isOther }: Loose) => !isOther).map(({ email }: Loose) => email),
    );
    expect(kept).toEqual(new Set(data.all.nodes.slice(0, 3).map(({ email }: Loose) => email)));
    const sum = (rows: Loose[]) => rows.reduce((all, { commits }) => all + commits, 0);
    expect(sum(data.first.nodes)).toBe(data.all.total.commits);
  });

  test("costs the days of the records, and shares them", async () => {
    const { ask, seen, requestsOf } = gateway({ sandbox: { users: 30 } });
    await ask(`{ claudeCode(${ASKED}, bucket: WEEK, groupBy: [MODEL]) { nodes { model } } }`);
    expect(seen).toHaveLength(16);
    const [, none] = await requestsOf(() =>
      ask(
        `{ claudeCodeRecords(${ASKED}, first: 1000) { nodes { date } } claudeCode(${ASKED}, bucket: NONE, groupBy: [TERMINAL], top: 1) { nodes { terminalType shareOfTotal } total { commits } } }`,
      ),
    );
    expect(none).toEqual([]);
  });

  test("is refused before any upstream request where both periods are more days than one may request", async () => {
    const { ask, seen } = gateway({ sandbox: { users: 20 } });
    const days = `range: { last: { days: 40 } }`;
    const { errors } = await ask(
      `{ claudeCode(${days}, compare: PREVIOUS_PERIOD, bucket: DAY) { totalCount } }`,
    );
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(["TOO_EXPENSIVE"]);
    expect(seen).toEqual([]);
    expect((await ask(`{ claudeCode(${days}, bucket: DAY) { totalCount } }`)).errors).toBeUndefined();
  });

  test("says the ratios of what it adds up", async () => {
    const { ask } = gateway({ sandbox: { users: 60 } });
    const { data } = await ask(
      `{ claudeCode(${ASKED}, bucket: NONE) { nodes { sessions commits pullRequests linesAdded linesRemoved accepted rejected acceptanceRate linesPerSession estimated { cents } estimatedPerCommit { cents } estimatedPerPullRequest { cents } } } }`,
    );
    const [row] = data.claudeCode.nodes;
    expect(row.acceptanceRate).toBe(rounded(BigInt(row.accepted), BigInt(row.accepted + row.rejected)));
    expect(row.linesPerSession).toBe(
      rounded(BigInt(row.linesAdded + row.linesRemoved), BigInt(row.sessions)),
    );
    const cents = estimate(row.estimated);
    expect(row.estimatedPerCommit.cents).toBe(rounded(cents, 10_000n * BigInt(row.commits)));
    expect(row.estimatedPerPullRequest.cents).toBe(rounded(cents, 10_000n * BigInt(row.pullRequests)));
  });

  test.each([
    [
      "selected",
      `groupBy: [MODEL]`,
      `commits linesPerSession`,
      /`commits`, `linesPerSession`: not split by MODEL.*remove MODEL/,
    ],
    [
      "ordered by",
      `groupBy: [MODEL, USER], orderBy: { field: SESSIONS }`,
      `model`,
      /SESSIONS is not split by MODEL.*ESTIMATED/,
    ],
  ])("refuses work by model, which would count for each: %s", async (_name, args, selection, sentence) => {
    const { ask, seen } = gateway({ sandbox: { users: 30 } });
    const { data, errors } = await ask(
      `{ claudeCode(${ASKED}, ${args}, bucket: DAY) { nodes { ${selection} } } }`,
    );
    expect(data).toEqual({ claudeCode: null });
    expect(errors?.[0]?.extensions.code).toBe("BAD_USER_INPUT");
    expect(errors?.[0]?.message).toMatch(sentence);
    expect(seen).toEqual([]);
  });

  test("has null, with a warning, for a dimension that rows are not grouped by", async () => {
    const { ask } = gateway({ sandbox: { users: 30 } });
    const { data, errors, extensions } = await ask(
      `{ claudeCode(${ASKED}, groupBy: [MODEL], first: 1) { nodes { model terminalType user { name } } } }`,
    );
    expect(errors).toBeUndefined();
    expect(data.claudeCode.nodes).toEqual([{ model: expect.any(String), terminalType: null, user: null }]);
    expect(extensions.warnings?.[0]).toMatchObject({ dimensions: ["TERMINAL", "USER"] });
  });

  test("refuses a share of work by model on its field alone", async () => {
    const { ask } = gateway({ sandbox: { users: 30 } });
    const { data, errors } = await ask(
      `{ claudeCode(${ASKED}, bucket: NONE, groupBy: [MODEL], first: 1) { nodes { model shareOfTotal(of: COMMITS) } } }`,
    );
    expect(data.claudeCode.nodes).toEqual([{ model: expect.any(String), shareOfTotal: null }]);
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(["BAD_USER_INPUT"]);
  });

  test("keeps what its filter keeps", async () => {
    const { ask } = gateway({ sandbox: { users: 60 } });
    const { data, errors } = await ask(`{
      some: claudeCode(${ASKED}, bucket: NONE, filter: { customerTypes: ["subscription"] }) { nodes { commits } total { commits } }
      split: claudeCode(${ASKED}, bucket: NONE, groupBy: [CUSTOMER_TYPE]) { nodes { customerType commits } }
    }`);
    expect(errors).toBeUndefined();
    const own = data.split.nodes.find(({ customerType }: Loose) => customerType === "subscription");
    expect(data.some.nodes).toEqual([{ commits: own.commits }]);
    expect(data.some.total.commits).toBe(own.commits);
  });

  test("is a list like any other: read on from either replica", async () => {
    const size = { sandbox: { users: 30 } };
    const replicas = [gateway(size), gateway(size)];
    const question = `query ($first: Int!, $after: String) { claudeCode(${ASKED}, bucket: WEEK, groupBy: [TERMINAL], first: $first, after: $after) { edges { cursor node { from terminalType sessions } } pageInfo { hasNextPage endCursor } } }`;
    const whole = (await replicas[0]?.ask(question, { first: 1000 }))?.data.claudeCode.edges;
    const edges: Loose[] = [];
    for (let after: string | null = null, turn = 0, more = true; more; turn++) {
      const { data }: Partial<Answer> = (await replicas[turn % 2]?.ask(question, { first: 2, after })) ?? {};
      edges.push(...data.claudeCode.edges);
      ({ endCursor: after, hasNextPage: more } = data.claudeCode.pageInfo);
    }
    expect(edges).toEqual(whole);
    expect(edges.length).toBeGreaterThan(4);
  });
});

test("tools that some records lack are added up by name", () => {
  const lists = fc.array(fc.tuple(fc.constantFrom("a", "b", "c", "d"), fc.nat(9), fc.nat(9)), {
    maxLength: 4,
  });
  fc.assert(
    fc.property(fc.array(lists, { minLength: 1, maxLength: 5 }), (records) => {
      const counts = (tools: readonly ToolActionCounts[]) =>
        new Map(
          [...Map.groupBy(tools, ({ tool }) => tool)].map(([tool, all]) => [
            tool,
            [
              all.reduce((sum, { accepted }) => sum + accepted, 0),
              all.reduce((sum, { rejected }) => sum + rejected, 0),
            ],
          ]),
        );
      const unique = records.map((list) => [...new Map(list.map((each) => [each[0], each])).values()]);
      const tools = unique.map((list) =>
        list.map(([tool, accepted, rejected]) => ({ tool, accepted, rejected })),
      );
      const measures = tools.map((toolActions) => measureOf(toolActions));
      const sum = measures.reduce(codeMeasures.plus);
      expect(counts(sum.toolActions ?? [])).toEqual(counts(tools.flat()));
      expect(sum.toolActions?.map(({ tool }) => tool)).toEqual(
        [...new Set(tools.flat().map(({ tool }) => tool))].sort(),
      );
      const [first, ...others] = measures as [CodeMeasure, ...CodeMeasure[]];
      const rest = others.reduce(codeMeasures.minus, sum).toolActions ?? [];
      expect(rest.filter(({ accepted, rejected }) => accepted + rejected > 0)).toEqual(
        first.toolActions?.filter(({ accepted, rejected }) => accepted + rejected > 0),
      );
    }),
  );
});

/** The measure of a record with these tools alone. */
function measureOf(toolActions: readonly ToolActionCounts[]): CodeMeasure {
  const counts = { sessions: 0, commits: 0, pullRequests: 0, linesAdded: 0, linesRemoved: 0, models: [] };
  const place = { customerType: "api", terminalType: null, subscriptionType: null, isRemote: null };
  const actor = { kind: "apiKey", name: "ci" } as const;
  const record = { ...counts, ...place, date: FROM, organizationId: "o", actor, toolActions };
  return rowsOfRecord(record, [])[0]?.measure as CodeMeasure;
}

test("the total of the work is that of all records, though rows are split by model", async () => {
  const { ask } = gateway({ sandbox: { users: 40 } });
  const total = "total { records sessions commits pullRequests linesAdded linesRemoved accepted rejected }";
  const { data, errors } = await ask(
    `{ whole: claudeCode(${ASKED}, bucket: DAY) { ${total} } split: claudeCode(${ASKED}, bucket: DAY, groupBy: [MODEL], compare: PREVIOUS_PERIOD) { ${total} nodes { runningTotal { commits } comparison { commits { before } } } totalComparison { commits { before } } } }`,
  );
  expect(errors).toBeUndefined();
  expect(data.whole.total.commits).toBeGreaterThan(0);
  expect(data.split.total).toEqual(data.whole.total);
  expect(data.split.totalComparison.commits).not.toBeNull();
  for (const { runningTotal, comparison } of data.split.nodes)
    expect([runningTotal.commits, comparison.commits]).toEqual([null, null]);
});
