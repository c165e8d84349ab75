import type { ReportRow, Span } from "./bucket.ts";
import type { DayRange } from "./range.ts";
import type { Overlap } from "./team.ts";

/** Dimensions of a cost or usage report. */
export type Dimension =
  | "ORGANIZATION"
  | "PRODUCT"
  | "MODEL"
  | "USER"
  | "TEAM"
  | "CONTEXT_WINDOW"
  | "INFERENCE_GEO"
  | "SPEED"
  | "SERVICE_TIER"
  | "COST_TYPE"
  | "TOKEN_TYPE"
  | "DESCRIPTION"
  | "GROUP"
  | "SLACK_CHANNEL"
  | "CLAUDE_TAG_CATEGORY"
  | "CLAUDE_TAG_USER"
  | "WORKSPACE"
  | "API_KEY"
  | "SERVICE_ACCOUNT"
  | "ACTOR"
  | "ACTOR_TYPE"
  | "AGENT"
  | "DEPLOYMENT"
  | "ENVIRONMENT"
  | "SESSION"
  | "USER_PROFILE";

/** Values to keep of a dimension: any of a list, all of the lists. */
export type Filter = { readonly [D in FilterDimension]?: readonly string[] };

export type FilterDimension = Exclude<Dimension, "TEAM" | "COST_TYPE" | "TOKEN_TYPE" | "DESCRIPTION">;

/** Length of a bucket. NONE: one row per group for the whole range. */
export type BucketWidth = "NONE" | "DAY" | "HOUR" | "MINUTE";

/** A question to a cost or usage report. */
export interface ReportQuestion {
  readonly range: DayRange;
  readonly bucket: BucketWidth;
  readonly groupBy: readonly Dimension[];
  readonly filter: Filter;
  /** Beside the filter, any of these; upstream cannot be asked that, so that rows are picked by what they are split by. */
  readonly any?: readonly Filter[];
  /** Split by TEAM only. */
  readonly overlap?: Overlap;
  /** Rows are put into teams by the addresses in them. */
  readonly isJoinedByAddress?: true;
}

/** One time bucket with the groups in it. */
export interface BucketRow<Measure> extends Span {
  readonly rows: readonly ReportRow<Measure>[];
}
