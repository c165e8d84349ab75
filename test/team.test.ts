import { describe, expect, test } from "vitest";
import { dayOf } from "../src/domain/day.ts";
import { compare, type Decimal, decimalOf, negative, plus, sum } from "../src/domain/decimal.ts";
import { type Fact, netUnits, tokensOf } from "../src/sandbox/ledger/fact.ts";
import { SCALE } from "../src/sandbox/ledger/prices.ts";
import { NOTABLE } from "../src/sandbox/organization/people.ts";
import { sweep } from "./deep.ts";
import { gateway } from "./gateway.ts";
import {
  byFile,
  byGroup,
  centsOf,
  decimal,
  expectSame,
  FROM,
  gatewayOf,
  NOBODY,
  organizationOf,
  type Piece,
  pieces,
  placeOf,
  RANGE,
  type Row,
  SEEDS,
  sumsBy,
  TEAM,
  teamsFile,
  UNASSIGNED,
  USERS,
} from "./team-truth.ts";

/** Each grouping with how the base table tells its groups; remainder rows of the older report know no product. */
const GROUPINGS = [
  { groupBy: "TEAM", select: "", of: () => "", row: () => "" },
  {
    groupBy: "TEAM, PRODUCT",
    select: "product",
    of: ({ product }: Fact) => product?.replace("-", "_") ?? "none",
    row: ({ product }: Row) => product ?? "none",
  },
  {
    groupBy: "MODEL, TEAM",
    select: "model",
    of: ({ rate }: Fact) => rate.model ?? "none",
    row: ({ model }: Row) => model ?? "none",
  },
] as const;

function isOfOlderReport(source: string, { fact }: Piece, groupBy: string): boolean {
  return source === "LEGACY" && groupBy !== "TEAM" && fact.person === null;
}

describe.each(["UNIFIED", "LEGACY"] as const)("by team, the %s report", (source) => {
  sweep(SEEDS)("is what the base table says, to the last decimal (seed %d)", async (seed) => {
    const { ask, organization } = gatewayOf(seed);
    const fields = GROUPINGS.flatMap(({ groupBy, select }, i) =>
      ["NONE", "DAY"].flatMap((bucket) => {
        const args = `(${RANGE}, bucket: ${bucket}, groupBy: [${groupBy}], source: ${source}, first: 1000)`;
        return [
          `cost${bucket}${i}: cost${args} { nodes { from ${TEAM} ${select} requests net { cents } } overlap { net { cents } requests } total { net { cents } requests } pageInfo { hasNextPage } }`,
          `usage${bucket}${i}: usage${args} { nodes { from ${TEAM} ${select} tokens { totalTokens } } overlap { totalTokens } total { totalTokens } pageInfo { hasNextPage } }`,
        ];
      }),
    );
    const { data, errors } = await ask(`{ ${fields.join("\n")} }`);
    expect(errors).toBeUndefined();

    const base = pieces(organization, "enterprise", byFile);
    const spread = base.flatMap((piece) => piece.places.map((place) => ({ ...piece, place })));
    expect(new Set(spread.map(({ place }) => place))).toEqual(
      new Set(["Atlas", "Birch", "Cedar", "Dune", UNASSIGNED, NOBODY]),
    );
    for (const [i, grouping] of GROUPINGS.entries()) {
      for (const bucket of ["NONE", "DAY"]) {
        const what = `${source} ${grouping.groupBy} ${bucket}`;
        const dayOfBucket = (at: number) => (bucket === "NONE" ? FROM : dayOf(at));
        const truth = (value: (fact: Fact) => Decimal) =>
          sumsBy(
            spread,
            (piece) => {
              const group = isOfOlderReport(source, piece, grouping.groupBy)
                ? "none"
                : grouping.of(piece.fact);
              return `${dayOfBucket(piece.fact.at)} ${piece.place} ${group}`;
            },
            ({ fact }) => value(fact),
          );
        const answer = (rows: readonly Row[], value: (row: Row) => Decimal) =>
          sumsBy(rows, (row) => `${row.from.slice(0, 10)} ${placeOf(row)} ${grouping.row(row)}`, value);
        const cost = data[`cost${bucket}${i}`];
        const usage = data[`usage${bucket}${i}`];
        expect([cost.pageInfo.hasNextPage, usage.pageInfo.hasNextPage]).toEqual([false, false]);
        expectSame(
          answer(cost.nodes, ({ net }) => decimal(net?.cents ?? "")),
          truth(centsOf),
          what,
        );
        expectSame(
          answer(cost.nodes, ({ requests }) => decimalOf(requests ?? Number.NaN)),
          truth(({ requests }) => decimalOf(requests)),
          what,
        );
        expectSame(
          answer(usage.nodes, ({ tokens }) => decimalOf(tokens?.totalTokens ?? Number.NaN)),
          truth((fact) => decimalOf(tokensOf(fact))),
          what,
        );
        // Nothing is lost and what is counted twice is stated: rows less the overlap are the total.
        const rows = sum(cost.nodes.map((row: Row) => decimal(row.net?.cents ?? "")));
        const total = plus(rows, negative(decimal(cost.overlap.net.cents)));
        expect(compare(total, decimal(cost.total.net.cents)), what).toBe(0);
        expect(compare(total, sum(base.map(({ fact }) => centsOf(fact)))), what).toBe(0);
        const tokens = usage.nodes.reduce((all: number, row: Row) => all + (row.tokens?.totalTokens ?? 0), 0);
        expect(tokens - usage.overlap.totalTokens, what).toBe(usage.total.totalTokens);
        const twice = sum(base.flatMap(({ fact, places }) => places.slice(1).map(() => centsOf(fact))));
        expect(compare(decimal(cost.overlap.net.cents), twice), what).toBe(0);
        expect(twice.units).toBeGreaterThan(0n);
      }
    }
  });
});

