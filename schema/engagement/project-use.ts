import type { Project as ProjectShape, UseOf } from "../../src/domain/engagement.ts";
import { projectUses } from "../../src/loaders/engagement-use.ts";
import { resolveActivityRange } from "../../src/planning/range-input.ts";
import { builder } from "../framework/builder.ts";
import { forward } from "../framework/connection.ts";
import { personFigures, personOver, User } from "../people/user.ts";
import { Project, ProjectFigures } from "./project.ts";
import {
  personOfUse,
  thingOfUse,
  thingRequests,
  type Use,
  useRequests,
  usesOfPerson,
  usesOfThing,
} from "./use.ts";

const mostMessages = ({ messages }: UseOf<ProjectShape>) => messages;

const ProjectUse = builder.objectRef<Use<ProjectShape>>("ProjectUse").implement({
  description: "One person's use of one chat project over a range. All figures are of that person alone.",
  interfaces: [ProjectFigures],
  fields: (t) => ({
    project: t.field({
      authScopes: { "activity:read": true },
      type: Project,
      nullable: true,
      description:
        "The project as everyone used it over the same range. One upstream walk for all projects of a list together, unless the list is of projects.",
      requests: thingRequests(projectUses, "Project"),
      resolve: (use, _args, ctx) => thingOfUse(ctx, projectUses, use),
    }),
    projectId: t.exposeString("projectId", {
      description: "The id upstream knows the project by, `claude_proj_...`.",
    }),
    name: t.exposeString("name", { nullable: true, description: "Name of the project." }),
    user: t.field({
      type: User,
      nullable: true,
      description: "The person. Null for use that upstream ties to no member.",
      resolve: personOfUse,
    }),
  }),
});

const ProjectUseConnection = builder.connectionObject(
  { type: ProjectUse, name: "ProjectUseConnection", description: "The people who used a project." },
  { name: "ProjectUseEdge", description: "A person's use and its place in the list." },
);

personFigures((t, range) => ({
  projects: t.field({
    authScopes: { "activity:read": true, own: true },
    type: [ProjectUse],
    nullable: true,
    description:
      "The chat projects the person used over the range, most messages first; empty: none. Null: the person is not in the Enterprise organization. One upstream walk for all people of a list together. Source: PROJECT_ACTIVITY.",
    args: range,
    requests: useRequests(projectUses),
    resolve: (person, { range }, ctx) =>
      usesOfPerson(ctx, projectUses, mostMessages, personOver(person, range, ctx, resolveActivityRange)),
  }),
}));

builder.objectField(Project, "usedBy", (t) =>
  t.field({
    authScopes: { individuals: true },
    type: ProjectUseConnection,
    nullable: true,
    description:
      "The people who used it over the range and under the filter of the list, most messages first, ties by id. One upstream walk for all projects of a list together. Source: PROJECT_ACTIVITY.",
    args: forward,
    requests: useRequests(projectUses),
    resolve: (project, slice, ctx) =>
      usesOfThing(ctx, projectUses, mostMessages, project, "Project.usedBy", slice),
  }),
);
