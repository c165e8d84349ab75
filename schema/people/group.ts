import type { Context } from "../../src/context.ts";
import type { GroupMember as GroupMemberShape, GroupRow } from "../../src/domain/group.ts";
import type { Person } from "../../src/domain/person.ts";
import type { DayRange } from "../../src/domain/range.ts";
import { GatewayError } from "../../src/errors.ts";
import { groupById, groupsOfUser, isGroupShown } from "../../src/loaders/groups.ts";
import { loader } from "../../src/loaders/loader.ts";
import { membershipRequests } from "../../src/loaders/teams.ts";
import type { FieldPlanOptions } from "../../src/planning/plan.ts";
import { type RangeInput, rangeOfActivity, resolveActivityRange } from "../../src/planning/range-input.ts";
import { rowsWanted } from "../../src/planning/rows.ts";
import { groupMembers, groups } from "../../src/upstream/endpoints/groups.ts";
import { mapPages, pagesOf } from "../../src/upstream/pages/iterate.ts";
import { requestsByKey, requestsFor } from "../../src/upstream/plan.ts";
import { builder, dateTime, nodeLoader } from "../framework/builder.ts";
import { type Connection, connect, forward, type Slice } from "../framework/connection.ts";
import { figures } from "../framework/figures.ts";
import { formatMeasuredId, parseMeasuredId, rangeOfMeasured } from "../framework/measured-id.ts";
import { DateRange, ResolvedRange } from "../framework/range.ts";
import { splitBy } from "../framework/selection.ts";
import { Bucketed } from "../money/report-bucket.ts";
import { User, UserProfile } from "./user.ts";

/** A group by its id, with what the list says of it; null once it is gone. */
interface GroupNode {
  readonly groupId: string;
  readonly listed: GroupRow | null;
}

interface GroupOver extends GroupNode {
  readonly range: DayRange;
}

