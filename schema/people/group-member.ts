import type { GroupMember as GroupMemberShape } from "../../src/domain/group.ts";
import type { Person } from "../../src/domain/person.ts";
import { loader } from "../../src/loaders/loader.ts";
import { groupMembers } from "../../src/upstream/endpoints/groups.ts";
import { pagesOf } from "../../src/upstream/pages/iterate.ts";
import { requestsByKey } from "../../src/upstream/plan.ts";
import { builder, dateTime } from "../framework/builder.ts";
import { type Connection, connect, forward, type Slice } from "../framework/connection.ts";
import { GroupProfile } from "./group.ts";
import { User } from "./user.ts";

const GroupMember = builder.objectRef<GroupMemberShape>("GroupMember").implement({
  description:
    "Current membership of one person in one group. Reports use the groups on the day of use instead.",
  fields: (t) => ({
    joinedAt: t.field({
      requires: ["identity:read"], // as of the organization
      type: "DateTime",
      nullable: true,
      description: "When the person joined the group. Null only beside an error.",
      resolve: ({ joinedAt }) => dateTime(joinedAt),
    }),
    email: t.exposeString("email", {
      requires: ["identity:read", "pseudonyms"],
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
 * then be requested for all of them together.
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
    requires: ["people"],
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
