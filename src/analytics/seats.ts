import { finalityOf } from "../cache/policy.ts";
import type { Context } from "../context.ts";
import { isActive } from "../domain/activity.ts";
import { addDays, dayOf } from "../domain/day.ts";
import type { Member } from "../domain/organization.ts";
import { inPieces } from "../domain/pieces.ts";
import { type DayRange, oneDay } from "../domain/range.ts";
import { badInput, GatewayError } from "../errors.ts";
import { lastDays, reach } from "../loaders/activity/last-days.ts";
import { membersOf } from "../loaders/members.ts";
import { enterpriseMembers } from "../upstream/endpoints/members.ts";
import { activitySummaries } from "../upstream/endpoints/summaries.ts";
import { userActivity } from "../upstream/endpoints/users.ts";
import { collect, type PageProvenance, pagesOf } from "../upstream/pages/iterate.ts";
import { windowsOf } from "../upstream/pages/windows.ts";
import { type FieldRequests, requestsFor } from "../upstream/plan.ts";

/** The current members of the Enterprise organization, by what they did in some days. Every one is in one of the lists. */
export interface Seats {
  readonly active: readonly Member[];
  /** Did nothing. */
  readonly idle: readonly Member[];
  /** Did nothing either, but joined only after the first of the days. */
  readonly joinedSince: readonly Member[];
  readonly sources: readonly PageProvenance[];
}

/** So many days, of which the last is the newest that is whole: who did something on one that is counted in part is not idle. */
export async function lastCountedDays(ctx: Context, days: number): Promise<DayRange> {
  const { maxDays } = userActivity.coverage ?? { maxDays: 0 };
  if (days < 1 || days > maxDays) throw badInput(`\`days\` is ${days}; it must be from 1 to ${maxDays}.`);
  const newest = (await lastDays(ctx)).findLast(({ state }) => state !== "OPEN");
  if (newest === undefined)
    throw new GatewayError("NOT_YET_AVAILABLE", "Upstream has not fully counted any of the last days yet.", {
      dataset: "ACTIVITY_SUMMARIES",
    });
  const until = addDays(newest.date, 1);
  return windowsOf(userActivity, { from: addDays(until, -days), until }, ctx.now()).range;
}

/** Plans the requests of `lastCountedDays` and `seatsOver`; upstream may be later than it is as a rule. */
export function seatRequests(ctx: Context, days: number): readonly FieldRequests[] {
  const today = dayOf(ctx.now());
  const newest = [1, 2]
    .map((ago) => addDays(today, -ago))
    .find((day) => finalityOf("activity", oneDay(day), ctx.now() - (userActivity.lagMs ?? 0)) !== "OPEN");
  const until = addDays(newest ?? today, 1);
  return [
    requestsFor(activitySummaries, [{ range: reach(ctx, today) }]),
    requestsFor(enterpriseMembers, [{}]),
    activePeople.requests(ctx, { from: addDays(until, -days), until }),
  ];
}

export async function seatsOver(ctx: Context, range: DayRange): Promise<Seats> {
  const [members, { rows, sources }] = await Promise.all([
    membersOf(ctx, "ENTERPRISE"),
    activePeople.read(ctx, range),
  ]);
  const { turn } = ctx.upstream;
  const people = new Set<string | null>();
  await inPieces(rows, turn, ({ userId }) => people.add(userId));
  const seats = { active: [] as Member[], idle: [] as Member[], joinedSince: [] as Member[] };
  await inPieces(members, turn, (member) => {
    if (people.has(member.userId)) seats.active.push(member);
    else if (dayOf(member.addedAt) > range.from) seats.joinedSince.push(member);
    else seats.idle.push(member);
  });
  return { ...seats, sources };
}

/** Everyone with activity in the days, one row each, as upstream recounts them over the whole range. */
export const activePeople = {
  async read(ctx: Context, range: DayRange) {
    const { rows, sources } = await collect(pagesOf(ctx.upstream, userActivity, peopleOf(ctx, range)));
    const active: (typeof rows)[number][] = [];
    await inPieces(rows, ctx.upstream.turn, (row) => {
      if (row.userId !== null && isActive(row)) active.push(row);
    });
    return { rows: active, sources };
  },
  requests: (ctx: Context, range: DayRange) => requestsFor(userActivity, peopleOf(ctx, range)),
};

/** The questions of `users` over the same days, so that both are asked once. */
function peopleOf({ now }: Context, range: DayRange) {
  const { ranges } = windowsOf(userActivity, range, now());
  return ranges.map((window) => ({ range: window, filter: {}, descending: false }));
}
