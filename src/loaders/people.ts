import type { Context } from "../context.ts";
import type { UserActivityRow } from "../domain/activity.ts";
import type { ArtifactQuestion } from "../domain/artifact.ts";
import type { Day } from "../domain/day.ts";
import type { EngagementQuestion } from "../domain/engagement.ts";
import { type DayRange, oneDay } from "../domain/range.ts";
import type { Endpoint } from "../upstream/endpoint.ts";
import { artifactActivity } from "../upstream/endpoints/artifacts.ts";
import { userActivity } from "../upstream/endpoints/users.ts";
import { type Collected, collect, collectEach, pagesOf } from "../upstream/pages/iterate.ts";
import { loader } from "./loader.ts";

/** The question about everybody, or about all things of a kind. */
export function everyone(range: DayRange): EngagementQuestion {
  return { range, filter: {} };
}

/** The question about all artifacts of a day, by creator. */
export function byCreator(range: DayRange): ArtifactQuestion {
  return { range, filter: {}, groupBy: ["USER"] };
}

/** Everybody's activity rolled up over the range: one row a person, one walk however long the range. */
export function everyoneOver({ upstream }: Context, range: DayRange): Promise<Collected<UserActivityRow>> {
  return collect(pagesOf(upstream, userActivity, [everyone(range)]));
}

/** Everybody's activity on each UTC day, which upstream gives one at a time. */
export const everyoneOn = byDay(userActivity, everyone);

/** The artifacts created on each UTC day, by creator. */
export const artifactsOn = byDay(artifactActivity, byCreator);

/** One walk for each day, whose failure is that day's alone. */
function byDay<P, Row>(endpoint: Endpoint<P, Row>, questionOf: (day: DayRange) => P) {
  return loader(async ({ upstream }, _params: Record<never, never>, days) => {
    const runs = days.map((day) => pagesOf(upstream, endpoint, [questionOf(oneDay(day as Day))]));
    const collected = await collectEach(runs);
    return new Map(days.map((day, i) => [day, collected[i] as Collected<Row> | Error]));
  });
}
