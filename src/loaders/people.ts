import type { Context } from "../context.ts";
import type { UserActivity } from "../domain/activity.ts";
import type { Day } from "../domain/day.ts";
import { type DayRange, oneDay } from "../domain/range.ts";
import type { Endpoint } from "../upstream/endpoint.ts";
import { artifactActivity } from "../upstream/endpoints/artifacts.ts";
import { userActivity } from "../upstream/endpoints/users.ts";
import { eachWhole, type Whole, walkOf, whole } from "../upstream/walk.ts";
import { loader } from "./loader.ts";

/** Everybody's activity rolled up over the range: one row a person, one walk however long the range. */
export function everyoneOver({ upstream }: Context, range: DayRange): Promise<Whole<UserActivity>> {
  return whole(walkOf(upstream, userActivity, [{ range, filter: {} }]));
}

/** Everybody's activity on each UTC day, which upstream gives one at a time. */
export const everyoneOn = byDay(userActivity, (range) => ({ range, filter: {} }));

/** The artifacts created on each UTC day, by creator. */
export const artifactsOn = byDay(artifactActivity, (range) => ({
  range,
  filter: {},
  groupBy: ["USER"] as const,
}));

/** One walk for each day, whose failure is that day's alone. */
function byDay<P, Row>(endpoint: Endpoint<P, Row>, questionOf: (day: DayRange) => P) {
  return loader(async ({ upstream }, _params: Record<never, never>, days) => {
    const walks = days.map((day) => walkOf(upstream, endpoint, [questionOf(oneDay(day as Day))]));
    const wholes = await eachWhole(upstream, walks);
    return new Map(days.map((day, i) => [day, wholes[i] as Whole<Row> | Error]));
  });
}
