import type { ReportRow } from "../../domain/bucket.ts";
import type { DayRange } from "../../domain/range.ts";
import type { BucketRow, ReportQuestion } from "../../domain/report.ts";
import type { Endpoint, EndpointKey } from "../../upstream/endpoint.ts";
import { mapPages, type PageRun, pagesOf } from "../../upstream/pages/iterate.ts";
import { type FieldRequests, requestsFor } from "../../upstream/plan.ts";
import type { Upstream } from "../../upstream/upstream.ts";

/** A REST resource that answers a report. Its pages hold rows, or time buckets with rows in them. */
export interface Resource<Measure> {
  readonly endpoint: ResourceEndpoint;
  /** Its pages hold buckets. Buckets come oldest first, with their rows in no order, and upstream may cut them. */
  readonly hasBuckets: boolean;
  /** Series come oldest first. Where pages hold rows, the rows of one bucket come largest first. */
  readonly isOrdered: boolean;
  /** Reads the rows of questions, page by page, in upstream's order. */
  readonly read: (upstream: Upstream, questions: readonly ReportQuestion[]) => PageRun<ReportRow<Measure>>;
  /** Plans the requests of questions; `ranges` are the days wanted of each. */
  readonly requests: (
    questions: readonly ReportQuestion[],
    enough: number | null,
    ranges: readonly DayRange[],
  ) => FieldRequests;
}

type ResourceEndpoint = EndpointKey & Pick<Endpoint<never, unknown>, "coverage" | "watermarked">;

/** A resource with pages of time buckets. */
export function buckets<Measure>(endpoint: Endpoint<ReportQuestion, BucketRow<Measure>>): Resource<Measure> {
  return {
    endpoint,
    hasBuckets: true,
    isOrdered: true,
    read: (upstream, questions) =>
      mapPages(pagesOf(upstream, endpoint, questions), (page) => page.rows.flatMap(({ rows }) => rows)),
    requests: (questions, enough, ranges) => requestsFor(endpoint, questions, enough, ranges),
  };
}

/** A resource with pages of rows. */
export function rows<Measure>(
  endpoint: Endpoint<ReportQuestion, ReportRow<Measure>>,
  isOrdered: boolean,
): Resource<Measure> {
  return {
    endpoint,
    hasBuckets: false,
    isOrdered,
    read: (upstream, questions) => pagesOf(upstream, endpoint, questions),
    requests: (questions, enough, ranges) => requestsFor(endpoint, questions, enough, ranges),
  };
}
