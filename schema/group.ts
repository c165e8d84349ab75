import type { Context } from "../src/context.ts";
import type { GroupMember as GroupMemberShape, Group as GroupShape } from "../src/domain/group.ts";
import type { Person } from "../src/domain/person.ts";
import type { DayRange } from "../src/domain/range.ts";
import { GatewayError } from "../src/errors.ts";
import { groupById, groupsOfUser, isGroupShown } from "../src/loaders/groups.ts";
import { loader } from "../src/loaders/loader.ts";
import { walksToMemberships } from "../src/loaders/teams.ts";
import { groupMembers, groups } from "../src/upstream/endpoints/groups.ts";
import { walksByKey, walksOf } from "../src/upstream/plan.ts";
import { mapPages, walkOf } from "../src/upstream/walk.ts";
import { builder, dateTime, nodeLoader } from "./builder.ts";
import { type Connection, connect, forward, rowsWanted, type Slice } from "./connection.ts";
import { DateRange, DEFAULT_PERIOD, resolveRange } from "./range.ts";
import { Bucketed } from "./report-bucket.ts";
import { splitBy } from "./selection.ts";
import { User } from "./user.ts";
import { nodeWalks, walks } from "./walks.ts";

/** A group by its id, with what the list says of it; null once it is gone. */
interface GroupNode {
  readonly groupId: string;
  readonly listed: GroupShape | null;
  /** What figures of its members are about. */
  readonly range: DayRange;
}

function groupNode(listed: GroupShape, range: DayRange): GroupNode {
  return { groupId: listed.groupId, listed, range };
}

/** A group that figures name, which may be gone by now. */
export async function groupOf(ctx: Context, groupId: string, range: DayRange): Promise<GroupNode> {
  return { groupId, listed: await groupById(ctx, {}).load(groupId), range };
}

/** The look-up of groups by id: the list of all of them. */
export const walksOfGroups = walks(() => walksOf(groups, [{}]));

export const Group = builder.node(builder.objectRef<GroupNode>("Group"), {
  description:
    "An RBAC group of the Enterprise organization. A deleted group that reports still name keeps its id alone. Source: GROUPS.",
  id: { resolve: ({ groupId }) => groupId },
  extensions: nodeWalks(() => walksOf(groups, [{}])),
  loadOne: nodeLoader("Group", async (groupId, ctx) => {
    const listed = await groupById(ctx, {}).load(groupId);
    if (listed === null || !(await isGroupShown(ctx, groupId)))
      throw new GatewayError("NOT_FOUND", "No group has this id now.", { dataset: "GROUPS" });
    return groupNode(listed, resolveRange({ period: DEFAULT_PERIOD }, ctx.now()));
  }),
  fields: (t) => ({
    groupId: t.exposeString("groupId", { description: "The id upstream knows it by, `rbac_group_...`." }),
    name: t.string({
      nullable: true,
      description: "Name. Not unique. Null: the group was deleted.",
      resolve: ({ listed }) => listed?.name ?? null,
    }),
    source: t.string({
      nullable: true,
      description:
        "`direct` where people manage it, `scim` where the identity provider does. Null: the group was deleted.",
      resolve: ({ listed }) => listed?.source ?? null,
    }),
    roleIds: t.stringList({
      nullable: true,
      description:
        "Ids of the roles its members get. Null: the group was deleted, or upstream could not read its roles just then.",
      resolve: ({ listed }) => listed?.roleIds ?? null,
    }),
    createdAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "When it was made. Null: the group was deleted.",
      resolve: ({ listed }) => dateTime(listed?.createdAt ?? null),
    }),
    updatedAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "When it last changed. Null: the group was deleted.",
      resolve: ({ listed }) => dateTime(listed?.updatedAt ?? null),
    }),
  }),
});

interface GroupMemberNode extends GroupMemberShape {
  readonly range: DayRange;
}

const GroupMember = builder.objectRef<GroupMemberNode>("GroupMember").implement({
  description: "One person in one group, now; reports go by the groups of the day of use instead.",
  fields: (t) => ({
    joinedAt: t.field({
      authScopes: { "identity:read": true }, // as of the organization
      type: "DateTime",
      nullable: true,
      description: "When the person joined the group. Null only beside an error.",
      resolve: ({ joinedAt }) => dateTime(joinedAt),
    }),
    user: t.field({
      type: User,
      description: "The person.",
      resolve: ({ userId, email, range }): Person => ({
        organization: "ENTERPRISE",
        userId,
        email,
        range,
      }),
    }),
  }),
});

