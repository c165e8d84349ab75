import { describe, expect } from "vitest";
import { addDays, type Day, day } from "../../src/domain/day.ts";
import { sweep } from "../deep.ts";
import { gateway, NOW } from "../gateway.ts";
import {
  bucketEnd,
  bucketStart,
  DIMENSIONS,
  type Figures,
  pieces,
  plus,
  type Report,
  rounded,
  unitsOf,
} from "./truth.ts";

const SEEDS = [1, 2, 3, 5, 8, 13, 21, 34, 55, 89] as const;
const FROM = day("2026-09-16");
const UNTIL = day("2026-10-27");
const EXPORTED = Date.parse(NOW);

const BUCKETS = ["NONE", "DAY", "WEEK", "MONTH"] as const;
const COMPARISONS = [null, "PREVIOUS_PERIOD", "MONTH_BEFORE"] as const;
const TOPS = [null, 1, 3] as const;

type Kind = keyof typeof DIMENSIONS;

interface Question {
  readonly kind: Kind;
  readonly report: Report;
  readonly groupBy: readonly string[];
  readonly bucket: (typeof BUCKETS)[number];
  readonly compare: (typeof COMPARISONS)[number];
  readonly top: number | null;
}

/** Four ways to ask for each dimension by itself, and one for every two: ten seeds take a dimension through all 36 ways. */
function questions(kind: Kind, report: Report, turn: number): Question[] {
  const dimensions = Object.keys(DIMENSIONS[kind]).filter(
    (each) => report === "cost" || (each !== "COST_TYPE" && each !== "TOKEN_TYPE"),
  );
  const ways = BUCKETS.flatMap((bucket) =>
    COMPARISONS.flatMap((compare) => TOPS.map((top) => ({ kind, report, bucket, compare, top }))),
  );
  const pairs = dimensions
    .flatMap((a, i) => dimensions.slice(i + 1).map((b) => [a, b]))
    .filter((pair) => !(pair.includes("GROUP") && pair.includes("CLAUDE_TAG_USER")));
  const wayOf = (i: number) => ways[i % ways.length] as (typeof ways)[number];
  const alone = [[], ...dimensions.map((each) => [each])];
  return [
    ...alone.flatMap((groupBy) => [0, 1, 2, 3].map((i) => ({ ...wayOf(turn * 4 + i), groupBy }))),
    ...(kind === "console" ? [] : pairs).map((groupBy, i) => ({ ...wayOf(i * 7 + turn * 5), groupBy })),
  ].filter(({ groupBy, top }) => top === null || !groupBy.includes("GROUP"));
}

const FIGURES = {
  cost: {
    row: "net { cents } list { cents } requests shareOfTotal list_share: shareOfTotal(of: LIST) runningTotal { net { cents } list { cents } requests }",
    comparison:
      "range { from until } net { before { cents } change { cents } relativeChange } list { before { cents } change { cents } } requests { before change relativeChange }",
    total: "net { cents } list { cents } requests",
  },
  usage: {
    row: "tokens { ...Tokens } shareOfTotal output_share: shareOfTotal(of: OUTPUT_TOKENS) runningTotal { ...Tokens }",
    comparison:
      "range { from until } totalTokens { before change relativeChange } uncachedInputTokens { before change } cacheReadInputTokens { before change } cacheCreation5mInputTokens { before change } cacheCreation1hInputTokens { before change } outputTokens { before change } webSearchRequests { before change } requests { before change }",
    total: "...Tokens",
  },
} as const;

const TOKENS =
  "fragment Tokens on TokenUsage { totalTokens uncachedInputTokens cacheReadInputTokens cacheCreation5mInputTokens cacheCreation1hInputTokens outputTokens webSearchRequests requests }";

// biome-ignore lint/suspicious/noExplicitAny: answers are as loose as JSON is
type Loose = any;

/** The figures of a client's answer: amounts as units, counts as they are. */
function figuresOf(report: Report, said: Loose): Figures {
  if (report === "usage")
    return Object.fromEntries(
      Object.entries(said as Record<string, number | null>).map(([name, count]) => [
        name,
        count === null ? null : BigInt(count),
      ]),
    );
  const { net, list, requests } = said;
  return {
    net: unitsOf(net.cents),
    list: unitsOf(list.cents),
    requests: requests === null ? null : BigInt(requests),
  };
}

function textOf({ kind, report, groupBy, bucket, compare, top }: Question): string {
  const { row, comparison, total } = FIGURES[report];
  const selected: Readonly<Record<string, string>> = DIMENSIONS[kind];
  const dimensions = groupBy.map((dimension, i) => `d${i}: ${selected[dimension]}`).join(" ");
  const args = [
    `range: { between: { from: "${FROM}", until: "${UNTIL}" } }, source: UNIFIED, first: 100000`,
    `bucket: ${bucket}, groupBy: [${groupBy}]`,
    ...(compare === null ? [] : [`compare: ${compare}`]),
    ...(top === null ? [] : [`top: ${top}`]),
  ];
  return `{ answer: ${report}(${args.join(", ")}) {
    nodes { from until isPartial isOther isRemainder ${dimensions} ${row} comparison { ${comparison} } }
    total { ${total} } totalComparison { ${comparison} } pageInfo { hasNextPage }
  } } ${report === "usage" ? TOKENS : ""}`;
}