describe("split between teams", () => {
  const SPLIT = `${RANGE}, groupBy: [TEAM], overlap: SPLIT, first: 1000`;

  sweep(SEEDS)("parts are equal and add up to the total, to the last decimal (seed %d)", async (seed) => {
    const { ask, organization } = gatewayOf(seed);
    const { data, errors } = await ask(
      `{ cost(${SPLIT}, bucket: NONE) { nodes { from ${TEAM} requests net { cents } } overlap { net { cents } requests } total { net { cents } requests } }
         days: cost(${SPLIT}, bucket: DAY) { nodes { from ${TEAM} net { cents } } }
         usage(${SPLIT}, bucket: NONE) { nodes { from ${TEAM} tokens { totalTokens outputTokens } } overlap { totalTokens } total { totalTokens outputTokens } } }`,
    );
    expect(errors).toBeUndefined();
    const amounts = (rows: readonly Row[]) => rows.map(({ net }) => decimal(net?.cents ?? ""));
    const total = decimal(data.cost.total.net.cents);
    expect(compare(sum(amounts(data.cost.nodes)), total)).toBe(0);
    expect(compare(sum(amounts(data.days.nodes)), total)).toBe(0);
    expect(decimal(data.cost.overlap.net.cents).units).toBe(0n);
    expect(data.usage.overlap.totalTokens).toBe(0);
    const counted = (rows: readonly Row[], of: (row: Row) => number) =>
      rows.reduce((all, row) => all + of(row), 0);
    expect(counted(data.cost.nodes, ({ requests }) => requests ?? Number.NaN)).toBe(data.cost.total.requests);
    expect(counted(data.usage.nodes, ({ tokens }) => tokens?.totalTokens ?? Number.NaN)).toBe(
      data.usage.total.totalTokens,
    );

    // In sixths every share is whole; a team's rows are off by at most a unit of the last digit for each set of teams and month.
    const sixths = sumsBy(
      pieces(organization, "enterprise", byFile).flatMap(({ fact, places }) =>
        places.map((place) => ({
          place,
          share: { units: (BigInt(netUnits(fact)) * 6n) / BigInt(places.length), scale: SCALE },
        })),
      ),
      ({ place }) => place,
      ({ share }) => share,
    );
    for (const row of data.cost.nodes as Row[]) {
      const six = sum(Array.from({ length: 6 }, () => decimal(row.net?.cents ?? "")));
      const off = plus(six, negative(sixths.get(placeOf(row)) as Decimal));
      const most: Decimal = { units: 6n * 3n * 3n, scale: 12 };
      expect(compare(off, most)).toBeLessThanOrEqual(0);
      expect(compare(negative(off), most)).toBeLessThanOrEqual(0);
    }
  });
});

