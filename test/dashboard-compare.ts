import { expect } from "vitest";
import {
  addDays,
  type Day,
  day,
  dayOf,
  startOfMonth,
  startOfQuarter,
  startOfYear,
} from "../src/domain/day.ts";
import { compare, type Decimal, parseDecimal } from "../src/domain/decimal.ts";
import { type DayRange, splitByDay } from "../src/domain/range.ts";
import { SCALE } from "../src/sandbox/ledger/prices.ts";
import { type CodeRecord, daysUntil, FIRST, total, truthAt } from "./dashboard-truth.ts";
import type { gateway } from "./gateway.ts";

const PERIODS = [
  "LAST_7_DAYS",
  "LAST_30_DAYS",
  "LAST_90_DAYS",
  "LAST_365_DAYS",
  "MONTH_TO_DATE",
  "QUARTER_TO_DATE",
  "YEAR_TO_DATE",
] as const;
type Period = (typeof PERIODS)[number];

const each = (periods: readonly Period[], field: string, selection: string) =>
  periods
    .map((period) => `${field}_${period}: ${field}(period: ${period}) { range { from until } ${selection} }`)
    .join(" ");
const COUNT = "{ value before change relativeChange reason }";
const MONEY = "net { cents } list { cents } requests";

/** Every number of the dashboard. */
const EVERYTHING = `{ dashboard {
  usage {
    latest { ...Usage }
    byDay { range { from until } days { ...Usage } }
  }
  featureAdoption {
    byDay { range { from until } days { date conversations ${COUNT} messagesPerConversation ${COUNT} projectsCreated ${COUNT} projectCreators ${COUNT} artifactsCreated ${COUNT} artifactCreators ${COUNT} } }
    ${each(PERIODS, "topUsersByProjects", "users { count user { userId } }")}
    ${each(PERIODS, "topUsersByArtifacts", "users { count user { userId } }")}
    ${each(PERIODS, "topConnectors", "connectors { name users }")}
    ${each(PERIODS, "topSkills", "skills { name users }")}
  }
  spend {
    ${["monthToDate", "quarterToDate", "yearToDate"].map((name) => `${name} { range { from until } total { ${MONEY} } organization }`).join(" ")}
    ${each(PERIODS, "byModel", `total { ${MONEY} } models { model shareOfTotal cost { ${MONEY} } }`)}
    ${each(["MONTH_TO_DATE", "QUARTER_TO_DATE", "LAST_7_DAYS"], "topUsers", `total { ${MONEY} } users { shareOfTotal user { userId } cost { ${MONEY} } }`)}
  }
  claudeAi {
    byDay { range { from until } days { date activeUsers conversations chatUsers chatShare projectsCreated projectCreators projectShare artifactsCreated artifactCreators artifactShare } }
    ${each(PERIODS, "total", "conversations chatUsers messages projectsCreated projectCreators artifactsCreated artifactCreators")}
  }
  claudeCode {
    byDay { range { from until } days { date sessions linesAdded commits pullRequests users estimated { cents } costPerUser { cents } toolActions { tool accepted rejected acceptanceRate } models { model estimated { cents } } } }
    leaderboard { range { from until } leaders { email linesAdded sessions commits pullRequests } }
    byCost: leaderboard(by: ESTIMATED) { leaders { email estimated { cents } } }
    spendByModel { models { model estimated { cents } } }
    membersByDay { range { from until } days { date users sessions linesAdded commits pullRequests toolActions { tool accepted rejected acceptanceRate } } }
  }
} }
fragment Usage on ActivityDay { date dailyActiveUsers weeklyActiveUsers monthlyActiveUsers utilization seats pendingInvites }`;

/** An answer as JSON is: loose. */
// biome-ignore lint/suspicious/noExplicitAny: a test knows the shape of what it asked for
type Json = any;