interface Cell {
  now: Figures;
  before: Figures;
}

/** The day of the range that a day before is set against. */
function setAgainst(compare: Question["compare"], before: Day): Day {
  if (compare === "PREVIOUS_PERIOD") return addDays(before, 41);
  const date = new Date(`${before}T00:00:00Z`);
  const lastOfNext = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 2, 0)).getUTCDate();
  date.setUTCMonth(date.getUTCMonth() + 1, Math.min(date.getUTCDate(), lastOfNext));
  return date.toISOString().slice(0, 10) as Day;
}

const BEFORE = {
  PREVIOUS_PERIOD: { from: day("2026-08-06"), until: FROM },
  MONTH_BEFORE: { from: day("2026-08-16"), until: day("2026-09-27") },
} as const;

type Organization = ReturnType<typeof gateway>["organization"];

/** Every cell the answer is to have, before groups are merged. */
function cellsOf(
  organization: Organization,
  { kind, report, groupBy, bucket, compare }: Question,
): Map<string, Cell> {
  const cells = new Map<string, Cell>();
  const add = (side: keyof Cell, at: Day, group: string, figures: Figures) => {
    const nothing = Object.fromEntries(
      Object.entries(figures).map(([name, value]) => [name, value === null ? null : 0n]),
    );
    const key = `${bucketStart(bucket, at, FROM)} ${group}`;
    const cell = cells.get(key) ?? { now: nothing, before: nothing };
    cells.set(key, { ...cell, [side]: plus(cell[side], figures) });
  };
  for (const { day: at, group, figures } of pieces(
    organization,
    report,
    groupBy,
    FROM,
    UNTIL,
    EXPORTED,
    kind,
  ))
    add("now", at, group, figures);
  if (compare !== null) {
    const { from, until } = BEFORE[compare];
    for (const { day: at, group, figures } of pieces(
      organization,
      report,
      groupBy,
      from,
      until,
      EXPORTED,
      kind,
    ))
      add("before", setAgainst(compare, at), group, figures);
  }
  return cells;
}

const RANK = { cost: "net", usage: "totalTokens" } as const;

function check(organization: Organization, question: Question, answer: Loose): void {
  const { kind, report, groupBy, bucket, compare, top } = question;
  const cells = cellsOf(organization, question);
  const rank = RANK[report];
  const nodes: Loose[] = answer.nodes;
  const groupOf = (node: Loose) =>
    node.isOther
      ? "other"
      : JSON.stringify(
          // A person, a workspace and a key are told by their id.
          groupBy.map((_, i) => {
            const value = node[`d${i}`];
            return typeof value === "object" && value !== null ? Object.values(value)[0] : value;
          }),
        );

  // Which groups are kept is open among equals; that none of the others had more is not.
  let expected = cells;
  if (top !== null) {
    const sums = new Map<string, bigint>();
    for (const [key, { now }] of cells) {
      const group = key.slice(11);
      sums.set(group, (sums.get(group) ?? 0n) + (now[rank] ?? 0n));
    }
    const kept = new Set(nodes.filter(({ isOther }) => !isOther).map(groupOf));
    expect(kept.size).toBe(Math.min(top, sums.size));
    const least = [...kept].map((group) => sums.get(group) as bigint).sort((a, b) => (a < b ? -1 : 1))[0];
    for (const [group, sum] of sums) if (!kept.has(group)) expect(sum <= (least as bigint)).toBe(true);
    expected = new Map();
    for (const [key, cell] of cells) {
      const own = kept.has(key.slice(11)) ? key : `${key.slice(0, 11)}other`;
      const sum = expected.get(own);
      expected.set(
        own,
        sum === undefined ? cell : { now: plus(sum.now, cell.now), before: plus(sum.before, cell.before) },
      );
    }
  }

  const keyed = nodes.map((node) => [`${node.from.slice(0, 10)} ${groupOf(node)}`, node] as const);
  expect(keyed.map(([key]) => key).sort()).toEqual([...expected.keys()].sort());
  expect(nodes.some(({ isRemainder }) => isRemainder)).toBe(false);

  const total = figuresOf(report, answer.total);
  const running = new Map<string, Figures>();
  const shown: unknown[] = [];
  const right: unknown[] = [];
  for (const [key, node] of keyed.toSorted(([a], [b]) => (a.slice(0, 10) < b.slice(0, 10) ? -1 : 1))) {
    const cell = expected.get(key) as Cell;
    const start = key.slice(0, 10) as Day;
    const sum = running.get(key.slice(11));
    const runningTotal = sum === undefined ? cell.now : plus(sum, cell.now);
    running.set(key.slice(11), runningTotal);
    const other = report === "cost" ? "list" : "outputTokens";
    shown.push({
      key,
      until: node.until,
      isPartial: node.isPartial,
      figures: figuresOf(report, report === "cost" ? node : node.tokens),
      runningTotal: figuresOf(report, node.runningTotal),
      shares: [node.shareOfTotal, report === "cost" ? node.list_share : node.output_share],
      comparison: comparisonSaid(question, node.comparison),
    });
    right.push({
      key,
      until: `${bucketEnd(bucket, start, UNTIL)}T00:00:00.000Z`,
      isPartial: isPartial(bucket, start, node.until.slice(0, 10)),
      figures: cell.now,
      runningTotal,
      shares: [rank, other].map((figure) => rounded(cell.now[figure] ?? 0n, total[figure] ?? 0n)),
      comparison: comparisonOf(question, cell),
    });
  }
  // All rows at once: an assertion for each takes longer than the answer.
  expect(shown).toStrictEqual(right);

  const whole = pieces(organization, report, [], FROM, UNTIL, EXPORTED, kind).map(({ figures }) => figures);
  expect(total).toEqual(whole.reduce(plus));
  const { from, until } = compare === null ? { from: FROM, until: FROM } : BEFORE[compare];
  const before = pieces(organization, report, [], from, until, EXPORTED, kind).map(({ figures }) => figures);
  const cell = { now: whole.reduce(plus), before: before.length === 0 ? {} : before.reduce(plus) };
  expect(comparisonSaid(question, answer.totalComparison)).toStrictEqual(comparisonOf(question, cell));

  const units = (node: Loose) =>
    report === "cost" ? unitsOf(node.net.cents) : BigInt(node.tokens.totalTokens);
  const misplaced = nodes.slice(1).filter((node, i) => {
    const previous = nodes[i];
    if (previous.from !== node.from) return previous.from > node.from;
    return previous.isOther ? !node.isOther : !node.isOther && units(previous) < units(node);
  });
  expect(misplaced).toEqual([]);
}

