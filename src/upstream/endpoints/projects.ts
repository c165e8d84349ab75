import type { AnalyticsProjectActivity } from "@anthropic-ai/sdk/resources/organization/analytics/analytics";
import type { Project } from "../../domain/engagement.ts";
import type { DayRange } from "../../domain/range.ts";
import { endpoint } from "../endpoint.ts";
import type { Wire } from "../wire.ts";
import { engagementDays, engagementList } from "./coverage.ts";

/** Use per chat project over the range, by project id. Source: Enterprise Analytics, "List Chat Project Activity". */
export const projectActivity = endpoint({
  dataset: "PROJECT_ACTIVITY",
  ...engagementList,
  path: "/v1/organizations/analytics/apps/chat/projects",
  query: (p: { range: DayRange; projectIds?: readonly string[] }) => ({
    ...engagementDays(p.range),
    "filter[]": p.projectIds?.map((id) => `project_id:${id}`),
  }),
  row: (w: Wire<AnalyticsProjectActivity>): Project => {
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
  },
});
