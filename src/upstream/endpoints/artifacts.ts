import type { AnalyticsArtifactActivity } from "@anthropic-ai/sdk/resources/organization/analytics/analytics";
import type { ArtifactCell } from "../../domain/artifact.ts";
import type { EngagementQuestion } from "../../domain/engagement.ts";
import { endpoint } from "../endpoint.ts";
import type { Wire } from "../wire.ts";
import { ENGAGEMENT, engagementList } from "./coverage.ts";
import { engagementQuery, type FilterNames } from "./engagement-query.ts";

export const ARTIFACT_FILTERS = {
  users: "user_id",
  groups: "rbac_group_id",
  products: "product",
} as const satisfies FilterNames;

/** Artifacts created on one day, by type and sharing; there is no range mode. Source: Enterprise Analytics, "List Artifact Activity". */
export const artifactActivity = endpoint({
  dataset: "ARTIFACT_ACTIVITY",
  ...engagementList,
  path: "/v1/organizations/analytics/artifacts",
  coverage: { ...ENGAGEMENT, pieces: "day", maxDays: 1 },
  query: (p: EngagementQuestion) => engagementQuery(ARTIFACT_FILTERS, p),
  row: (w: Wire<AnalyticsArtifactActivity>, { range }): ArtifactCell => ({
    date: range.from,
    type: w.string("artifact_type"),
    isShared: w.boolean("is_shared"),
    created: w.count("artifacts_created_count"),
    publishedCreated: w.count("published_artifacts_created_count"),
    users: w.count("distinct_user_count"),
  }),
});