function isPartial(bucket: string, start: Day, end: Day): boolean {
  const first = bucketStart(bucket, start, day("0001-01-01"));
  return (
    (bucket === "WEEK" || bucket === "MONTH") &&
    (first !== start || bucketEnd(bucket, first, day("9999-01-01")) !== end)
  );
}

/** What an answer says of a row and the time before it; null where nothing is compared. */
function comparisonSaid({ report, compare }: Question, said: Loose): unknown {
  if (compare === null || said === null) return said;
  const { range, ...compared } = said;
  const read = (value: Loose) => (typeof value === "number" ? BigInt(value) : unitsOf(value.cents));
  const figures = Object.entries<Loose>(compared).map(([name, figure]) => [
    name,
    figure === null ? null : { before: read(figure.before), change: read(figure.change) },
  ]);
  const { relativeChange } = said[RANK[report]];
  return { range, figures: Object.fromEntries(figures), relativeChange };
}

/** What it is to say. */
function comparisonOf({ report, compare }: Question, { now, before }: Cell): unknown {
  if (compare === null) return null;
  const figures = Object.keys(now).map((name) => {
    const [a, b] = [now[name] ?? null, before[name] ?? null];
    return [name, a === null || b === null ? null : { before: b, change: a - b }];
  });
  const [a, b] = [now[RANK[report]] ?? 0n, before[RANK[report]] ?? 0n];
  return { range: BEFORE[compare], figures: Object.fromEntries(figures), relativeChange: rounded(a - b, b) };
}

const NAME = "%s %s equals the base table";

/** Between them they have both kinds of figures and both organizations; the others have only deep tests. */
describe.each([
  ["enterprise", "cost"],
  ["console", "usage"],
] as const)(NAME, equalsBaseTable);

describe.each([
  ["enterprise", "usage"],
  ["console", "cost"],
] as const)(NAME, { tags: "deep" }, equalsBaseTable);

function equalsBaseTable(kind: Kind, report: Report): void {
  sweep(SEEDS.map((seed, turn) => [seed, turn] as const))(
    "by every grouping, bucket, comparison, top, share and running total (seed %d)",
    async ([seed, turn]) => {
      const { ask, organization } = gateway({
        sandbox: { users: 20, seed },
        settings: {
          MAX_FIRST: "100000",
          MAX_UPSTREAM_REQUESTS: "100000",
          ...(kind === "console" ? { ANTHROPIC_ANALYTICS_KEY: "" } : {}),
        },
      });
      const asked = questions(kind, report, turn);
      expect(asked.length).toBeGreaterThan(kind === "console" ? 40 : 70);
      for (const question of asked) {
        const { data, errors } = await ask(textOf(question));
        expect(errors).toBeUndefined();
        expect(data.answer.pageInfo.hasNextPage).toBe(false);
        try {
          check(organization, question, data.answer);
        } catch (fault) {
          throw new Error(`${JSON.stringify(question)}: ${(fault as Error).message}`, { cause: fault });
        }
      }
    },
  );
}
