import type { Context } from "../context.ts";
import { isActive, type UserActivityRow } from "../domain/activity.ts";
import { ActivitySum } from "../domain/activity-sum.ts";
import { CodeSum, type SumOfRecords } from "../domain/claude-code.ts";
import type { EngagementQuestion } from "../domain/engagement.ts";
import type { SpendAmounts } from "../domain/money.ts";
import type { OrganizationKind } from "../domain/organization.ts";
import { inPieces } from "../domain/pieces.ts";
import { type DayRange, splitAt } from "../domain/range.ts";
import {
  NO_PERSON,
  type Overlap,
  type PersonKeys,
  type Placement,
  personKey,
  placementKey,
  type Teams,
} from "../domain/team.ts";
import { isShownOf } from "../domain/viewer.ts";
import { unseen } from "../errors.ts";
import { codeDayRequests, recordsOfDays } from "../loaders/claude-code.ts";
import { loader } from "../loaders/loader.ts";
import { shownPlacements, teamRequests, teamsNow } from "../loaders/teams.ts";
import { MAX_FILTERS } from "../upstream/endpoints/engagement-query.ts";
import { userActivity } from "../upstream/endpoints/users.ts";
import { collect, pagesOf } from "../upstream/pages/iterate.ts";
import { type Covered, windowsOf } from "../upstream/pages/windows.ts";
import { type FieldRequests, requestsFor, requestsOfChanges } from "../upstream/plan.ts";
import { costReport } from "./cost.ts";
import { answerBy } from "./report/answer.ts";
import { plansFor, type ReportPlans } from "./report/plan.ts";
import { overlapOf, rankByTeam } from "./team-report.ts";

/** A question about what teams cost. */
export interface TeamSpendQuestion {
  readonly organization: OrganizationKind;
  readonly range: DayRange;
  readonly overlap: Overlap;
}

/**
 * Spend of the people of each placement over the range. Null: none. Throws FORBIDDEN where the group is too small for the
 * viewer.
 */
export const spendOfTeam = loader(async (ctx, question: TeamSpendQuestion) => {
  const plans = await plansOf(ctx, question);
  const { rows } = await answerBy(ctx.upstream, plans, (plan) => rankByTeam(ctx, plan));
  const isPlaceShown = await shownPlacements(ctx, question.range);
  return new Map(
    rows.flatMap(({ team, measure, groupSize }): [string, SpendAmounts | Error][] => {
      if (team === null) return [];
      const isShown = isPlaceShown(team) && (groupSize?.isEnough ?? true);
      return [[placementKey(team), isShown ? measure : unseen(OF_FEW)]];
    }),
  );
});

const OF_FEW = "Activity of so few people of a team";

/** Amount that is counted in more than one team. Null: no cost. */
export async function spendOverlap(ctx: Context, question: TeamSpendQuestion): Promise<SpendAmounts | null> {
  return answerBy(ctx.upstream, await plansOf(ctx, question), (plan) => overlapOf(ctx, plan));
}

async function plansOf(
  ctx: Context,
  { organization, range, overlap }: TeamSpendQuestion,
): Promise<ReportPlans<SpendAmounts>> {
  await teamsNow(ctx); // a refusal of the groups is none of the reports
  const question = { range, bucket: "NONE", groupBy: ["TEAM"], filter: {}, overlap } as const;
  return plansFor(ctx.upstream, costReport, { organization, source: "AUTO" }, question, ctx.now());
}

/** Activity of people, added up. */
export interface PeopleActivity {
  /** How many they are. */
  readonly people: number;
  readonly activity: UserActivityRow;
}

/**
 * Activity of the people of each placement over the range, from one page run over all people. Null: none. Throws as
 * `spendOfTeam`.
 */
export const activityOfTeam = Object.assign(
  loader(async (ctx, { range }: { range: DayRange }) => {
    const teams = await teamsNow(ctx);
    const { upstream } = ctx;
    const active = new ByPlacement(() => new ActivitySum(), ctx);
    const questions: EngagementQuestion[] = [];
    for (const question of windowQuestions(userActivity, range, ctx)) {
      const { range: window } = question;
      const { rows } = await collect(pagesOf(upstream, userActivity, [question]));
      const moving: PersonKeys[] = [];
      await inPieces(rows, upstream.turn, (row) => {
        if (!isActive(row)) return;
        const person = personIn(row);
        const places = teams.placesThroughout(person, window);
        if (places === null) moving.push(person);
        else active.add(places, person, row);
      });
      questions.push(...questionsBetweenChanges(teams, moving, window));
    }
    const between = await Promise.all(
      questions.map((each) => collect(pagesOf(upstream, userActivity, [each]))),
    );
    for (const [i, { range }] of questions.entries()) {
      for (const row of between[i]?.rows ?? []) {
        if (isActive(row)) active.add(teams.placesOf(personIn(row), range.from), personIn(row), row);
      }
    }
    const isPlaceShown = await shownPlacements(ctx, range);
    return new Map(
      [...active.sums].flatMap(([key, { place, sum, people }]): [string, PeopleActivity | Error][] => {
        const { activity } = sum;
        if (activity === null) return [];
        const isShown = isPlaceShown(place) && isShownOf(ctx.viewer, people.size);
        return [[key, isShown ? { people: people.size, activity } : unseen(OF_FEW)]];
      }),
    );
  }),
  {
    requests: (ctx: Context, range: DayRange): readonly FieldRequests[] => [
      requestsFor(userActivity, windowQuestions(userActivity, range, ctx)),
      ...requestsBetweenChanges(ctx, windowQuestions(userActivity, range, ctx)),
      ...teamRequests(ctx),
    ],
  },
);

