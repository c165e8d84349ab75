import type { ProjectRow } from "../../src/domain/engagement.ts";
import type { Person } from "../../src/domain/person.ts";
import { projectParts } from "../../src/loaders/engagement-parts.ts";
import { projectUses } from "../../src/loaders/engagement-use.ts";
import { projectActivity } from "../../src/upstream/endpoints/projects.ts";
import { dateTime } from "../framework/builder.ts";
import { ofMembers } from "../people/member-lookup.ts";
import { emailOfReported } from "../people/reported-person.ts";
import { User } from "../people/user.ts";
import { sumField } from "./activity.ts";
import { count } from "./comparison.ts";
import { measuredNoun } from "./measured-noun.ts";

export const Project = measuredNoun<ProjectRow>({
  noun: "Project",
  called: "chat project",
  verb: "used",
  field: "projects",
  endpoint: projectActivity,
  choosing: ["projects"],
  ownOf: ({ projectId }) => projectId,
  rows: projectUses.thing,
  description:
    "A claude.ai chat project with its use over the range and filter of the list. The `id` identifies all three; `projectId` identifies the project.",
  listed: { query: "Chat projects used in the range", connection: "Projects used in the range." },
  column: { field: "PROJECT_ID", called: "project id" },
  figures: {
    description: "The use of a chat project: by all people, by one person or by the members of one group.",
    fields: (t) => ({
      conversations: t.expose("conversations", {
        type: "Count",
        nullable: true,
        description:
          "Distinct conversations. Null over more than one day: upstream does not count them across days.",
        ofOneDay: true,
      }),
      messages: t.expose("messages", sumField("Messages sent in the project.")),
    }),
  },
  fields: (t) => ({
    projectId: t.exposeString("projectId", {
      description: "Upstream id of the project, `claude_proj_...`.",
    }),
    name: t.exposeString("name", { nullable: true, description: "Name of the project." }),
    createdAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "Creation time. Null: it was deleted before that was recorded.",
      resolve: ({ createdAt }) => dateTime(createdAt),
    }),
    createdBy: t.field({
      requires: ["individuals"],
      type: User,
      nullable: true,
      description: "Creator. Null: unknown, or the account is gone.",
      resolve: ({ createdBy }): Person | null =>
        createdBy && { organization: "ENTERPRISE", userId: createdBy.userId },
    }),
    creatorEmail: t.string({
      requires: ["identity:read", "pseudonyms"],
      nullable: true,
      description:
        "Address of the creator, as the list shows it, also for people who have left. Null: the list shows none.",
      ...ofMembers,
      resolve: ({ createdBy }, _args, ctx) => createdBy && emailOfReported(ctx, "ENTERPRISE", createdBy),
    }),
  }),
  measures: {
    MESSAGES: { description: "Messages sent in the project.", of: ({ messages }) => messages },
    CREATED_AT: { description: "When it was created.", of: ({ createdAt }) => createdAt },
  },
  parts: projectParts,
  comparison: {
    description: "The use of a chat project compared with another period.",
    fields: {
      messages: count("Messages sent in the project. Additive.", ({ messages }) => messages),
    },
  },
  uses: {
    kind: projectUses,
    by: ({ messages }) => messages,
    counts: "messages",
    fields: (t) => ({
      projectId: t.exposeString("projectId", {
        description: "Upstream id of the project, `claude_proj_...`.",
      }),
      name: t.exposeString("name", { nullable: true, description: "Name of the project." }),
    }),
  },
});
