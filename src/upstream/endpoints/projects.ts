import type { AnalyticsProjectActivity } from "@anthropic-ai/sdk/resources/organization/analytics/analytics";
import type { EngagementQuestion, ProjectRow } from "../../domain/engagement.ts";
import type { Pseudonyms } from "../../domain/pseudonym.ts";
import type { FilterNames } from "../dimension-names.ts";
import { endpoint, type RowId } from "../endpoint.ts";
import type { Wire } from "../http/wire.ts";
import { engagementList } from "./coverage.ts";
import { BY_GROUP, BY_PERSON, engagementQuery, splitList } from "./engagement-query.ts";

const PROJECT_FILTERS = {
  users: "user_id",
  groups: "rbac_group_id",
  projects: "project_id",
} as const satisfies FilterNames;

const list = {
  dataset: "PROJECT_ACTIVITY",
  filters: PROJECT_FILTERS,
  ...engagementList,
  path: "/v1/organizations/analytics/apps/chat/projects",
} as const;

/** Use per chat project over the range, by project id. Source: Enterprise Analytics, "List Chat Project Activity". */
export const projectActivity = endpoint({
  ...list,
  query: (p: EngagementQuestion) => engagementQuery(PROJECT_FILTERS, p),
  rowId: byId,
  row: project,
  withoutNames: (row) => ({ ...row, createdBy: row.createdBy && { userId: row.createdBy.userId } }),
  pseudonymous: pseudonymousProjects,
});

/** Use per project and person. */
export const projectUse = splitList(
  { ...list, pseudonymous: pseudonymousProjects },
  PROJECT_FILTERS,
  project,
  byId,
  BY_PERSON,
);

/** Use per project and group. */
export const projectByGroup = splitList(
  { ...list, pseudonymous: pseudonymousProjects },
  PROJECT_FILTERS,
  project,
  byId,
  BY_GROUP,
);

function pseudonymousProjects<Row extends ProjectRow>(
  rows: readonly Row[],
  pseudonyms: Pseudonyms,
): readonly Row[] {
  return rows.map((row) => ({
    ...row,
    createdBy: row.createdBy && pseudonymousCreator(row.createdBy, pseudonyms),
  }));
}

function pseudonymousCreator(
  { userId, email }: NonNullable<ProjectRow["createdBy"]>,
  pseudonyms: Pseudonyms,
): ProjectRow["createdBy"] {
  return { userId: pseudonyms.id(userId, "user"), ...(email && { email: pseudonyms.address(email) }) };
}

function byId({ projectId }: ProjectRow): RowId {
  return projectId;
}

function project(w: Wire<AnalyticsProjectActivity>): ProjectRow {
  const creator = w.atOrNull("created_by");
  return {
    projectId: w.string("project_id"),
    name: w.string("project_name"),
    createdAt: w.instantOrNull("created_at"),
    createdBy: creator && { userId: creator.string("id"), email: creator.string("email_address") },
    conversations: w.countOrNull("distinct_conversation_count"),
    messages: w.count("message_count"),
    users: w.count("distinct_user_count"),
  };
}