function groupNode(listed: GroupRow): GroupNode {
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

const GroupProfile = builder.interfaceRef<GroupNode>("GroupProfile").implement({
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
  // A deleted group that a report names has an id as well, but is shown to nobody who may see only groups of some size.
  loadOne: nodeLoader("Group", (groupId, ctx) =>
    ctx.viewer.minPeople === 0 ? groupOf(ctx, groupId) : currentGroup(ctx, groupId),
  ),
});

const GroupSummary = builder.node(builder.objectRef<GroupOver>("GroupSummary"), {
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

const GroupMember = builder.objectRef<GroupMemberShape>("GroupMember").implement({
  description:
    "Current membership of one person in one group. Reports use the groups on the day of use instead.",
  fields: (t) => ({
    joinedAt: t.field({
      authScopes: { "identity:read": true }, // as of the organization
      type: "DateTime",
      nullable: true,
      description: "When the person joined the group. Null only beside an error.",
      resolve: ({ joinedAt }) => dateTime(joinedAt),
    }),
    email: t.exposeString("email", {
      authScopes: { "identity:read": true, pseudonyms: true },
      description: "Address, as the group's list spells it.",
    }),
    user: t.field({
      type: User,
      description: "The person.",
      resolve: ({ userId }): Person => ({ organization: "ENTERPRISE", userId }),
    }),
  }),
});

const GroupMemberConnection = builder.connectionObject(
  { type: GroupMember, name: "GroupMemberConnection", description: "Members of a group." },
  { name: "GroupMemberEdge", description: "A member and its cursor." },
);

/**
 * A page of members of each group, those of all groups of a list at the same time: what is asked about the people in them can
 * then be asked for all of them together.
 */
const membersOfGroup = loader(async (ctx, { slice }: { readonly slice: Slice }, groupIds) => {
  await ctx.directory.requireMembersOf(groupIds);
  const pages = groupIds.map(async (groupId): Promise<[string, Connection<GroupMemberShape> | Error]> => {
    const run = pagesOf(ctx.upstream, groupMembers, [{ groupId }]);
    const question = {
      field: "Group.members",
      range: null,
      dataset: "GROUP_MEMBERS",
      args: groupId,
    } as const;
    const page = connect(ctx, slice, question, run, ({ userId }) => userId);
    return [groupId, await page.catch((fault: Error) => fault)];
  });
  return new Map(await Promise.all(pages));
});

builder.interfaceField(GroupProfile, "members", (t) =>
  t.field({
    authScopes: { people: true },
    type: GroupMemberConnection,
    nullable: true,
    description:
      "Current members of the group, longest membership first, or by pseudonym. One run of upstream pages per group. Null: the group was deleted. Errors: NOT_FOUND, DIRECTORY_NOT_READY, CURSOR_*, UPSTREAM_*.",
    sources: ["GROUP_MEMBERS"],
    args: forward,
    requests: () => requestsByKey(groupMembers, [null]),
    resolve: ({ groupId, listed }, slice, ctx) =>
      listed === null ? null : membersOfGroup(ctx, { slice }).load(groupId),
  }),
);

const GroupSummaryConnection = builder.connectionObject(
  { type: GroupSummary, name: "GroupSummaryConnection", description: "Groups, in upstream's order." },
  { name: "GroupSummaryEdge", description: "A group and its cursor." },
);

builder.queryField("groups", (t) =>
  t.field({
    authScopes: { "activity:read": true },
    type: GroupSummaryConnection,
    nullable: true,
    description:
      "RBAC groups of the Enterprise organization, with their figures over the range. Errors: NOT_CONFIGURED, CURSOR_*, UPSTREAM_*.",
    sources: ["GROUPS"],
    args: {
      range: t.arg({
        type: DateRange,
        required: true,
        defaultValue: { period: "LAST_30_DAYS" },
        description:
          "The UTC days that figures cover; ignored without figures. A range relative to now ends with the newest day that upstream can have aggregated; `range` states the days.",
      }),
      ...forward,
    },
    range: rangeOfActivity,
    requests: ({ args }) => requestsFor(groups, [{}], rowsWanted(args)),
    resolve: (_root, { range: asked, ...slice }, ctx) => {
      const range = resolveActivityRange(asked, ctx.now());
      const run = mapPages(pagesOf(ctx.upstream, groups, [{}]), async ({ rows }) => {
        const shown = await Promise.all(rows.map(({ groupId }) => isGroupShown(ctx, groupId)));
        return rows.filter((_, i) => shown[i]).map((group): GroupOver => ({ ...groupNode(group), range }));
      });
      const question = { field: "groups", range, dataset: "GROUPS" } as const;
      return connect(ctx, slice, question, run, ({ groupId }) => groupId);
    },
  }),
);

builder.interfaceField(UserProfile, "groups", (t) =>
  t.field({
    authScopes: { "activity:read": true, own: true },
    type: [Group],
    nullable: true,
    description:
      "The RBAC groups the person is in now. Null: not in the Enterprise organization. Upstream lists members by group only, so they come from the directory, which is read once a day. Errors: DIRECTORY_NOT_READY, UPSTREAM_*.",
    sources: ["GROUPS", "GROUP_MEMBERS"],
    requests: (_input, ctx) => membershipRequests(ctx),
    resolve: async ({ organization, userId }, _args, ctx) => {
      if (organization !== "ENTERPRISE") return null;
      return ((await groupsOfUser(ctx, {}).load(userId)) ?? []).map(groupNode);
    },
  }),
);

builder.interfaceField(Bucketed, "group", (t) =>
  t.field({
    type: Group,
    ...splitBy(
      "GROUP",
      "RBAC group on the day of use. People in several groups count fully in each. Null: people without a group.",
    ),
    ...ofGroups,
    resolve: ({ groupId }, _args, ctx) => (groupId === null ? null : groupOf(ctx, groupId)),
  }),
);