/** Compares every number of the dashboard with the base table; answers with the paths that could not be told, and why. */
export async function expectTruth(
  { ask, organization }: ReturnType<typeof gateway>,
  instant: string,
): Promise<Record<string, string>> {
  const now = Date.parse(instant);
  const truth = truthAt(organization, now);
  const today = dayOf(now);
  /** A day is whole by five in the afternoon of the next. */
  const newest = addDays(dayOf(now - 17 * 3_600_000), -1);
  const { data, errors } = await ask(EVERYTHING);
  const refused = Object.fromEntries(
    (errors ?? []).map(({ path, extensions }) => [(path ?? []).slice(1).join("."), extensions.code]),
  );
  const { usage, featureAdoption, spend, claudeAi, claudeCode } = data.dashboard;
  const week = rangeOf("LAST_7_DAYS", addDays(newest, 1), today);

  const told = <T>(path: string, answer: T | null, check: (answer: T) => void) => {
    if (answer === null) expect(refused[path], `${path} is null without a reason`).toBeDefined();
    else check(answer);
  };

  told("usage.latest", usage.latest, (latest: Json) => {
    expect(latest.date).toBe(newest);
    expect(latest).toEqual(usage.byDay.days.at(-1));
  });
  told("usage.byDay", usage.byDay, ({ range, days }: Json) => {
    expect(range.until).toBe(addDays(newest, 1));
    expect(days.map(({ date }: Json) => date)).toEqual(datesOf(range));
    for (const shown of days) {
      expect(shown).toMatchObject({
        dailyActiveUsers: truth.active(daysUntil(shown.date, 1)),
        weeklyActiveUsers: truth.active(daysUntil(shown.date, 7)),
        monthlyActiveUsers: truth.active(daysUntil(shown.date, 30)),
        seats: truth.seats,
        pendingInvites: truth.pendingInvites,
      });
      expectRatio(shown.utilization, shown.weeklyActiveUsers, truth.seats);
    }
  });

  told("featureAdoption.byDay", featureAdoption.byDay, ({ range, days }: Json) => {
    expect(range).toEqual(week);
    expect(days.map(({ date }: Json) => date)).toEqual(datesOf(week));
    for (const { date, ...figures } of days) {
      const [own, before] = [oneDay(date), oneDay(addDays(date, -1))];
      const [chat, priorChat] = [truth.chat(own), truth.chat(before)];
      const [made, priorMade] = [truth.artifacts(own), truth.artifacts(before)];
      const isFirst = date === FIRST;
      const prior = (count: number) => (isFirst ? null : ([count, 1] as const));
      expectChange(figures.conversations, [chat.conversations, 1], prior(priorChat.conversations), isFirst);
      expectChange(
        figures.messagesPerConversation,
        [chat.messages, chat.conversations],
        isFirst ? null : [priorChat.messages, priorChat.conversations],
        isFirst,
        false,
      );
      expectChange(
        figures.projectsCreated,
        [chat.projectsCreated, 1],
        prior(priorChat.projectsCreated),
        isFirst,
      );
      expectChange(
        figures.projectCreators,
        [chat.projectCreators, 1],
        prior(priorChat.projectCreators),
        isFirst,
      );
      expectChange(figures.artifactsCreated, [made.created, 1], prior(priorMade.created), isFirst);
      expectChange(figures.artifactCreators, [made.creators, 1], prior(priorMade.creators), isFirst);
    }
  });

  for (const period of PERIODS) {
    const range = rangeOf(period, addDays(newest, 1), today);
    const at = (field: string, check: (answer: Json) => void) =>
      told(`featureAdoption.${field}_${period}`, featureAdoption[`${field}_${period}`], (answer) => {
        expect(answer.range, `${field} ${period}`).toEqual(range);
        check(answer);
      });
    const pairs = (users: Json) => users.map(({ user, count }: Json) => [user.userId, count]);
    at("topUsersByArtifacts", ({ users }) =>
      expect(pairs(users)).toEqual(
        truth
          .leaders(range, (did) => total(did, ({ engagement }) => engagement?.artifacts.length ?? 0))
          .slice(0, 10),
      ),
    );
    // An estimate within 2 %, which for fewer than fifty projects is none at all.
    at("topUsersByProjects", ({ users }) =>
      expect(pairs(users)).toEqual(
        truth
          .leaders(range, (did) => new Set(did.flatMap(({ engagement }) => projectOf(engagement))).size)
          .slice(0, 10),
      ),
    );
    at("topConnectors", ({ connectors }) =>
      expect(connectors.map(({ name, users }: Json) => [name, users])).toEqual(
        truth.used(range, "connector").slice(0, 10),
      ),
    );
    at("topSkills", ({ skills }) =>
      expect(skills.map(({ name, users }: Json) => [name, users])).toEqual(
        truth.used(range, "skill").slice(0, 10),
      ),
    );
    told(
      `claudeAi.total_${period}`,
      claudeAi[`total_${period}`],
      ({ range: shown, conversations, ...counts }: Json) => {
        expect(shown).toEqual(range);
        const { conversations: exact, ...rest } = truth.chat(range);
        expect(counts).toEqual(rest);
        expect(Math.abs(conversations - exact)).toBeLessThanOrEqual(
          range.until === addDays(range.from, 1) ? 0 : exact * 0.02,
        );
      },
    );
  }

  told("claudeAi.byDay", claudeAi.byDay, ({ range, days }: Json) => {
    expect(range).toEqual(week);
    for (const { date, activeUsers, chatShare, projectShare, artifactShare, ...counts } of days) {
      const { messages: _, ...chat } = truth.chat(oneDay(date));
      expect(counts).toEqual(chat);
      expect(activeUsers).toBe(truth.active([date]));
      expectRatio(chatShare, chat.chatUsers, activeUsers);
      expectRatio(projectShare, chat.projectCreators, activeUsers);
      expectRatio(artifactShare, chat.artifactCreators, activeUsers);
    }
  });

  const tomorrow = addDays(today, 1);
  const toDate = {
    monthToDate: "MONTH_TO_DATE",
    quarterToDate: "QUARTER_TO_DATE",
    yearToDate: "YEAR_TO_DATE",
  } as const;
  for (const [name, period] of Object.entries(toDate))
    told(`spend.${name}`, spend[name], ({ range, total: shown, organization: whose }: Json) => {
      expect([range, whose]).toEqual([rangeOf(period, tomorrow, today), "enterprise"]);
      expectSpend(shown, truth.spend(range).total);
    });
  for (const period of PERIODS)
    told(`spend.byModel_${period}`, spend[`byModel_${period}`], ({ range, total: shown, models }: Json) => {
      expect(range).toEqual(spendRangeOf(period, today));
      const exact = truth.spend(range);
      expectSpend(shown, exact.total);
      expect(new Set(models.map(({ model }: Json) => model))).toEqual(new Set(exact.models.keys()));
      for (const { model, shareOfTotal: share, cost: own } of models) {
        const sums = exact.models.get(model) as NonNullable<ReturnType<typeof exact.models.get>>;
        expectSpend(own, sums);
        expectRatio(share, sums.net, exact.total.net);
      }
    });
  for (const period of ["MONTH_TO_DATE", "QUARTER_TO_DATE", "LAST_7_DAYS"] as const)
    told(`spend.topUsers_${period}`, spend[`topUsers_${period}`], ({ range, total: shown, users }: Json) => {
      expect(range).toEqual(spendRangeOf(period, today));
      const exact = truth.spend(range);
      expectSpend(shown, exact.total);
      const most = exact.people.slice(0, 10);
      expect(users.map(({ user }: Json) => user.userId)).toEqual(most.map(({ userId }) => userId));
      for (const [i, { shareOfTotal: share, cost: own }] of users.entries()) {
        const sums = most[i] as (typeof most)[number];
        expectSpend(own, sums);
        expectRatio(share, sums.net, exact.total.net);
      }
    });

  const over = dayOf(now - 3_600_000);
  const codeWeek = { from: addDays(over, -7), until: over };
  const records = truth.codeRecords(codeWeek);
  expect(claudeCode.byDay.range).toEqual(codeWeek);
  expect(claudeCode.byDay.days.map(({ date }: Json) => date)).toEqual(datesOf(codeWeek));
  for (const { date, ...shown } of claudeCode.byDay.days)
    expectCode(
      shown,
      records.filter((each) => each.date === date),
    );
  const people = [
    ...Map.groupBy(
      records.filter(({ email }) => email !== null),
      ({ email }) => email as string,
    ),
  ];
  expect(claudeCode.leaderboard.leaders).toEqual(
    people
      .map(([email, own]) => ({ email, ...countsOf(own) }))
      .filter(({ linesAdded }) => linesAdded > 0)
      .sort((a, b) => b.linesAdded - a.linesAdded || (a.email < b.email ? -1 : 1))
      .slice(0, 10),
  );
  const costs = people
    .map(([email, own]) => ({ email, units: sumOf(own.flatMap(({ models }) => [...models.values()])) }))
    .sort((a, b) => (a.units < b.units ? 1 : a.units > b.units ? -1 : a.email < b.email ? -1 : 1))
    .slice(0, 10);
  expect(claudeCode.byCost.leaders.map(({ email }: Json) => email)).toEqual(costs.map(({ email }) => email));
  for (const [i, { estimated }] of claudeCode.byCost.leaders.entries())
    expectCents(estimated.cents, costs[i]?.units ?? 0n, 4);
  expectModels(claudeCode.spendByModel.models, records);

  told("claudeCode.membersByDay", claudeCode.membersByDay, ({ range, days }: Json) => {
    expect(range).toEqual(week);
    for (const { date, toolActions: tools, ...counts } of days) {
      const { accepted, rejected, linesAdded, ...exact } = truth.memberCode(oneDay(date));
      expect(counts).toEqual({ ...exact, linesAdded: linesAdded });
      expectTools(tools, accepted, rejected);
    }
  });
  return refused;
}

