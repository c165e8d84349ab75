import type { Context } from "../context.ts";
import type { ArtifactQuestion } from "../domain/artifact.ts";
import type { Day } from "../domain/day.ts";
import type { EngagementQuestion } from "../domain/engagement.ts";
import { type DayRange, oneDay } from "../domain/range.ts";
import type { Endpoint } from "../upstream/endpoint.ts";
import { artifactActivity } from "../upstream/endpoints/artifacts.ts";
import { connectorActivity } from "../upstream/endpoints/connectors.ts";
import { skillActivity } from "../upstream/endpoints/skills.ts";
import { userActivity } from "../upstream/endpoints/users.ts";
import { type Collected, collect, collectEach, pagesOf } from "../upstream/pages/iterate.ts";
import { type FieldRequests, requestsFor } from "../upstream/plan.ts";
import { loader } from "./loader.ts";

/** The question for all people, or for all things of a kind. */
function everyone(range: DayRange): EngagementQuestion {
  return { range, filter: {} };
}

/** The question about all artifacts of a day, by creator. */
function byCreator(range: DayRange): ArtifactQuestion {
  return { range, filter: {}, groupBy: ["USER"] };
}

/** Activity of all people, rolled up over a range: one row per person. */
export const everyoneOver = overRange(userActivity);

/** All connectors, and all skills, over a range: one row each. */
export const connectorsOver = overRange(connectorActivity);
export const skillsOver = overRange(skillActivity);

/** One run of pages however long the range, with its plan. */
function overRange<Row>(endpoint: Endpoint<EngagementQuestion, Row>) {
  return {
    dataset: endpoint.dataset,
    read: ({ upstream }: Context, range: DayRange): Promise<Collected<Row>> =>
      collect(pagesOf(upstream, endpoint, [everyone(range)])),
    requests: (range: DayRange): FieldRequests => requestsFor(endpoint, [everyone(range)]),
  };
}

/** Activity of all people on each UTC day; upstream serves one day at a time. */
export const everyoneOn = byDay(userActivity, everyone);

/** The artifacts created on each UTC day, by creator. */
export const artifactsOn = byDay(artifactActivity, byCreator);

/** Reads one page run per day, with its plan; a failed day does not affect the others. */
function byDay<P, Row>(endpoint: Endpoint<P, Row>, questionOf: (day: DayRange) => P) {
  const rows = loader(async ({ upstream }, _params: Record<never, never>, days) => {
    const runs = days.map((day) => pagesOf(upstream, endpoint, [questionOf(oneDay(day as Day))]));
    const collected = await collectEach(runs);
    return new Map(days.map((day, i) => [day, collected[i] as Collected<Row> | Error]));
  });
  const requests = (days: readonly DayRange[]): FieldRequests => requestsFor(endpoint, days.map(questionOf));
  return Object.assign(rows, { dataset: endpoint.dataset, requests });
}