const GroupMemberConnection = builder.connectionObject(
  { type: GroupMember, name: "GroupMemberConnection", description: "Members of a group." },
  { name: "GroupMemberEdge", description: "A member and their place in the list." },
);

/**
 * A page of members of each group, those of all groups of a list at the same time: what is asked about the people in them can
 * then be asked for all of them together.
 */
const membersOfGroup = loader(
  async (ctx, { range, slice }: { readonly range: DayRange; readonly slice: Slice }, groupIds) => {
    await ctx.directory.demandMembersOf(groupIds);
    const pages = groupIds.map(async (groupId): Promise<[string, Connection<GroupMemberNode> | Error]> => {
      const walk = mapPages(walkOf(ctx.upstream, groupMembers, [{ groupId }]), ({ rows }) =>
        rows.map((member) => ({ ...member, range })),
      );
      const question = { field: "Group.members", range, dataset: "GROUP_MEMBERS", args: groupId } as const;
      const page = connect(ctx, slice, question, walk, ({ userId }) => userId);
      return [groupId, await page.catch((fault: Error) => fault)];
    });
    return new Map(await Promise.all(pages));
  },
);

builder.objectField(Group, "members", (t) =>
  t.field({
    authScopes: { people: true },
    type: GroupMemberConnection,
    nullable: true,
    description:
      "Who is in the group now, longest first, or by pseudonym. One upstream walk per group. Null: the group was deleted. Source: GROUP_MEMBERS. Errors: NOT_FOUND, DIRECTORY_NOT_READY, CURSOR_*, UPSTREAM_*.",
    args: {
      range: t.arg({
        type: DateRange,
        description:
          "The days that figures of the members are about; by default those of the list the group was reached through.",
      }),
      ...forward,
    },
    extensions: walks(() => walksByKey(groupMembers, [null])),
    resolve: ({ groupId, listed, range: inherited }, { range: own, ...slice }, ctx) => {
      if (listed === null) return null;
      const range = own ? resolveRange(own, ctx.now()) : inherited;
      return membersOfGroup(ctx, { range, slice }).load(groupId);
    },
  }),
);

const GroupConnection = builder.connectionObject(
  { type: Group, name: "GroupConnection", description: "Groups, in upstream's order." },
  { name: "GroupEdge", description: "A group and its place in the list." },
);

builder.queryField("groups", (t) =>
  t.field({
    authScopes: { "activity:read": true },
    type: GroupConnection,
    nullable: true,
    description:
      "RBAC groups of the Enterprise organization. Source: GROUPS. Errors: NOT_CONFIGURED, CURSOR_*, UPSTREAM_*.",
    args: {
      range: t.arg({
        type: DateRange,
        description: "The days that figures of the members are about; the last 30 days by default.",
      }),
      ...forward,
    },
    extensions: walks<Slice>(({ args }) => walksOf(groups, [{}], rowsWanted(args))),
    resolve: (_root, { range: asked, ...slice }, ctx) => {
      const range = resolveRange(asked ?? { period: DEFAULT_PERIOD }, ctx.now());
      const walk = mapPages(walkOf(ctx.upstream, groups, [{}]), async ({ rows }) => {
        const shown = await Promise.all(rows.map(({ groupId }) => isGroupShown(ctx, groupId)));
        return rows.filter((_, i) => shown[i]).map((group) => groupNode(group, range));
      });
      const question = { field: "groups", range, dataset: "GROUPS" } as const;
      return connect(ctx, slice, question, walk, ({ groupId }) => groupId);
    },
  }),
);

builder.objectField(User, "groups", (t) =>
  t.field({
    authScopes: { "activity:read": true, own: true },
    type: [Group],
    nullable: true,
    description:
      "The RBAC groups the person is in now. Null: not in the Enterprise organization. Upstream lists members by group only, so they come from the directory, which is read once a day. Sources: GROUPS, GROUP_MEMBERS. Errors: DIRECTORY_NOT_READY, UPSTREAM_*.",
    extensions: walks((_prospect, ctx) => walksToMemberships(ctx)),
    resolve: async ({ organization, userId, range }, _args, ctx) => {
      if (organization !== "ENTERPRISE") return null;
      return ((await groupsOfUser(ctx, {}).load(userId)) ?? []).map((group) => groupNode(group, range));
    },
  }),
);

builder.interfaceField(Bucketed, "group", (t) =>
  t.field({
    type: Group,
    ...splitBy(
      "GROUP",
      "RBAC group, as of the day of use; people in several count fully in each. Null where the people were in none.",
      walksOfGroups,
    ),
    resolve: ({ groupId, range }, _args, ctx) => (groupId === null ? null : groupOf(ctx, groupId, range)),
  }),
);
