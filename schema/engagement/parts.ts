import type { Context } from "../../src/context.ts";
import type {
  ByGroup,
  ByProduct,
  Connector as ConnectorShape,
  Project as ProjectShape,
  Skill as SkillShape,
} from "../../src/domain/engagement.ts";
import { type Plugin as PluginShape, pluginKey } from "../../src/domain/plugin.ts";
import { isShownOf } from "../../src/domain/viewer.ts";
import { connectorParts, pluginParts, projectParts, skillParts } from "../../src/loaders/engagement-parts.ts";
import type { PlanInput } from "../../src/planning/plan.ts";
import { requestsOverDays } from "../../src/upstream/plan.ts";
import { builder } from "../framework/builder.ts";
import { Group, groupOf, groupRequests } from "../people/group.ts";
import { Connector, ConnectorFigures } from "./connector.ts";
import type { Measured } from "./engagement.ts";
import { Plugin, PluginFigures } from "./plugin.ts";
import { Project, ProjectFigures } from "./project.ts";
import { Skill, SkillFigures } from "./skill.ts";
import type { Rows } from "./use.ts";

export const GroupPart = builder.interfaceRef<ByGroup<object>>("GroupPart").implement({
  description:
    "What the members of one group did, by membership at the time of use. Someone in several groups counts fully in each, so groups can add up to more than the whole; those in none are the row without a group.",
  fields: (t) => ({
    groupId: t.exposeString("groupId", {
      nullable: true,
      description: "The id upstream knows the group by. Null: people in no group.",
    }),
    groupName: t.exposeString("groupName", {
      nullable: true,
      description: "Name of the group, as the figures carry it; null where the group is gone. Not unique.",
    }),
    group: t.field({
      type: Group,
      nullable: true,
      description: "The group. One look-up for all of a list. Null: people in no group.",
      requests: groupRequests,
      resolve: ({ groupId }, _args, ctx) => (groupId === null ? null : groupOf(ctx, groupId)),
    }),
  }),
});

const ProductPart = builder.interfaceRef<ByProduct<object>>("ProductPart").implement({
  description: "What was done in one product.",
  fields: (t) => ({
    product: t.exposeString("product", {
      nullable: true,
      description: "Product, such as `chat` or `claude_code`; new names may appear. Null: not told.",
    }),
  }),
});

const different = (who: string) =>
  ({
    type: "Count",
    nullable: true,
    description: `${who} Recounted exactly over the range; not additive.`,
  }) as const;

const SkillByGroup = builder.objectRef<ByGroup<SkillShape>>("SkillByGroup").implement({
  description: "The use of a skill by the members of one group.",
  interfaces: [GroupPart, SkillFigures],
  fields: (t) => ({ users: t.expose("users", different("Different members who activated it.")) }),
});

const SkillByProduct = builder.objectRef<ByProduct<SkillShape>>("SkillByProduct").implement({
  description: "The use of a skill in one product.",
  interfaces: [ProductPart, SkillFigures],
  fields: (t) => ({ users: t.expose("users", different("Different people who activated it there.")) }),
});

const ConnectorByGroup = builder.objectRef<ByGroup<ConnectorShape>>("ConnectorByGroup").implement({
  description: "The use of a connector by the members of one group.",
  interfaces: [GroupPart, ConnectorFigures],
  fields: (t) => ({ users: t.expose("users", different("Different members who used it.")) }),
});

const ConnectorByProduct = builder.objectRef<ByProduct<ConnectorShape>>("ConnectorByProduct").implement({
  description: "The use of a connector in one product.",
  interfaces: [ProductPart, ConnectorFigures],
  fields: (t) => ({ users: t.expose("users", different("Different people who used it there.")) }),
});

const PluginByGroup = builder.objectRef<ByGroup<PluginShape>>("PluginByGroup").implement({
  description: "The use of a plugin by the members of one group.",
  interfaces: [GroupPart, PluginFigures],
});

const PluginByProduct = builder.objectRef<ByProduct<PluginShape>>("PluginByProduct").implement({
  description: "The use of a plugin in one product.",
  interfaces: [ProductPart, PluginFigures],
});

const ProjectByGroup = builder.objectRef<ByGroup<ProjectShape>>("ProjectByGroup").implement({
  description: "The use of a chat project by the members of one group.",
  interfaces: [GroupPart, ProjectFigures],
  fields: (t) => ({ users: t.expose("users", different("Different members who used it.")) }),
});

/** The parts of a thing's use within the range and the filter of the list that led to it, those of most people first. */
async function partsOf<Row extends { readonly users: number }>(
  ctx: Context,
  rows: Rows<Row>,
  { range, filter }: Measured<unknown>,
  own: string,
): Promise<Row[]> {
  const found = await rows(ctx, { range, filter }).load(own);
  return (found?.rows ?? [])
    .filter(({ users }) => isShownOf(ctx.viewer, users))
    .toSorted((a, b) => b.users - a.users);
}

/** A field of the parts of a thing's use: its requests and its resolver ask the same rows. */
function partsField<Thing, Row extends { readonly users: number }>(
  rows: Rows<Row>,
  ownOf: (thing: Thing) => string,
) {
  return {
    requests: ({ range }: PlanInput, ctx: Context) => requestsOverDays(rows.endpoint, range, ctx),
    resolve: (thing: Measured<Thing>, _args: object, ctx: Context) => partsOf(ctx, rows, thing, ownOf(thing)),
  };
}

const nameOf = ({ name }: { readonly name: string }) => name;

const ONE_WALK = "One upstream walk for all of a list together.";
const BY_PRODUCT = `Its use by product, those of most people first; empty where none is told apart. ${ONE_WALK}`;
const BY_GROUP = `Its use by group of people, those of most people first. ${ONE_WALK}`;

builder.objectFields(Skill, (t) => ({
  byProduct: t.field({
    type: [SkillByProduct],
    nullable: true,
    description: `${BY_PRODUCT} Source: SKILL_ACTIVITY.`,
    ...partsField(skillParts.byProduct, nameOf),
  }),
  byGroup: t.field({
    type: [SkillByGroup],
    nullable: true,
    description: `${BY_GROUP} Source: SKILL_ACTIVITY.`,
    ...partsField(skillParts.byGroup, nameOf),
  }),
}));

builder.objectFields(Connector, (t) => ({
  byProduct: t.field({
    type: [ConnectorByProduct],
    nullable: true,
    description: `${BY_PRODUCT} Source: CONNECTOR_ACTIVITY.`,
    ...partsField(connectorParts.byProduct, nameOf),
  }),
  byGroup: t.field({
    type: [ConnectorByGroup],
    nullable: true,
    description: `${BY_GROUP} Source: CONNECTOR_ACTIVITY.`,
    ...partsField(connectorParts.byGroup, nameOf),
  }),
}));

builder.objectFields(Plugin, (t) => ({
  byProduct: t.field({
    type: [PluginByProduct],
    nullable: true,
    description: `${BY_PRODUCT} Source: PLUGIN_ACTIVITY.`,
    ...partsField(pluginParts.byProduct, pluginKey),
  }),
  byGroup: t.field({
    type: [PluginByGroup],
    nullable: true,
    description: `${BY_GROUP} Source: PLUGIN_ACTIVITY.`,
    ...partsField(pluginParts.byGroup, pluginKey),
  }),
}));

builder.objectField(Project, "byGroup", (t) =>
  t.field({
    type: [ProjectByGroup],
    nullable: true,
    description: `${BY_GROUP} Source: PROJECT_ACTIVITY.`,
    ...partsField(projectParts.byGroup, ({ projectId }) => projectId),
  }),
);