/** The days of a period of spend, by hand: a number of days ends with yesterday and is cut at 364 days before today. */
function spendRangeOf(period: Period, today: Day): DayRange {
  if (!period.startsWith("LAST_")) return rangeOf(period, addDays(today, 1), today);
  const { from, until } = rangeOf(period, today, today);
  const earliest = addDays(today, -364);
  return { from: from < earliest ? earliest : from, until };
}

/** The days of a period of activity, by hand. */
function rangeOf(period: Period, until: Day, today: Day): DayRange {
  const lengths: Partial<Record<Period, number>> = {
    LAST_7_DAYS: 7,
    LAST_30_DAYS: 30,
    LAST_90_DAYS: 90,
    LAST_365_DAYS: 365,
  };
  const length = lengths[period];
  if (length !== undefined) {
    const from = addDays(until, -length);
    return { from: from < FIRST ? FIRST : from, until };
  }
  const begins = { MONTH_TO_DATE: startOfMonth, QUARTER_TO_DATE: startOfQuarter, YEAR_TO_DATE: startOfYear };
  return { from: begins[period as keyof typeof begins](today), until };
}

function oneDay(date: Day): DayRange {
  return { from: day(date), until: addDays(date, 1) };
}

function datesOf(range: DayRange): Day[] {
  return splitByDay(range).map(({ from }) => from);
}