describe("where the RBAC groups are the teams", () => {
  sweep(SEEDS)("people are in those they are in now (seed %d)", async (seed) => {
    const { ask, organization } = gatewayOf(seed, { TEAMS_FILE: "" });
    const { data, errors } = await ask(
      `{ cost(${RANGE}, bucket: NONE, groupBy: [TEAM], first: 1000) { nodes { from ${TEAM} net { cents } } overlap { net { cents } } total { net { cents } } } }`,
    );
    expect(errors).toBeUndefined();
    const base = pieces(organization, "enterprise", byGroup);
    expectSame(
      sumsBy(data.cost.nodes, placeOf, ({ net }: Row) => decimal(net?.cents ?? "")),
      sumsBy(
        base.flatMap(({ fact, places }) => places.map((place) => ({ fact, place }))),
        ({ place }) => place,
        ({ fact }) => centsOf(fact),
      ),
      `seed ${seed}`,
    );
    const rows = sum(data.cost.nodes.map(({ net }: Row) => decimal(net?.cents ?? "")));
    const overlap = decimal(data.cost.overlap.net.cents);
    expect(compare(rows, plus(decimal(data.cost.total.net.cents), overlap))).toBe(0);
  });

  test("no report is requested where the key may not read them", async () => {
    const { ask, seen } = gateway({
      sandbox: { users: USERS },
      settings: { ANTHROPIC_ANALYTICS_KEY: "sk-ant-api01-x+read:analytics,read:members" },
    });
    const { data, errors } = await ask(
      `{ cost(${RANGE}, groupBy: [TEAM], bucket: DAY) { totalCount } teams(${RANGE}) { totalCount } }`,
    );
    expect(data).toEqual({ cost: null, teams: null });
    expect(errors?.map(({ extensions }) => [extensions.code, extensions.reason])).toEqual([
      ["UPSTREAM_AUTH", "MISSING_SCOPE"],
      ["UPSTREAM_AUTH", "MISSING_SCOPE"],
    ]);
    expect(new Set(seen.map(({ pathname }) => pathname))).toEqual(new Set(["/v1/organizations/rbac_groups"]));
  });
});

describe("people by team", () => {
  test.each(["UNIFIED", "LEGACY"])(
    "are listed with a row of no person, so that rows add up (%s)",
    async (source) => {
      const { ask, organization } = gatewayOf(2);
      const { data, errors } = await ask(
        `{ cost(${RANGE}, bucket: NONE, groupBy: [TEAM, USER], source: ${source}, first: 1000) { nodes { from ${TEAM} user { userId } accountStatus net { cents } } total { net { cents } } overlap { net { cents } } } }`,
      );
      expect(errors).toBeUndefined();
      const { nodes, total, overlap } = data.cost;
      const rows = sum(nodes.map((row: Row) => decimal(row.net?.cents ?? "")));
      expect(compare(rows, plus(decimal(total.net.cents), decimal(overlap.net.cents)))).toBe(0);

      const { enterprise } = organization.directories;
      const placesShown = (index: number) =>
        nodes
          .filter((row: Row) => row.user?.userId === enterprise.userId(index))
          .map(placeOf)
          .sort();
      expect(placesShown(NOTABLE.threeGroups)).toEqual(["Atlas", "Birch", "Cedar"]);
      expect(placesShown(NOTABLE.departed)).toEqual(["Dune"]);
      expect(placesShown(NOTABLE.erased)).toEqual([UNASSIGNED]);
      const [erased] = nodes.filter((row: Row) => row.user?.userId === enterprise.userId(NOTABLE.erased));
      expect(erased.accountStatus).toBe("DELETED");
      expect(nodes.filter((row: Row) => placeOf(row) === NOBODY)).toHaveLength(1);
    },
  );

  test("and by group of the older report are indistinguishable from those of no person, and are refused", async () => {
    const { errors } = await gatewayOf(1).ask(
      `{ cost(${RANGE}, groupBy: [TEAM, GROUP], source: LEGACY, bucket: DAY) { totalCount } }`,
    );
    expect(errors?.map(({ message }) => message)).toEqual([
      "LEGACY of `enterprise` cannot group people by TEAM and by GROUP: those in several groups count in each; `source: UNIFIED` can.",
    ]);
  });
});

