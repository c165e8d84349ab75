import type { Context } from "../../src/context.ts";
import type { Project as ProjectShape } from "../../src/domain/engagement.ts";
import type { Person } from "../../src/domain/person.ts";
import { projectUses } from "../../src/loaders/engagement-use.ts";
import { PROJECT_FILTERS, projectActivity } from "../../src/upstream/endpoints/projects.ts";
import { builder, dateTime, nodeLoader } from "../framework/builder.ts";
import { engagementOrder } from "../framework/order.ts";
import { emailOfReported, memberRequests, User } from "../people/user.ts";
import { sum } from "./activity.ts";
import {
  engagementArgs,
  type ListArgs,
  listMeasured,
  loadMeasured,
  type Measured,
  type MeasuredKind,
  measuredId,
  measuredLookup,
  measuredRequests,
} from "./engagement.ts";
import { EngagementFilter } from "./filter.ts";

/** What is measured of a project, of everybody's use or a part of it. */
export const ProjectFigures = builder.interfaceRef<ProjectShape>("ProjectFigures").implement({
  description: "The use of a chat project: by everyone, by one person or by the members of one group.",
  fields: (t) => ({
    conversations: t.expose("conversations", {
      type: "Count",
      nullable: true,
      description:
        "Distinct conversations. Null over more than one day: upstream does not count them across days.",
    }),
    messages: t.expose("messages", sum("Messages sent in the project.")),
  }),
});

const projects: MeasuredKind<ProjectShape> = {
  field: "projects",
  endpoint: projectActivity,
  filters: PROJECT_FILTERS,
  choosing: ["projects"],
  ownOf: ({ projectId }) => projectId,
  rows: projectUses.thing,
};

export const Project = builder.node(builder.objectRef<Measured<ProjectShape>>("Project"), {
  description:
    "A claude.ai chat project as used over the range of the list, as far as its filter lets through. The `id` names all three; `projectId` is the project's own. Source: PROJECT_ACTIVITY.",
  interfaces: [ProjectFigures],
  id: { resolve: (project, _args, ctx) => measuredId(ctx, project, project.projectId) },
  lookup: measuredLookup(projects),
  loadOne: nodeLoader("Project", (id, ctx) => loadMeasured(ctx, projects, id)),
  fields: (t) => ({
    projectId: t.exposeString("projectId", {
      description: "The id upstream knows the project by, `claude_proj_...`.",
    }),
    name: t.exposeString("name", { nullable: true, description: "Name of the project." }),
    createdAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "When it was created; null where it was deleted before that was recorded.",
      resolve: ({ createdAt }) => dateTime(createdAt),
    }),
    createdBy: t.field({
      authScopes: { individuals: true },
      type: User,
      nullable: true,
      description: "Who created it; null where unknown or the account is gone.",
      resolve: ({ createdBy }): Person | null =>
        createdBy && { organization: "ENTERPRISE", userId: createdBy.userId },
    }),
    creatorEmail: t.string({
      authScopes: { "identity:read": true, pseudonyms: true },
      nullable: true,
      description:
        "Address of who created it, as the list shows it, also of people who have left; null where it shows none.",
      requests: memberRequests,
      resolve: ({ createdBy }, _args, ctx) => createdBy && emailOfReported(ctx, "ENTERPRISE", createdBy),
    }),
    users: t.expose("users", {
      type: "Count",
      nullable: true,
      description: "Different people who used it. Recounted exactly over the range; not additive.",
    }),
  }),
});

const ProjectOrder = engagementOrder<Measured<ProjectShape>>(
  "Project",
  { field: "PROJECT_ID", description: "By project id." },
  {
    USERS: { description: "Different people who used it.", of: ({ users }) => users },
    MESSAGES: { description: "Messages sent in the project.", of: ({ messages }) => messages },
    CREATED_AT: { description: "When it was created.", of: ({ createdAt }) => createdAt },
  },
);

type ProjectArgs = ListArgs<ProjectShape> & {
  readonly orderBy?: typeof ProjectOrder.input.$inferInput | null | undefined;
};

function ordered(args: ProjectArgs, ctx: Context): ListArgs<ProjectShape> {
  return { ...args, order: ProjectOrder.orderOf(args.orderBy, ctx) };
}

const ProjectConnection = builder.connectionObject(
  { type: Project, name: "ProjectConnection", description: "Projects used in the range." },
  { name: "ProjectEdge", description: "A project and its place in the list." },
);

builder.queryField("projects", (t) =>
  t.field({
    authScopes: { "activity:read": true },
    type: ProjectConnection,
    nullable: true,
    description:
      "Chat projects used in the range, by project id unless ordered otherwise. Source: PROJECT_ACTIVITY. Errors: BAD_USER_INPUT, NOT_COVERED, NOT_YET_AVAILABLE, CURSOR_*, UPSTREAM_*.",
    args: {
      filter: t.arg({ type: EngagementFilter, description: "Which use to count." }),
      orderBy: t.arg({
        type: ProjectOrder.input,
        description: "What comes first; by default the first by project id.",
      }),
      ...engagementArgs,
    },
    requests: ({ args }, ctx) => measuredRequests(ctx, projects, ordered(args, ctx)),
    resolve: (_root, args, ctx) => listMeasured(ctx, projects, ordered(args, ctx)),
  }),
);
