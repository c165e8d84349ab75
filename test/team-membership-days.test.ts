import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addDays, type Day, day, dayOf } from "../src/domain/day.ts";
import { compare, type Decimal, decimalOf, negative, plus, sum } from "../src/domain/decimal.ts";
import { splitByDay } from "../src/domain/range.ts";
import { tokensOf } from "../src/sandbox/ledger/fact.ts";
import type { Person } from "../src/sandbox/organization/people.ts";
import type { Organization } from "../src/sandbox/organization.ts";
import type { Environment } from "../src/settings/settings.ts";
import { forAllAsync } from "./arbitrary.ts";
import { withBudgets } from "./budgets/files.ts";
import { type Answer, gateway } from "./gateway.ts";
import {
  centsOf,
  decimal,
  emailOf,
  expectSame,
  NOBODY,
  organizationOf,
  pieces,
  placeOf,
  type Row,
  sumsBy,
  TEAM,
  UNASSIGNED,
  USERS,
} from "./team-truth.ts";

/** Two parts of months, so that a window ends within the range. */
const DAYS = { from: day("2026-05-26"), until: day("2026-06-06") };
const RANGE = `range: { between: { from: "${DAYS.from}", until: "${DAYS.until}" } }`;
const ORGANIZATION = organizationOf(3);
const NAMES = ["Atlas", "Birch", "Cedar"] as const;

/** A membership from one day on until another, by their distance from the first day of the range; null is open. */
interface Span {
  readonly team: (typeof NAMES)[number];
  readonly from: number | null;
  readonly until: number | null;
}

/** The spans of each person, by number. */
type Reorganization = readonly (readonly Span[])[];

/** Days before, within and after the range, in the order of a person's spans in one team. */
const spans = fc
  .record({
    team: fc.constantFrom(...NAMES),
    bounds: fc.uniqueArray(fc.integer({ min: -3, max: 14 }), { minLength: 2, maxLength: 4 }),
    isOpenBefore: fc.boolean(),
    isOpenAfter: fc.boolean(),
  })
  .map(({ team, bounds, isOpenBefore, isOpenAfter }): readonly Span[] => {
    const sorted = bounds.toSorted((a, b) => a - b);
    const pairs = sorted.flatMap((from, i) =>
      i % 2 === 0 && sorted[i + 1] !== undefined ? [[from, sorted[i + 1] as number] as const] : [],
    );
    return pairs.map(([from, until], i) => ({
      team,
      from: isOpenBefore && i === 0 ? null : from,
      until: isOpenAfter && i === pairs.length - 1 ? null : until,
    }));
  });

const reorganizations: fc.Arbitrary<Reorganization> = fc.array(
  fc.uniqueArray(spans, { maxLength: 3, selector: (each) => each[0]?.team }).map((each) => each.flat()),
  { minLength: USERS, maxLength: USERS },
);

const folder = mkdtempSync(join(tmpdir(), "membership-"));

const dayAt = (distance: number | null) => (distance === null ? null : addDays(DAYS.from, distance));

function fileOf(reorganization: Reorganization): string {
  const lines = ["email,team,from,until"];
  for (let i = 0; i < ORGANIZATION.personCount; i++) {
    const email = emailOf(ORGANIZATION, ORGANIZATION.person(i));
    if (email === null) continue;
    for (const { team, from, until } of reorganization[i] ?? [])
      lines.push(`${email},${team},${dayAt(from) ?? ""},${dayAt(until) ?? ""}`);
  }
  const path = join(folder, `${crypto.randomUUID()}.csv`);
  writeFileSync(path, lines.join("\n"));
  return path;
}

function gatewayOf(reorganization: Reorganization, settings: Environment = {}) {
  return gateway({
    sandbox: { users: USERS, seed: ORGANIZATION.seed },
    settings: {
      TEAMS_FILE: fileOf(reorganization),
      MAX_UPSTREAM_REQUESTS: "1000",
      MAX_ROWS: "1000000",
      ...settings,
    },
  });
}

