import { readFileSync } from "node:fs";
import { buildSchema, parse, validate } from "graphql";
import { describe, expect, test } from "vitest";
import { type BuildChoice, firstMeasure, orderOfChoice } from "../../src/web/workbench/builder/choice.ts";
import { FACTS_QUERY, GatewayFacts } from "../../src/web/workbench/builder/datasets.ts";
import {
  type BuildOption,
  examplesIn,
  LegalOptions,
  legalChoice,
} from "../../src/web/workbench/builder/legal.ts";
import { queryOf } from "../../src/web/workbench/builder/query.ts";
import { type BuildSubject, subjectsOf } from "../../src/web/workbench/builder/subjects.ts";
import { gateway } from "../gateway.ts";

const SCHEMA = buildSchema(readFileSync(new URL("../../schema/schema.graphql", import.meta.url), "utf8"));
const SUBJECTS = subjectsOf(SCHEMA);

async function factsOf({ ask }: ReturnType<typeof gateway>): Promise<GatewayFacts> {
  const { data } = await ask(FACTS_QUERY);
  return new GatewayFacts(data.datasets, data.viewer.organizations);
}

function subject(name: string): BuildSubject {
  const found = SUBJECTS.find((each) => each.name === name);
  if (found === undefined) throw new Error(`There is no subject ${name}.`);
  return found;
}

/** The choice that the builder begins with. */
function begun(of: BuildSubject, facts: GatewayFacts, more: Partial<BuildChoice> = {}): BuildChoice {
  const bucket = of.arguments.bucket?.defaultValue;
  return {
    subject: of.name,
    measures: [firstMeasure(of, facts)?.name ?? ""],
    dimensions: [],
    organization: null,
    bucket: typeof bucket === "string" ? bucket : null,
    range: { between: { from: "2026-11-19", until: "2026-11-21" } },
    compare: null,
    filter: null,
    top: null,
    ...more,
  };
}

const legal = (options: readonly BuildOption[]) => options.filter(({ refusal }) => refusal === null);
const legalOnes = (options: readonly BuildOption[]) =>
  options.flatMap(({ value, refusal }) => (refusal === null ? [value] : []));

/**
 * The choices that the builder offers step by step: each measure, dimension, pair of dimensions, bucket, comparison, filter and number
 * of rows. A dimension has each bucket; a pair of them has the next of its buckets in turn, since what splits it gives all of those.
 */
function offered(of: BuildSubject, facts: GatewayFacts): BuildChoice[] {
  const choices: BuildChoice[] = [];
  const offered = legalOnes(new LegalOptions(of, begun(of, facts), facts).organizations());
  const organizations = offered.length === 0 ? [null] : offered;
  for (const organization of organizations) {
    const first = begun(of, facts, { organization });
    let turn = 0;
    const at = (choice: BuildChoice) => new LegalOptions(of, choice, facts);
    for (const measure of legalOnes(at(first).measures())) {
      const ofOne = { ...first, measures: [measure] };
      const comparisons = legalOnes(at(ofOne).comparisons());
      choices.push(ofOne, ...comparisons.map((compare) => ({ ...ofOne, compare })));
    }
    for (const bucket of legalOnes(at(first).buckets())) choices.push({ ...first, bucket });
    for (const filter of legal(at(first).filters())) choices.push({ ...first, filter: filterBy(filter) });
    for (const one of legalOnes(at(first).dimensions())) {
      const byOne = { ...first, dimensions: [one] };
      choices.push(byOne);
      for (const compare of legalOnes(at(byOne).comparisons()).slice(0, 1))
        choices.push({ ...byOne, compare }, { ...byOne, compare, bucket: "DAY" });
      for (const bucket of legalOnes(at(byOne).buckets())) {
        const inBuckets = { ...byOne, bucket };
        choices.push(inBuckets);
        if (at(inBuckets).refusalOfTop === null) choices.push({ ...inBuckets, top: 3 });
      }
      for (const measure of legalOnes(at(byOne).measures())) choices.push({ ...byOne, measures: [measure] });
      for (const filter of legal(at(byOne).filters())) choices.push({ ...byOne, filter: filterBy(filter) });
      for (const two of legalOnes(at(byOne).dimensions())) {
        if (two <= one) continue;
        const byTwo = { ...first, dimensions: [one, two] };
        const buckets = legalOnes(at(byTwo).buckets());
        choices.push(
          byTwo,
          ...buckets
            .slice(turn % buckets.length)
            .slice(0, 1)
            .map((bucket) => ({ ...byTwo, bucket })),
        );
        turn++;
      }
    }
  }
  return choices;
}