test.each(["UNIFIED", "LEGACY"])("filtered or by the hour, rows add up as well (%s)", async (source) => {
  const { ask, organization } = gatewayOf(1);
  const group = organization.groups.all[0]?.id;
  const day = `range: { between: { from: "2026-06-03", until: "2026-06-04" } }`;
  const questions = [
    `${RANGE}, bucket: DAY, groupBy: [TEAM, COST_TYPE], filter: { products: ["claude_code", "chat"] }`,
    `${RANGE}, bucket: DAY, groupBy: [TEAM], filter: { groups: ["${group}"] }`,
    `${day}, bucket: HOUR, groupBy: [TEAM]`,
    ...(source === "UNIFIED" ? [`${RANGE}, bucket: DAY, groupBy: [TEAM, ACTOR_TYPE]`] : []),
  ];
  for (const question of questions) {
    const { data, errors } = await ask(
      `{ cost(${question}, source: ${source}, first: 1000) { nodes { from ${TEAM} net { cents } } overlap { net { cents } } total { net { cents } } } }`,
    );
    expect(errors).toBeUndefined();
    const { nodes, overlap, total } = data.cost;
    const rows = sum(nodes.map(({ net }: Row) => decimal(net?.cents ?? "")));
    expect(compare(rows, plus(decimal(total.net.cents), decimal(overlap.net.cents))), question).toBe(0);
    expect(decimal(overlap.net.cents).units).toBeGreaterThan(0n);
    expect(nodes.map(({ from }: Row) => from)).toEqual(nodes.map(({ from }: Row) => from).toSorted());
  }
});

test("by team takes the requests of by person; teams of a file take none", async () => {
  const requests = async (groupBy: string, source: string, bucket: string) => {
    const { ask, seen } = gatewayOf(1);
    await ask(
      `{ cost(${RANGE}, bucket: ${bucket}, groupBy: [${groupBy}], source: ${source}) { totalCount } }`,
    );
    return seen.map(({ pathname }) => pathname.split("/").at(-1)).sort();
  };
  for (const bucket of ["NONE", "DAY"]) {
    expect(await requests("TEAM", "UNIFIED", bucket)).toEqual(["cost", "cost"]);
    expect(await requests("USER", "UNIFIED", bucket)).toEqual(["cost", "cost"]);
    expect(await requests("USER", "LEGACY", bucket)).toEqual(["user_cost_report", "user_cost_report"]);
    // The older report of people lacks what is nobody's, which is what the total says of it.
    expect(await requests("TEAM", "LEGACY", bucket)).toEqual([
      "cost_report",
      "cost_report",
      "user_cost_report",
      "user_cost_report",
    ]);
  }
  const { ask, seen } = gatewayOf(1, { TEAMS_FILE: "" });
  await ask(`{ cost(${RANGE}, bucket: NONE, groupBy: [TEAM]) { totalCount overlap { net { cents } } } }`);
  const reports = seen.filter(({ pathname }) => pathname.endsWith("/cost"));
  expect(reports).toHaveLength(2);
  const lookups = seen.filter(({ pathname }) => pathname.includes("/rbac_groups"));
  expect(lookups.length).toBe(seen.length - 2);
  expect(lookups.length).toBeGreaterThan(10);
});

