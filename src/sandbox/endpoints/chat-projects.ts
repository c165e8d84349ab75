import type { Instant } from "../../domain/day.ts";
import { timestamp } from "../calendar.ts";
import type { Endpoint } from "../endpoint.ts";
import { Distinct } from "../engagement/counting.ts";
import { type Listing, listed } from "../engagement/listing.ts";
import {
  aggregates,
  engagementParameters,
  groupKeys,
  type Question,
  question,
} from "../engagement/question.ts";
import type { Ledger } from "../ledger.ts";
import type { Organization } from "../organization.ts";
import type { Cell } from "../reports/cells.ts";

class ProjectSums {
  readonly users = new Distinct();
  readonly conversations = new Distinct();
  messages = 0;
}

export const chatProjects = (ledger: Ledger): Endpoint<Cell<ProjectSums>> => ({
  path: "/v1/organizations/analytics/apps/chat/projects",
  keys: ["enterprise"],
  scope: "read:analytics",
  rateLimit: "analytics",
  version: "optional",
  parameters: engagementParameters(/^(project_id|rbac_group_id|user_id):.+$/, ["rbac_group_id", "user_id"]),
  paging: { style: "token", limit: { default: 100, max: 1000 } },
  answer(request) {
    const { query, now } = request;
    const { organization } = ledger;
    const requested = question(request);
    return listed(ledger, requested, query, now, listing(organization, requested), ({ key, sums }) => ({
      ...project(organization, String(key[0]), now),
      ...groupKeys(organization, requested, key.slice(1), now),
      distinct_conversation_count: aggregates(requested) ? null : sums.conversations.count,
      distinct_user_count: sums.users.count,
      message_count: sums.messages,
    }));
  },
});

function listing({ catalog }: Organization, { filters }: Question): Listing<ProjectSums> {
  const wanted = filters.project_id && new Set(filters.project_id);
  return {
    name: "projects",
    column: "project_id",
    thing({ engagement }) {
      if (engagement.surface !== "chat" || engagement.project === null) return null;
      const { id } = catalog.project(engagement.project);
      return wanted === undefined || wanted.has(id) ? id : null;
    },
    sums: () => new ProjectSums(),
    add(sums, { engagement, person }) {
      sums.users.add(person.index);
      sums.conversations.add(engagement.thread);
      sums.messages += engagement.messages;
    },
    metrics: {
      message_count: ({ messages }) => messages,
      distinct_user_count: ({ users }) => users.count,
    },
  };
}

function project({ catalog, directories, person }: Organization, projectId: string, now: Instant) {
  const index = catalog.projectIndex(projectId);
  if (index === null) throw new RangeError(`no project ${projectId}`);
  const { name, createdAt, creator } = catalog.project(index);
  const { id, email } = directories.enterprise.account(person(creator), now);
  return {
    project_id: projectId,
    project_name: name,
    created_at: createdAt === null ? null : timestamp(createdAt),
    created_by: email === null ? null : { id, email_address: email, type: "user" },
  };
}