/** A filter by a value of the form that its description names. */
function filterBy({ value, description }: BuildOption): BuildChoice["filter"] {
  const [prefix] = /[a-z_]+(?=_\.\.\.)/.exec(description) ?? [];
  const examples = examplesIn(description);
  const [first = value === "groups" ? "rbac_group_x" : "x"] = examples;
  const example = examples.includes("claude_code") ? "claude_code" : first; // plugins are not of every product
  return { list: value, values: [prefix === undefined ? example : `${prefix}_x`] };
}

/** So that no query waits for another one. */
const UNLIMITED = {
  MAX_UPSTREAM_REQUESTS: "1000",
  MAX_ROWS: "1000000",
  MAX_TOKENS: "20000",
  UPSTREAM_PER_MINUTE: "1000000",
  LOOKUPS_PER_MINUTE: "1000000",
  SANDBOX_RATE_LIMIT: "off",
};

/** Part of the queries that `npm test` runs, and how many of them an operation has: most of what one takes is its own. */
const [EVERY, TOGETHER] = [29, 25];

const textOf = (choice: BuildChoice, facts: GatewayFacts) => queryOf(subject(choice.subject), choice, facts);

/** One operation of several, each under a name of its own. */
function together(texts: readonly string[]): string {
  const fields = texts.map((text, i) =>
    text.trim().split("\n").slice(1, -1).join("\n").replace(/^ {2}/, `  q${i}: `),
  );
  return `{\n${fields.join("\n")}\n}`;
}

describe.each([
  ["an organization of the newer reports", "on", 5_000],
  ["an organization of the older reports only", "off", 2_000],
] as const)("every query that is offered to %s", (_name, unified, fewest) => {
  const opened = gateway({ sandbox: { users: 5, unified }, settings: UNLIMITED });

  /** The queries of every so many choices that are offered. */
  async function offers(every: number): Promise<readonly string[]> {
    const facts = await factsOf(opened);
    const choices = SUBJECTS.flatMap((each) => offered(each, facts));
    expect(choices.length).toBeGreaterThan(fewest);
    const texts = choices.filter((_, i) => i % every === 0).map((choice) => textOf(choice, facts));
    return [...new Set(texts)];
  }

  async function failures(texts: readonly string[]): Promise<string[]> {
    const wrong: string[] = [];
    for (let i = 0; i < texts.length; i += TOGETHER) {
      const batch = texts.slice(i, i + TOGETHER);
      const { errors, extensions } = await opened.ask(together(batch));
      for (const { message, path } of [...(errors ?? []), ...(extensions?.warnings ?? [])])
        wrong.push(
          `${message}\n${path === undefined ? together(batch) : batch[Number(`${path[0]}`.slice(1))]}`,
        );
    }
    return wrong;
  }

  test("fits the schema, and is answered without an error or a warning, in a sample", async () => {
    expect(await failures(await offers(EVERY))).toEqual([]);
  });

  test("fits the schema, and is answered without an error or a warning", { tags: "deep" }, async () => {
    expect(await failures(await offers(1))).toEqual([]);
  });
});

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (inner as Record<string, unknown> | null)?.[key] ?? null,
    value,
  );
}