test.each([
  `cost(${RANGE}, groupBy: [TEAM], source: LEGACY, first: 1000, bucket: DAY) { totalCount overlap { requests } total { requests } }`,
  `cost(${RANGE}, bucket: NONE, groupBy: [TEAM, MODEL]) { overlap { requests } nodes { team } }`,
  `usage(${RANGE}, bucket: NONE, groupBy: [TEAM], organization: "console", source: LEGACY) { nodes { team } }`,
  `teams(${RANGE}) { overlap { requests } nodes { cost { requests } activity { users } claudeCode { commits } members { totalCount } } }`,
  `users(${RANGE}, first: 3) { nodes { team teams { name cost(${RANGE}) { requests } } } }`,
  `reconciliation(${RANGE}) { difference { requests } }`,
])("the plan of %s matches its requests", async (field) => {
  const { ask, app, seen } = gatewayOf(1);
  const plan = async () => {
    const response = await app.fetch("http://gateway.test/graphql?explain", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: `{ ${field} }` }),
    });
    const { requests, lookups } = (await response.json()).extensions.plan;
    return requests + lookups;
  };
  const planned = await plan();
  expect(seen).toEqual([]);
  await ask(`{ ${field} }`);
  expect(planned).toBe(seen.length);
  expect(await plan()).toBe(0);
});

test("by team is answered by the older report where the organization is outside the beta", async () => {
  const { ask } = gateway({
    sandbox: { users: USERS, unified: "off" },
    settings: { TEAMS_FILE: teamsFile(organizationOf(1)) },
  });
  const { data, errors } = await ask(
    `{ cost(${RANGE}, bucket: NONE, groupBy: [TEAM]) { source nodes { from ${TEAM} net { cents } } } teams(${RANGE}) { nodes { teamId isUnassigned cost { net { cents } } } } }`,
  );
  expect(errors).toBeUndefined();
  expect(data.cost.source).toBe("LEGACY");
  const cents = (rows: readonly (Row & { cost?: Row | null })[]) =>
    Object.fromEntries(rows.map((row) => [placeOf(row), (row.cost ?? row).net?.cents]));
  expect(cents(data.teams.nodes)).toEqual(cents(data.cost.nodes));
});

test.each(["NONE", "DAY"])("pages of a list by team are the list (%s)", async (bucket) => {
  const { ask } = gatewayOf(3);
  const list = (first: number, after: string | null) =>
    ask(
      `query ($after: String) { cost(${RANGE}, bucket: ${bucket}, groupBy: [TEAM, PRODUCT], first: ${first}, after: $after) { nodes { from ${TEAM} product net { cents } } pageInfo { hasNextPage endCursor } overlap { net { cents } } } }`,
      { after },
    );
  const whole = (await list(1000, null)).data.cost;
  const rows: unknown[] = [];
  let after: string | null = null;
  do {
    const { data, errors } = await list(7, after);
    expect(errors).toBeUndefined();
    rows.push(...data.cost.nodes);
    expect(data.cost.overlap).toEqual(whole.overlap);
    after = data.cost.pageInfo.hasNextPage ? data.cost.pageInfo.endCursor : null;
  } while (after !== null);
  expect(rows).toEqual(whole.nodes);
  expect(rows.length).toBeGreaterThan(20);
  const other = await ask(
    `query ($after: String) { cost(${RANGE}, bucket: ${bucket}, groupBy: [TEAM, PRODUCT], overlap: SPLIT, after: $after) { totalCount } }`,
    { after: (await list(7, null)).data.cost.pageInfo.endCursor },
  );
  expect(other.errors?.map(({ extensions }) => extensions.code)).toEqual(["CURSOR_INVALID"]);
});

test("a field of the team is null, with a warning, on rows that are not grouped by team", async () => {
  const { ask } = gatewayOf(1);
  const answer = await ask(
    `{ cost(${RANGE}, groupBy: [PRODUCT], bucket: DAY) { nodes { team isUnassigned } overlap { requests } } }`,
  );
  expect(answer.errors).toBeUndefined();
  for (const row of answer.data.cost.nodes) expect(row).toEqual({ team: null, isUnassigned: null });
  expect(answer.extensions.warnings?.map(({ message }) => message)).toEqual([
    "`team`, `isUnassigned`: null, since rows are not grouped by it; add TEAM to `groupBy`.",
  ]);
  const { data } = await ask(`{ cost(${RANGE}, groupBy: [PRODUCT], bucket: DAY) { overlap { requests } } }`);
  expect(data.cost.overlap).toBeNull();
});