/** The teams of a person on a day, by the reorganization alone. */
function placesIn(reorganization: Reorganization) {
  return (organization: Organization, person: Person, on: Day): readonly string[] => {
    if (emailOf(organization, person) === null) return [];
    return (reorganization[person.index] ?? [])
      .filter(
        ({ from, until }) => (dayAt(from) ?? on) <= on && (until === null || on < (dayAt(until) as Day)),
      )
      .map(({ team }) => team);
  };
}

const REPORTS = (["UNIFIED", "LEGACY"] as const).flatMap((source) =>
  (["NONE", "DAY"] as const).map((bucket) => ({ source, bucket, name: `${source}_${bucket}` })),
);

const MONEY = REPORTS.map(({ source, bucket, name }) => {
  const args = `(${RANGE}, bucket: ${bucket}, groupBy: [TEAM], source: ${source}, first: 1000)`;
  return `cost_${name}: cost${args} { nodes { from ${TEAM} requests net { cents } } overlap { net { cents } } total { net { cents } } }
    usage_${name}: usage${args} { nodes { from ${TEAM} tokens { totalTokens } } }`;
}).join("\n");

const TEAMS = `teams(${RANGE}) { overlap { net { cents } } nodes {
  teamId isUnassigned cost { net { cents } } claudeCode { commits } activity { users activity { chat { messages } claudeCode { commits } } } } }`;

