import type { AnalyticsArtifactActivity } from "@anthropic-ai/sdk/resources/organization/analytics/analytics";
import type { ArtifactCell, ArtifactDimension, ArtifactQuestion } from "../../domain/artifact.ts";
import type { FilterNames, FilterValues } from "../dimension-names.ts";
import { endpoint, idOf } from "../endpoint.ts";
import type { Wire } from "../http/wire.ts";
import { ENGAGEMENT, engagementList } from "./coverage.ts";
import { engagementQuery } from "./engagement-query.ts";
import { byPseudonym } from "./pseudonymous.ts";

const ARTIFACT_FILTERS = {
  users: "user_id",
  groups: "rbac_group_id",
  products: "product",
} as const satisfies FilterNames;

const ARTIFACT_FILTER_VALUES = {
  products: ["chat", "claude_code", "cowork", "chat_cowork_unified"],
} as const satisfies FilterValues;

const ARTIFACT_GROUPINGS = {
  PRODUCT: "product",
  GROUP: "rbac_group_id",
  USER: "user_id",
} as const satisfies Record<ArtifactDimension, string>;

const SPLIT: Readonly<Record<ArtifactDimension, (cell: ArtifactCell) => string | null>> = {
  PRODUCT: ({ product }) => product,
  GROUP: ({ groupId }) => groupId,
  USER: ({ userId }) => userId,
};

/** Artifacts created on one day, by type and sharing and what else they are split by; there is no range mode. Source: Enterprise Analytics, "List Artifact Activity". */
export const artifactActivity = endpoint({
  dataset: "ARTIFACT_ACTIVITY",
  filters: ARTIFACT_FILTERS,
  filterValues: ARTIFACT_FILTER_VALUES,
  groupBy: Object.keys(ARTIFACT_GROUPINGS),
  ...engagementList,
  path: "/v1/organizations/analytics/artifacts",
  coverage: { ...ENGAGEMENT, window: "day", maxDays: 1 },
  query: (p: ArtifactQuestion) => ({
    ...engagementQuery(ARTIFACT_FILTERS, p),
    "group_by[]": p.groupBy.map((dimension) => ARTIFACT_GROUPINGS[dimension]),
  }),
  rowId: (cell, { groupBy }) => idOf(cell.type, cell.isShared, ...groupBy.map((split) => SPLIT[split](cell))),
  pseudonymous: (cells, pseudonyms) =>
    byPseudonym(
      cells.map((cell) => ({ ...cell, userId: cell.userId && pseudonyms.id(cell.userId, "user") })),
      ({ userId }) => userId,
    ),
  row: (w: Wire<AnalyticsArtifactActivity>, { range }: ArtifactQuestion): ArtifactCell => ({
    date: range.from,
    type: w.string("artifact_type"),
    isShared: w.boolean("is_shared"),
    created: w.count("artifacts_created_count"),
    publishedCreated: w.count("published_artifacts_created_count"),
    users: w.count("distinct_user_count"),
    product: w.stringOrNull("product"),
    groupId: w.stringOrNull("rbac_group_id"),
    groupName: w.stringOrNull("rbac_group_name"),
    userId: w.stringOrNull("user_id"),
  }),
});