/** One question for each piece of the days. */
export function windowQuestions(
  endpoint: Covered,
  range: DayRange,
  { now }: Context,
): { readonly range: DayRange }[] {
  return windowsOf(endpoint, range, now()).ranges.map((window) => ({ range: window }));
}

function personIn({ userId, email, formerEmail }: UserActivityRow): PersonKeys {
  return { userId, email: email ?? formerEmail ?? null };
}

/**
 * Questions about people who change teams within a window, one for each of the ranges between their changes: upstream adds up a range,
 * and states no days of it.
 */
function questionsBetweenChanges(
  teams: Teams,
  people: readonly PersonKeys[],
  window: DayRange,
): EngagementQuestion[] {
  return Array.from({ length: Math.ceil(people.length / MAX_FILTERS) }, (_, i) =>
    people.slice(i * MAX_FILTERS, (i + 1) * MAX_FILTERS),
  ).flatMap((some) => {
    const changes = new Set(some.flatMap((person) => teams.changesOf(person, window)));
    const users = some.flatMap(({ userId }) => userId ?? []).sort();
    return splitAt(window, [...changes].sort()).map((range) => ({ range, filter: { users } }));
  });
}

function requestsBetweenChanges(
  { orgDirectory: { teams } }: Context,
  windows: readonly { readonly range: DayRange }[],
): readonly FieldRequests[] {
  return requestsOfChanges(
    userActivity,
    windows.map(({ range }) => {
      const { days, people } = teams?.changesIn(range) ?? NO_CHANGES;
      return { range, requests: Math.ceil(people / MAX_FILTERS) * (days.length + 1) };
    }),
  );
}

const NO_CHANGES: ReturnType<Teams["changesIn"]> = { days: [], people: 0 };

/**
 * The Claude Code records of each placement over the range, added up; records of keys belong to no person. Null: none. Throws as
 * `spendOfTeam`.
 */
export const codeOfTeam = Object.assign(
  loader(async (ctx, { range }: { range: DayRange }) => {
    const teams = await teamsNow(ctx);
    const { rows } = await recordsOfDays(ctx, range);
    const records = new ByPlacement(() => new CodeSum(), ctx);
    await inPieces(rows, ctx.upstream.turn, (record) => {
      const { actor } = record;
      const person = actor.kind === "user" ? { userId: null, email: actor.email } : null;
      records.add(person === null ? [NO_PERSON] : teams.placesOf(person, record.date), person, record);
    });
    const isPlaceShown = await shownPlacements(ctx, range);
    return new Map(
      [...records.sums].map(([key, { place, sum, added, people }]): [string, SumOfRecords | Error] => {
        const isShown = isPlaceShown(place) && (people.size === 0 || isShownOf(ctx.viewer, people.size));
        return [key, isShown ? { ...sum.totals, records: added } : unseen(OF_FEW)];
      }),
    );
  }),
  {
    requests: (ctx: Context, range: DayRange): readonly FieldRequests[] => [
      codeDayRequests(ctx, range),
      ...teamRequests(ctx),
    ],
  },
);

/** Sums by placement, with the people behind each. */
export class ByPlacement<Row, Sum extends { add(row: Row): void }> {
  readonly sums = new Map<
    string,
    { readonly place: Placement; readonly sum: Sum; readonly people: Set<string>; added: number }
  >();
  readonly #start: () => Sum;
  readonly #ctx: Context;

  constructor(start: () => Sum, ctx: Context) {
    this.#start = start;
    this.#ctx = ctx;
  }

  /** Adds a row to each of the placements of its person; null: it is of no person. */
  add(places: readonly Placement[], person: PersonKeys | null, row: Row): void {
    for (const place of places) {
      const placed = this.sums.getOrInsertComputed(placementKey(place), () => ({
        place,
        sum: this.#start(),
        people: new Set(),
        added: 0,
      }));
      placed.sum.add(row);
      placed.added++;
      if (person !== null) placed.people.add(personKey(person, this.#ctx.orgDirectory.aliases));
    }
  }
}