describe("teams by the days of their members", () => {
  test("have the figures of each person's days alone, and add up to the organization's to the last digit", async () => {
    let moved = 0;
    await forAllAsync(
      [reorganizations],
      async (reorganization) => {
        const { ask, seen } = gatewayOf(reorganization);
        const { data, errors } = await ask(`{ ${MONEY} ${TEAMS}
          ${["NONE", "DAY"].map((bucket) => `split_${bucket}: cost(${RANGE}, bucket: ${bucket}, groupBy: [TEAM], overlap: SPLIT, first: 1000) { nodes { ${TEAM} net { cents } } }`).join("\n")}
          all: cost(${RANGE}, bucket: NONE) { total { net { cents } } }
        }`);
        expect(errors).toBeUndefined();
        if (seen.some(({ search }) => /actor_ids/.test(search))) moved++;
        const base = pieces(ORGANIZATION, "enterprise", placesIn(reorganization), DAYS);
        const spread = base.flatMap((piece) => piece.places.map((place) => ({ ...piece, place })));
        for (const { bucket, name } of REPORTS) {
          const on = (at: number) => (bucket === "NONE" ? DAYS.from : dayOf(at));
          const key = (row: Row) => `${row.from.slice(0, 10)} ${placeOf(row)}`;
          const cost = data[`cost_${name}`];
          expectSame(
            sumsBy(cost.nodes, key, ({ net }: Row) => decimal(net?.cents ?? "")),
            sumsBy(
              spread,
              ({ fact, place }) => `${on(fact.at)} ${place}`,
              ({ fact }) => centsOf(fact),
            ),
            name,
          );
          expectSame(
            sumsBy(data[`usage_${name}`].nodes, key, ({ tokens }: Row) =>
              decimalOf(tokens?.totalTokens ?? NaN),
            ),
            sumsBy(
              spread,
              ({ fact, place }) => `${on(fact.at)} ${place}`,
              ({ fact }) => decimalOf(tokensOf(fact)),
            ),
            name,
          );
          expectWhole(cost.nodes, cost.overlap, data.all.total.net.cents);
        }
        // People in several teams are in equal parts of each day, whatever the buckets.
        const split = (rows: readonly Row[]) => sumsBy(rows, placeOf, ({ net }) => decimal(net?.cents ?? ""));
        expectSame(split(data.split_NONE.nodes), split(data.split_DAY.nodes), "split");
        const teams = data.teams.nodes.filter(({ cost }: { cost: unknown }) => cost !== null);
        expectWhole(
          teams.map(({ cost }: { cost: { net: object } }) => cost),
          data.teams.overlap,
          data.all.total.net.cents,
        );
      },
      { numRuns: 4 },
    );
    expect(moved).toBeGreaterThan(0);
  });

  /** Rows less what is counted twice are the total. */
  function expectWhole(
    rows: readonly { net: { cents: string } }[],
    overlap: { net: { cents: string } },
    total: string,
  ): void {
    const all: Decimal = plus(
      sum(rows.map(({ net }) => decimal(net.cents))),
      negative(decimal(overlap.net.cents)),
    );
    expect(compare(all, decimal(total))).toBe(0);
  }

  test("have the activity and the records of each person's days alone", async () => {
    await forAllAsync(
      [reorganizations],
      async (reorganization) => {
        const { ask } = gatewayOf(reorganization);
        const ofDay = splitByDay(DAYS).map(
          ({ from, until }, i) =>
            `d${i}: users(range: { between: { from: "${from}", until: "${until}" } }, first: 1000) { nodes { userId email activity { chat { messages } claudeCode { commits } } } }`,
        );
        const { data, errors } = await ask(`{ ${TEAMS}
          claudeCodeRecords(${RANGE}, first: 1000) { nodes { date commits actor { __typename ... on UserActor { email } } } } }`);
        expect(errors).toBeUndefined();
        const { data: days } = await ask(`{ ${ofDay.join("\n")} }`);
        const places = placesByEmail(reorganization);
        const expected = new Map<string, { people: Set<string>; messages: number; commits: number }>();
        for (const [i, { from }] of splitByDay(DAYS).entries()) {
          for (const { userId, email, activity } of days[`d${i}`].nodes) {
            for (const place of places(email, from)) {
              const figures = expected.getOrInsertComputed(place, () => ({
                people: new Set(),
                messages: 0,
                commits: 0,
              }));
              figures.people.add(userId);
              figures.messages += activity.chat.messages;
              figures.commits += activity.claudeCode.commits;
            }
          }
        }
        const records = data.claudeCodeRecords.nodes as readonly {
          readonly date: Day;
          readonly commits: number;
          readonly actor: { readonly __typename: string; readonly email: string | null };
        }[];
        for (const team of data.teams.nodes) {
          const place = placeOf(team);
          const figures = expected.get(place);
          expect(team.activity?.users ?? 0, place).toBe(figures?.people.size ?? 0);
          expect(team.activity?.activity.chat.messages ?? 0, place).toBe(figures?.messages ?? 0);
          expect(team.activity?.activity.claudeCode.commits ?? 0, place).toBe(figures?.commits ?? 0);
          const own = records.filter(({ date, actor }) =>
            actor.__typename === "UserActor" ? places(actor.email, date).includes(place) : place === NOBODY,
          );
          expect(team.claudeCode?.commits ?? 0, place).toBe(
            own.reduce((all, { commits }) => all + commits, 0),
          );
        }
      },
      { numRuns: 3 },
    );
  });

  function placesByEmail(reorganization: Reorganization) {
    const people = Array.from({ length: ORGANIZATION.personCount }, (_, i) => ORGANIZATION.person(i));
    const byEmail = new Map(people.map((person) => [emailOf(ORGANIZATION, person)?.toLowerCase(), person]));
    const places = placesIn(reorganization);
    return (email: string | null, on: Day): readonly string[] => {
      const person = byEmail.get(email?.toLowerCase());
      const found = person === undefined ? [] : places(ORGANIZATION, person, on);
      return found.length === 0 ? [UNASSIGNED] : found;
    };
  }

  test("that a person joins later differ only in the days between", async () => {
    const joins = (from: number): Reorganization =>
      Array.from({ length: USERS }, (_, i) =>
        i % 3 === 0 ? [{ team: "Atlas", from, until: null }] : [{ team: "Birch", from: null, until: null }],
      );
    const rowsOf = async (from: number) => {
      const answer: Answer = await gatewayOf(joins(from)).ask(
        `{ cost(${RANGE}, bucket: DAY, groupBy: [TEAM], first: 1000) { nodes { from ${TEAM} net { cents } } } }`,
      );
      const isBetween = (row: Row) => row.from >= `${dayAt(3)}` && row.from < `${dayAt(6)}`;
      return Map.groupBy<boolean, Row>(answer.data.cost.nodes, isBetween);
    };
    const [early, late] = [await rowsOf(3), await rowsOf(6)];
    expect(late.get(false)).toEqual(early.get(false));
    expect(late.get(false)?.length).toBeGreaterThan(5);
    expect(late.get(true)).not.toEqual(early.get(true));
  });

  test("have no use of a thing by people who change teams within the range, and the ranges that work are named", async () => {
    const joins: Reorganization = Array.from({ length: USERS }, () => [
      { team: "Birch", from: null, until: 5 },
      { team: "Atlas", from: 5, until: null },
    ]);
    const { ask } = gatewayOf(joins);
    const used = (from: Day | null, until: Day | null) =>
      ask(
        `{ skills(range: { between: { from: "${from}", until: "${until}" } }, first: 3) { nodes { byTeam { team { name } users uses } } } }`,
      );
    const whole = await used(DAYS.from, DAYS.until);
    expect(whole.data.skills.nodes.map(({ byTeam }: { byTeam: null }) => byTeam)).toEqual([null, null, null]);
    expect(whole.errors?.[0]).toMatchObject({
      message: expect.stringContaining(`from ${dayAt(5)} on`),
      extensions: { code: "BAD_USER_INPUT" },
    });
    for (const [from, until, name] of [
      [DAYS.from, dayAt(5), "Birch"],
      [dayAt(5), DAYS.until, "Atlas"],
    ] as const) {
      const { data, errors } = await used(from, until);
      expect(errors).toBeUndefined();
      const names = data.skills.nodes.flatMap(({ byTeam }: { byTeam: { team: { name: string | null } }[] }) =>
        byTeam.map(({ team }) => team.name),
      );
      expect(new Set(names.filter((each: string | null) => each !== null))).toEqual(new Set([name]));
    }
  });

  test("are budgeted by the same days, and have the members of today", async () => {
    const joins: Reorganization = Array.from({ length: USERS }, (_, i) => [
      { team: "Atlas", from: i % 2 === 0 ? 170 : null, until: null },
    ]);
    const { ask } = gatewayOf(
      joins,
      withBudgets([{ name: "atlas", team: "Atlas", amountUsd: 1, thresholds: [50] }]),
    );
    const { data, errors } = await ask(`{
      budgets { spent { cents } range { from until } }
      teams(range: { period: MONTH_TO_DATE }) { nodes { teamId memberCount members(first: 100) { totalCount } cost { net { cents } } } }
      all: cost(range: { period: MONTH_TO_DATE }, groupBy: [TEAM]) { nodes { teamId net { cents } } } }`);
    expect(errors).toBeUndefined();
    const [atlas] = data.teams.nodes;
    const known = Array.from({ length: USERS }, (_, i) => emailOf(ORGANIZATION, ORGANIZATION.person(i)));
    expect(dayAt(170)).toBe("2026-11-12");
    expect(atlas.memberCount).toBe(known.filter((email) => email !== null).length);
    expect(atlas.members.totalCount).toBe(atlas.memberCount);
    expect(data.budgets[0].spent.cents).toBe(atlas.cost.net.cents);
    const unassigned = data.all.nodes.find((row: Row) => row.teamId === null);
    expect(unassigned.net.cents).not.toBe("0");
  });

  test("take no more upstream requests without days, or with days between windows, and one for the people who change within", async () => {
    const requestsOf = async (from: number | null) => {
      const all = Array.from({ length: USERS }, (_, i) =>
        i % 3 === 0 ? [{ team: "Atlas" as const, from, until: null }] : [],
      );
      const { ask, seen } = gatewayOf(all);
      const { errors, extensions } = await ask(
        `{ cost(${RANGE}, bucket: NONE, groupBy: [TEAM], source: UNIFIED) { nodes { net { cents } } } }`,
      );
      expect(errors).toBeUndefined();
      expect(extensions.upstream.requests).toBe(seen.length);
      return seen.length;
    };
    const plain = await requestsOf(null);
    expect(await requestsOf(6)).toBe(plain); // 1 June
    expect(await requestsOf(3)).toBe(plain + 1);
  });
});