/** Makes a choice as a reader does: each step has to be offered. */
function choose(of: BuildSubject, facts: GatewayFacts, wanted: Partial<BuildChoice>): BuildChoice {
  let choice = begun(of, facts, { organization: wanted.organization ?? null });
  const at = () => new LegalOptions(of, choice, facts);
  const offers = (options: readonly BuildOption[], value: string) =>
    expect(legalOnes(options), `${of.name} ${value}`).toContain(value);
  for (const measure of wanted.measures ?? []) offers(at().measures(), measure);
  choice = { ...choice, measures: wanted.measures ?? choice.measures };
  for (const dimension of wanted.dimensions ?? []) {
    offers(at().dimensions(), dimension);
    choice = { ...choice, dimensions: [...choice.dimensions, dimension] };
  }
  if (wanted.bucket) offers(at().buckets(), wanted.bucket);
  choice = { ...choice, bucket: wanted.bucket ?? choice.bucket };
  if (wanted.range) expect(at().refusalOfRange(wanted.range)).toBeNull();
  choice = { ...choice, range: wanted.range ?? choice.range };
  if (wanted.compare) offers(at().comparisons(), wanted.compare);
  if (wanted.top) expect(at().refusalOfTop).toBeNull();
  return { ...choice, compare: wanted.compare ?? null, top: wanted.top ?? null };
}

/** A row of spend, and what it is compared with. */
interface Compared {
  readonly model: string;
  readonly net: { readonly usd: string };
  readonly comparison: { readonly net: { readonly before: { readonly usd: string } } };
}

const OF_CONSOLE = { organization: "console" };
const BUCKETS = ["DAY", "WEEK", "MONTH"];

/** What analysts ask of the builder. */
const QUESTIONS: readonly (readonly [string, Partial<BuildChoice>])[] = [
  ...["MODEL", "TEAM", "USER"].flatMap((dimension) =>
    BUCKETS.map((bucket) => ["cost", { dimensions: [dimension], bucket }] as const),
  ),
  ...["WORKSPACE", "API_KEY"].flatMap((dimension) =>
    BUCKETS.map((bucket) => ["cost", { ...OF_CONSOLE, dimensions: [dimension], bucket }] as const),
  ),
  ["activity", { measures: ["dailyActiveUsers", "weeklyActiveUsers", "monthlyActiveUsers"] }],
  ["dashboard.claudeCode.byDay", { measures: ["toolActions.acceptanceRate"] }],
  ["claudeCode", { measures: ["linesAdded", "commits"], dimensions: ["USER"], bucket: "WEEK" }],
  ["connectors", { measures: ["users"], top: 10 }],
  ["skills", { measures: ["users", "byProduct.users"], top: 10 }],
  ["projects", { measures: ["messages"], top: 10 }],
  ["cost", { dimensions: ["USER"], top: 10 }],
  ["usage", { measures: ["tokens.cacheReadShare"], dimensions: ["MODEL"] }],
  ["cost", { dimensions: ["MODEL"], compare: "MONTH_BEFORE" }],
  ["users", { measures: ["activity.chat.messages"], compare: "PREVIOUS_PERIOD", top: 10 }],
];

