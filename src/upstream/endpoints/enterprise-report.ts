import type { BetaAnalyticsUsageBucketedResult } from "@anthropic-ai/sdk/resources/beta/organization/analytics/analytics";
import { type Dimensions, NO_DIMENSIONS, type Span } from "../../domain/bucket.ts";
import { startOf } from "../../domain/day.ts";
import type { ReportQuestion } from "../../domain/report.ts";
import type { ReportNames } from "../dimension-names.ts";
import type { Wire } from "../http/wire.ts";
import { FRESH, REPORTS } from "./coverage.ts";
import {
  ANY_BUCKET,
  type Bounds,
  BUCKETS_PER_PAGE,
  reportQuery,
  spanOf,
  unmaskedReport,
  widthOf,
} from "./report-query.ts";
import { NAME_KEYS } from "./report-user.ts";

/** Common parts of the four Enterprise reports. */
const report = {
  buckets: ANY_BUCKET,
  key: "analytics",
  scope: "read:analytics",
  paging: "report",
  rangeOf: ({ range }: ReportQuestion) => range,
  coverage: REPORTS,
  subject: "money",
  watermarked: true,
  freshSeconds: FRESH.reports,
  unmasked: unmaskedReport,
} as const;

/** A report split by time, with pages of buckets. */
export const bucketedReport = (names: ReportNames) =>
  ({
    ...report,
    report: withoutPeople(names),
    pageSize: ({ bucket }: ReportQuestion) => BUCKETS_PER_PAGE[bucket],
    query: (p: ReportQuestion) => ({ ...reportQuery(names, p), bucket_width: widthOf(p.bucket) }),
  }) as const;

/** A report of people answers what is split by person, and the plain one what is not. */
function withoutPeople({ groupBy: { USER: _, ...groupBy }, ...names }: ReportNames): ReportNames {
  return { ...names, groupBy };
}

/** A report split by person, with pages of ranked rows; time is one more split. */
export const userReport = (names: ReportNames) =>
  ({
    ...report,
    report: names,
    nameKeys: NAME_KEYS,
    columns: ({ isJoinedByAddress }: ReportQuestion) => isJoinedByAddress !== true,
    pageSize: () => 1000,
    query: (p: ReportQuestion) => ({
      ...reportQuery(names, { ...p, groupBy: p.groupBy.filter((dimension) => dimension !== "USER") }),
      bucket_width: p.bucket === "NONE" ? undefined : widthOf(p.bucket),
    }),
  }) as const;

/** The time a row of a report split by person is about; not split by time, that is the whole range requested. */
export function userSpan(w: Wire<Bounds<string | null>>, { bucket, range }: ReportQuestion): Span {
  return bucket === "NONE" ? { from: startOf(range.from), until: startOf(range.until) } : spanOf(w);
}

/** The graph's spelling, which is that of the newer reports. */
const CLAUDE_TAG = "claude_tag";

function productOf(product: string | null): string | null {
  return product === ENTERPRISE_NAMES.products[CLAUDE_TAG] ? CLAUDE_TAG : product;
}

/** The dimension columns that the Enterprise reports share. */
export const ENTERPRISE_NAMES = {
  groupBy: {
    PRODUCT: "product",
    MODEL: "model",
    CONTEXT_WINDOW: "context_window",
    INFERENCE_GEO: "inference_geo",
    SPEED: "speed",
    USER: "user_id", // by asking the report of people; it is never sent
    GROUP: "rbac_group_id",
    SLACK_CHANNEL: "slack_channel_id",
    CLAUDE_TAG_CATEGORY: "claude_tag_category",
    CLAUDE_TAG_USER: "claude_tag_user_id",
  },
  filter: {
    USER: "user_ids[]",
    PRODUCT: "products[]",
    MODEL: "models[]",
    CONTEXT_WINDOW: "context_windows[]",
    INFERENCE_GEO: "inference_geos[]",
    SPEED: "speeds[]",
    GROUP: "rbac_group_ids[]",
    SLACK_CHANNEL: "slack_channel_ids[]",
    CLAUDE_TAG_CATEGORY: "claude_tag_categories[]",
    CLAUDE_TAG_USER: "claude_tag_user_ids[]",
  },
  apart: [["CLAUDE_TAG_USER", "GROUP"]],
  products: { [CLAUDE_TAG]: "claude-tag" },
} as const satisfies ReportNames;

export type EnterpriseColumns = Pick<
  BetaAnalyticsUsageBucketedResult,
  | "product"
  | "model"
  | "context_window"
  | "inference_geo"
  | "speed"
  | "rbac_group_id"
  | "slack_channel_id"
  | "claude_tag_category"
  | "claude_tag_user_id"
>;

export function enterpriseDimensions(w: Wire<EnterpriseColumns>): Dimensions {
  return {
    ...NO_DIMENSIONS,
    product: productOf(w.stringOrNull("product")),
    model: w.stringOrNull("model"),
    contextWindow: w.stringOrNull("context_window"),
    inferenceGeo: w.stringOrNull("inference_geo"),
    speed: w.stringOrNull("speed"),
    groupId: w.stringOrNull("rbac_group_id"),
    slackChannelId: w.stringOrNull("slack_channel_id"),
    claudeTagCategory: w.stringOrNull("claude_tag_category"),
    claudeTagUserId: w.stringOrNull("claude_tag_user_id"),
  };
}
