import type { Context } from "../../src/context.ts";
import type { GroupRow } from "../../src/domain/group.ts";
import type { DayRange } from "../../src/domain/range.ts";
import { GatewayError } from "../../src/errors.ts";
import { groupById, isGroupShown } from "../../src/loaders/groups.ts";
import type { FieldPlanOptions } from "../../src/planning/plan.ts";
import { type RangeInput, resolveActivityRange } from "../../src/planning/range-input.ts";
import { groups } from "../../src/upstream/endpoints/groups.ts";
import { requestsFor } from "../../src/upstream/plan.ts";
import { builder, dateTime, nodeLoader } from "../framework/builder.ts";
import { figures } from "../framework/figures.ts";
import { formatMeasuredId, parseMeasuredId, rangeOfMeasured } from "../framework/measured-id.ts";
import { ResolvedRange } from "../framework/range.ts";

/** A group by its id, with what the list says of it; null once it is gone. */
interface GroupNode {
  readonly groupId: string;
  readonly listed: GroupRow | null;
}

export interface GroupOver extends GroupNode {
  readonly range: DayRange;
}

export function groupNode(listed: GroupRow): GroupNode {
  return { groupId: listed.groupId, listed };
}

/** A group that figures name, which may be gone by now. */
export async function groupOf(ctx: Context, groupId: string): Promise<GroupNode> {
  return { groupId, listed: await groupById(ctx, {}).load(groupId) };
}

/** A group there is now. Throws NOT_FOUND, also where it is of too few people to be shown. */
async function currentGroup(ctx: Context, groupId: string): Promise<GroupNode> {
  const listed = await groupById(ctx, {}).load(groupId);
  if (listed === null || !(await isGroupShown(ctx, groupId)))
    throw new GatewayError("NOT_FOUND", "No group has this id now.", { dataset: "GROUPS" });
  return groupNode(listed);
}

/** Options of a field that looks groups up by id, in the list of all of them. */
export const ofGroups = {
  sources: ["GROUPS"],
  requests: () => requestsFor(groups, [{}]),
} as const satisfies FieldPlanOptions;

export const GroupProfile = builder.interfaceRef<GroupNode>("GroupProfile").implement({
  description: "Properties of an RBAC group, independent of a range.",
  fields: (t) => ({
    groupId: t.exposeString("groupId", { description: "Its upstream id, `rbac_group_...`." }),
    name: t.string({
      nullable: true,
      description: "Name. Not unique. Null: the group was deleted.",
      resolve: ({ listed }) => listed?.name ?? null,
    }),
    source: t.string({
      nullable: true,
      description:
        "`direct` if people manage it, `scim` if the identity provider does. Null: the group was deleted.",
      resolve: ({ listed }) => listed?.source ?? null,
    }),
    roleIds: t.stringList({
      nullable: true,
      description:
        "Ids of the roles its members get. Null: the group was deleted, or upstream could not read its roles at that time.",
      resolve: ({ listed }) => listed?.roleIds ?? null,
    }),
    createdAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "Creation time. Null: the group was deleted.",
      resolve: ({ listed }) => dateTime(listed?.createdAt ?? null),
    }),
    updatedAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "Time of the last change. Null: the group was deleted.",
      resolve: ({ listed }) => dateTime(listed?.updatedAt ?? null),
    }),
  }),
});

export const Group = builder.node(builder.objectRef<GroupNode>("Group"), {
  description:
    "An RBAC group of the Enterprise organization. The `id` is the same on every path; its figures take a `range`. A deleted group that reports still name has only its id.",
  sources: ["GROUPS"],
  interfaces: [GroupProfile],
  id: { resolve: ({ groupId }) => groupId },
  identifiedBy: ["groupId", "name"],
  lookup: { requests: () => requestsFor(groups, [{}]) },
  // A deleted group that a report names has an id as well, but viewers limited to groups of a minimum size never see it.
  loadOne: nodeLoader("Group", (groupId, ctx) =>
    ctx.viewer.minPeople === 0 ? groupOf(ctx, groupId) : currentGroup(ctx, groupId),
  ),
});

export const GroupSummary = builder.node(builder.objectRef<GroupOver>("GroupSummary"), {
  description:
    "A group in a list over a range: the group and its figures over that range. The `id` identifies both; `group` is the group alone.",
  sources: ["GROUPS"],
  interfaces: [GroupProfile],
  id: {
    resolve: ({ groupId, range }, _args, ctx) => formatMeasuredId(ctx, { own: groupId, range, terms: {} }),
  },
  lookup: { requests: () => requestsFor(groups, [{}]), range: rangeOfMeasured },
  loadOne: nodeLoader("GroupSummary", async (id, ctx) => {
    const { own, range } = await parseMeasuredId(ctx, id, []);
    return { ...(await currentGroup(ctx, own)), range };
  }),
  fields: (t) => ({
    group: t.field({
      type: Group,
      description: "The group.",
      resolve: ({ groupId, listed }) => ({ groupId, listed }),
    }),
    range: t.expose("range", { type: ResolvedRange, description: "The days that the figures cover." }),
  }),
});

/** Figures of a group: of a `Group` over a range that has to be given, of a row over that of its list. */
export function groupFigures(fields: Parameters<typeof figures<GroupNode, GroupOver>>[2]): void {
  figures(Group, GroupSummary, fields);
}

/** The group over the days that a figure is about. */
export function groupOver(
  group: GroupNode | GroupOver,
  range: RangeInput | undefined,
  ctx: Context,
): GroupOver {
  if (range !== undefined) return { ...group, range: resolveActivityRange(range, ctx.now()) };
  if ("range" in group) return group;
  throw new Error("a figure of a group needs a range");
}