describe("the builder", () => {
  const opened = gateway({ sandbox: { users: 25 }, settings: UNLIMITED });
  const { ask } = opened;

  test.each(QUESTIONS)("answers %s with %o", async (name, wanted) => {
    const facts = await factsOf(opened);
    const text = textOf(choose(subject(name), facts, wanted), facts);
    expect(validate(SCHEMA, parse(text))).toEqual([]);
    const { data, errors } = await ask(text);
    expect(errors).toBeUndefined();
    expect(JSON.stringify(data)).toMatch(/(nodes|days|activity)":\[\{/);
  });

  test("writes no argument that has its default, and the order that makes the first rows the largest", async () => {
    const facts = await factsOf(opened);
    const cost = choose(subject("cost"), facts, {
      dimensions: ["MODEL"],
      bucket: "NONE",
      organization: "enterprise",
    });
    expect(textOf(cost, facts)).not.toMatch(/bucket|organization|incomplete|source|overlap|top/);
    const users = choose(subject("users"), facts, { measures: ["activity.chat.messages"], top: 50 });
    expect(textOf(users, facts)).toContain("orderBy: { field: CHAT_MESSAGES }");
    expect(textOf(users, facts)).not.toContain("first");
  });

  test("says why a choice is not offered", async () => {
    const facts = await factsOf(opened);
    const at = (name: string, more: Partial<BuildChoice> = {}) =>
      new LegalOptions(subject(name), begun(subject(name), facts, more), facts);
    const why = (options: readonly BuildOption[], value: string) =>
      options.find((each) => each.value === value)?.refusal ?? null;
    expect(why(at("cost").dimensions(), "WORKSPACE")).toBe("Only the Console organization has it.");
    expect(why(at("cost", { dimensions: ["CLAUDE_TAG_USER"] }).dimensions(), "GROUP")).toBe(
      "Not together with claude tag user.",
    );
    expect(why(at("claudeCode", { dimensions: ["MODEL"] }).measures(), "commits")).toBe(
      "Not split by model.",
    );
    expect(why(at("claudeCode", { measures: ["commits"] }).dimensions(), "MODEL")).toBe(
      "Commits is not split by it.",
    );
    expect(why(at("cost", { dimensions: ["COST_TYPE"] }).measures(), "requests")).toBe(
      "Not split by cost type.",
    );
    expect(why(at("cost", OF_CONSOLE).measures(), "list.usd")).toBe(
      "The Console organization does not report it.",
    );
    expect(why(at("projects").measures(), "conversations")).toBe("Only of a single day.");
    expect(at("groups").organizations()).toEqual([]);
    expect(legalOnes(at("teams").organizations())).toEqual(["enterprise", "console"]);
    expect(why(at("activity").buckets(), "WEEK")).toContain("Only DAY");
    expect(why(at("cost").periods(), "LAST_YEAR")).toBe("The figures begin on 2026-01-01.");
    expect(at("users").refusalOfRange({ between: { from: "2026-11-25", until: "2026-11-27" } })).toBe(
      "The newest day with figures is 2026-11-21.",
    );
    expect(why(at("cost").comparisons(), "YEAR_BEFORE")).toBe(
      "It begins on 2025-11-19, and the figures on 2026-01-01.",
    );
    expect(why(at("cost", { measures: ["shareOfTotal"] }).comparisons(), "MONTH_BEFORE")).toContain(
      "None of the chosen measures",
    );
    expect(at("activity").comparisons()).toEqual([]);
    expect(at("cost", { dimensions: ["GROUP"], bucket: "DAY" }).refusalOfTop).toContain("several groups");
    expect(at("users", { measures: ["activity.chat.artifactsCreated"] }).refusalOfTop).toContain(
      "cannot be ordered",
    );
  });

  test("compares the chosen measures, each with its figure of the other period", async () => {
    const facts = await factsOf(opened);
    const byModel = choose(subject("cost"), facts, { dimensions: ["MODEL"], compare: "MONTH_BEFORE" });
    const { data } = await ask(textOf(byModel, facts));
    const { data: before } = await ask(
      textOf(
        { ...byModel, compare: null, range: { between: { from: "2026-10-19", until: "2026-10-21" } } },
        facts,
      ),
    );
    const amounts = (rows: readonly { model: string; usd: string }[]) =>
      Object.fromEntries(rows.map(({ model, usd }) => [model, Number(usd)]));
    const compared = amounts(
      data.cost.nodes.map(({ model, comparison }: Compared) => ({ model, usd: comparison.net.before.usd })),
    );
    const own = amounts(before.cost.nodes.map(({ model, net }: Compared) => ({ model, usd: net.usd })));
    expect(Object.keys(own).length).toBeGreaterThan(2);
    expect(compared).toMatchObject(own);

    const users = choose(subject("users"), facts, {
      measures: ["activity.chat.messages", "activity.claudeCode.commits", "claudeCode.commits"],
      compare: "MONTH_BEFORE",
    });
    const text = textOf(users, facts).replaceAll(/\s+/g, " ");
    expect(text).toContain("query UsersAgainstMonthBefore {");
    expect(text).toContain(
      "activityComparison(to: MONTH_BEFORE) { chatMessages { before change relativeChange } commits { before change relativeChange } }",
    );
    expect(textOf({ ...users, compare: "PREVIOUS_PERIOD" }, facts)).not.toContain("to:");
    const late = { ...byModel, range: { period: "YEAR_TO_DATE" } };
    expect(legalChoice(subject("cost"), late, facts).compare).toBeNull();
  });

  test("drops what another organization or subject does not have, and keeps the rest", async () => {
    const facts = await factsOf(opened);
    const cost = subject("cost");
    const ofConsole = choose(cost, facts, {
      ...OF_CONSOLE,
      dimensions: ["MODEL", "WORKSPACE"],
      bucket: "DAY",
    });
    const moved = legalChoice(cost, { ...ofConsole, organization: "enterprise", top: 3 }, facts);
    expect(moved).toMatchObject({ dimensions: ["MODEL"], bucket: "DAY", top: 3 });
  });

  test("keeps days that are being typed, and everything beside them", async () => {
    const facts = await factsOf(opened);
    const cost = subject("cost");
    const chosen = choose(cost, facts, { dimensions: ["MODEL"], bucket: "DAY", top: 3 });
    const typed = { ...chosen, range: { between: { from: "2026-11-21", until: "2026-11-20" } } };
    expect(legalChoice(cost, typed, facts)).toEqual(typed);
    expect(new LegalOptions(cost, typed, facts).refusalOfRange(typed.range)).toBe(
      "The last day is before the first one.",
    );
    const early = { ...chosen, range: { between: { from: "2025-11-21", until: "2025-11-24" } } };
    expect(legalChoice(cost, early, facts)).toEqual(early);
    expect(new LegalOptions(cost, early, facts).refusalOfRange(early.range)).toBe(
      "The figures begin on 2026-01-01.",
    );
  });

  test("orders rows by the first measure that the list has an order for", async () => {
    const facts = await factsOf(opened);
    const ranked = SUBJECTS.flatMap((of) =>
      of.measures.map(({ name }) => begun(of, facts, { measures: [name], top: 20 })),
    ).filter((choice) => orderOfChoice(subject(choice.subject), choice, facts) !== null);
    expect(ranked.length).toBeGreaterThan(30);
    for (const choice of ranked) {
      const of = subject(choice.subject);
      const { data, errors } = await ask(
        textOf(
          {
            ...choice,
            dimensions:
              of.arguments.groupBy === null
                ? []
                : ["MODEL"].filter((each) =>
                    legalOnes(new LegalOptions(of, choice, facts).dimensions()).includes(each),
                  ),
          },
          facts,
        ),
      );
      expect(errors, choice.measures[0]).toBeUndefined();
      const path =
        of.measures.find(({ name }) => name === choice.measures[0])?.fields.map(({ name }) => name) ?? [];
      const values = data[of.name].nodes
        .map((node: unknown) => valueAt(node, path))
        .filter((each: unknown) => each !== null)
        .map(Number);
      expect(values, `${of.name} ${choice.measures[0]}`).toEqual(
        values.toSorted((a: number, b: number) => b - a),
      );
    }
  });

  test("says that figures cannot be read, and why", async () => {
    const limited = gateway({
      sandbox: { users: 20 },
      settings: { ANTHROPIC_ANALYTICS_KEY: "sk-ant-api01-x+read:analytics" },
    });
    const groups = subject("groups");
    const [closed, open] = [await factsOf(limited), await factsOf(opened)];
    expect(new LegalOptions(groups, begun(groups, closed), closed).refusal).toContain("read:rbac_groups");
    expect(new LegalOptions(groups, begun(groups, open), open).refusal).toBeNull();
  });
});