function projectOf(
  engagement: { readonly surface: string; readonly project: number | null } | null,
): number[] {
  return engagement?.surface === "chat" && engagement.project !== null ? [engagement.project] : [];
}

type Pair = readonly [numerator: number | bigint, denominator: number | bigint];

/** A decimal of six places is the nearest to the exact ratio, and null where there is none. */
function expectRatio(text: string | null, numerator: number | bigint, denominator: number | bigint): void {
  const [over, under] = [BigInt(numerator), BigInt(denominator)];
  if (under === 0n) {
    expect(text).toBeNull();
    return;
  }
  const { units, scale } = decimal(text ?? "");
  expect(scale).toBe(12);
  const off = units * under - over * 10n ** 12n;
  expect(
    2n * (off < 0n ? -off : off) <= (under < 0n ? -under : under),
    `${text} is not ${over}/${under}`,
  ).toBe(true);
}

/** A count is a ratio to one that reads as a number. */
function expectChange(
  figure: Json,
  [value, per]: Pair,
  before: Pair | null,
  isFirst: boolean,
  isCount = true,
): void {
  const expectValue = (shown: Json, [over, under]: Pair) =>
    isCount ? expect(shown).toBe(over) : expectRatio(shown, over, under);
  expectValue(figure.value, [value, per]);
  if (before === null || BigInt(before[1]) === 0n || BigInt(per) === 0n) {
    expect(figure).toMatchObject({
      change: null,
      relativeChange: null,
      reason: isFirst ? "NOT_COVERED" : "NOT_MEASURED",
    });
    return;
  }
  const [a, b, c, d] = [value, per, ...before].map(BigInt) as [bigint, bigint, bigint, bigint];
  expectValue(figure.before, before);
  expectValue(figure.change, [isCount ? Number(a - c) : a * d - c * b, isCount ? 1 : b * d]);
  expectRatio(figure.relativeChange, a * d - c * b, c * b);
  expect(figure.reason).toBe(c === 0n ? "ZERO_BEFORE" : null);
}

