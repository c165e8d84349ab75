import type { BetaAnalyticsUsageBucketedResult } from "@anthropic-ai/sdk/resources/beta/organization/analytics/analytics";
import { type Dimensions, NO_DIMENSIONS, type Span } from "../../domain/bucket.ts";
import type { Day } from "../../domain/day.ts";
import type { BucketWidth, Dimension, FilterDimension, ReportQuestion } from "../../domain/report.ts";
import { badInput } from "../../errors.ts";
import type { QueryValue } from "../endpoint.ts";
import type { Wire } from "../wire.ts";

/** How one report spells the dimensions it can split by and filter on; what is absent it cannot do. */
export interface ReportNames {
  readonly groupBy: { readonly [D in Dimension]?: string };
  readonly filter: { readonly [D in FilterDimension]?: string };
}

export const BUCKET_WIDTHS = { DAY: "1d", HOUR: "1h", MINUTE: "1m" } as const;

/** Buckets per page: upstream's maximum for each width. */
export const BUCKETS_PER_PAGE = { NONE: 31, DAY: 31, HOUR: 168, MINUTE: 256 } as const satisfies Record<
  BucketWidth,
  number
>;

export function midnight(day: Day): string {
  return `${day}T00:00:00Z`;
}

/** Range, grouping and filters as every report takes them. Both ends are always sent: a defaulted end drifts between pages. */
export function reportQuery(names: ReportNames, question: ReportQuestion): Record<string, QueryValue> {
  return {
    starting_at: midnight(question.range.from),
    ending_at: midnight(question.range.until),
    "group_by[]": question.groupBy.map((dimension) => spelled(names.groupBy, dimension)),
    ...Object.fromEntries(
      Object.entries(question.filter).map(([dimension, values]) => [
        spelled(names.filter, dimension as FilterDimension),
        values,
      ]),
    ),
  };
}

function spelled<D extends string>(names: { readonly [K in D]?: string }, dimension: D): string {
  const name = names[dimension];
  if (name === undefined) throw badInput(`This source knows no ${dimension}.`);
  return name;
}

/** The dimension columns that the Enterprise reports share. */
export const ENTERPRISE_NAMES = {
  groupBy: {
    PRODUCT: "product",
    MODEL: "model",
    CONTEXT_WINDOW: "context_window",
    INFERENCE_GEO: "inference_geo",
    SPEED: "speed",
    GROUP: "rbac_group_id",
  },
  filter: {
    USER: "user_ids[]",
    PRODUCT: "products[]",
    MODEL: "models[]",
    CONTEXT_WINDOW: "context_windows[]",
    INFERENCE_GEO: "inference_geos[]",
    SPEED: "speeds[]",
    GROUP: "rbac_group_ids[]",
  },
} as const satisfies ReportNames;

export type EnterpriseColumns = Pick<
  BetaAnalyticsUsageBucketedResult,
  "product" | "model" | "context_window" | "inference_geo" | "speed" | "rbac_group_id"
>;

export function enterpriseDimensions(w: Wire<EnterpriseColumns>): Dimensions {
  return {
    ...NO_DIMENSIONS,
    product: w.stringOrNull("product"),
    model: w.stringOrNull("model"),
    contextWindow: w.stringOrNull("context_window"),
    inferenceGeo: w.stringOrNull("inference_geo"),
    speed: w.stringOrNull("speed"),
    groupId: w.stringOrNull("rbac_group_id"),
  };
}

/** Rows of a report that was not split into buckets are about the whole range asked for. */
export function wholeRange({ range }: ReportQuestion): Span {
  return { from: Date.parse(midnight(range.from)), until: Date.parse(midnight(range.until)) };
}