function expectSpend(shown: Json, exact: { net: bigint; list: bigint; requests: number }): void {
  expectCents(shown.net.cents, exact.net, SCALE);
  expectCents(shown.list.cents, exact.list, SCALE);
  expect(shown.requests).toBe(exact.requests);
}

function expectCents(shown: string, units: bigint, scale: number): void {
  expect(compare(decimal(shown), { units, scale }), `${shown} is not ${units}e-${scale}`).toBe(0);
}

function decimal(text: string): Decimal {
  const parsed = parseDecimal(text);
  if (parsed === null) throw new Error(`not a decimal: ${text}`);
  return parsed;
}

function countsOf(records: readonly CodeRecord[]) {
  return {
    linesAdded: total(records, ({ linesAdded }) => linesAdded),
    sessions: total(records, ({ sessions }) => sessions),
    commits: total(records, ({ commits }) => commits),
    pullRequests: total(records, ({ pullRequests }) => pullRequests),
  };
}

function expectCode(shown: Json, records: readonly CodeRecord[]): void {
  expect(shown).toMatchObject(countsOf(records));
  const own = records.filter(({ email }) => email !== null);
  const users = new Set(own.map(({ email }) => email)).size;
  expect(shown.users).toBe(users);
  const cost = (of: readonly CodeRecord[]) => sumOf(of.flatMap(({ models }) => [...models.values()]));
  expectCents(shown.estimated.cents, cost(records), 4);
  expectRatio(shown.costPerUser?.cents ?? null, cost(own), BigInt(users) * 10_000n);
  const sum = (what: "accepted" | "rejected") => {
    const tools: Record<string, number> = {};
    for (const record of records)
      for (const [tool, count] of Object.entries(record[what])) tools[tool] = (tools[tool] ?? 0) + count;
    return tools;
  };
  if (records.length > 0) expectTools(shown.toolActions, sum("accepted"), sum("rejected"));
  expectModels(shown.models, records);
}

function expectModels(shown: Json, records: readonly CodeRecord[]): void {
  const exact = new Map<string, bigint>();
  for (const [model, units] of records.flatMap(({ models }) => [...models]))
    exact.set(model, (exact.get(model) ?? 0n) + units);
  expect(new Set(shown.map(({ model }: Json) => model))).toEqual(new Set(exact.keys()));
  for (const { model, estimated } of shown) expectCents(estimated.cents, exact.get(model) ?? 0n, 4);
}

function expectTools(shown: Json, accepted: Record<string, number>, rejected: Record<string, number>): void {
  for (const { tool, acceptanceRate, ...counts } of shown) {
    expect(counts).toEqual({ accepted: accepted[tool], rejected: rejected[tool] });
    const all = counts.accepted + counts.rejected;
    expectRatio(acceptanceRate, counts.accepted, all);
  }
}

function sumOf(units: readonly bigint[]): bigint {
  return units.reduce((all, unit) => all + unit, 0n);
}
