import type { Context } from "../context.ts";
import type { Group, GroupMember } from "../domain/group.ts";
import { isShownOf } from "../domain/viewer.ts";
import { GatewayError } from "../errors.ts";
import { groupMembers, groups } from "../upstream/endpoints/groups.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { mapPages, type Walk, walkOf, whole, wholeOf } from "../upstream/walk.ts";
import { loader } from "./loader.ts";

/** Groups by id; null for those that are gone, which reports go on naming. */
export const groupById = loader(async ({ upstream }, _params: Record<never, never>) => {
  const { rows } = await whole(walkOf(upstream, groups, [{}]));
  return new Map(rows.map((group): [string, Group] => [group.groupId, group]));
});

/**
 * The groups that each Enterprise user id is in now, in the order they are listed. Upstream tells members by group only, so one
 * walk per group serves everyone. Null: none.
 */
export const groupsOfUser = loader(async ({ upstream }, _params: Record<never, never>) => {
  const byUser = Map.groupBy((await membershipsNow(upstream)).memberships, ({ member }) => member.userId);
  return new Map(
    [...byUser].map(([userId, memberships]): [string, Group[]] => [userId, memberships.map((m) => m.group)]),
  );
});

/** How many people each group is of now; asked about only where that decides whether it is shown. */
export const sizeOfGroup = loader(async ({ upstream }, _params: Record<never, never>) => {
  const { groups: all, memberships } = await membershipsNow(upstream);
  const sizes = new Map(all.map(({ groupId }): [string, number] => [groupId, 0]));
  for (const { group } of memberships) sizes.set(group.groupId, (sizes.get(group.groupId) ?? 0) + 1);
  return sizes;
});

/** Whether a group is of enough people to be shown to the viewer. */
export async function isGroupShown(ctx: Context, groupId: string): Promise<boolean> {
  return ctx.viewer.minPeople === 0 || isShownOf(ctx.viewer, await sizeOfGroup(ctx, {}).load(groupId));
}

interface Membership {
  readonly group: Group;
  readonly member: GroupMember;
}

/** All groups there are, and who is in which now. */
export async function membershipsNow(
  upstream: Upstream,
): Promise<{ readonly groups: readonly Group[]; readonly memberships: readonly Membership[] }> {
  const { rows } = await whole(walkOf(upstream, groups, [{}]));
  const kept = await Promise.all(rows.map(({ groupId }) => upstream.peek(groupMembers, { groupId }, null)));
  upstream.afford(kept.filter((page) => page === null).length);
  const walks = rows.map((group) =>
    mapPages(membersNow(upstream, group), (page) => page.rows.map((member) => ({ group, member }))),
  );
  return { groups: rows, memberships: (await wholeOf(walks)).rows };
}

/** Members of a group, which may be gone since it was listed; then it has none. */
function membersNow(upstream: Upstream, { groupId }: Group): Walk<GroupMember> {
  return async function* (from) {
    try {
      yield* walkOf(upstream, groupMembers, [{ groupId }])(from);
    } catch (fault) {
      if (!(fault instanceof GatewayError && fault.code === "NOT_FOUND")) throw fault;
    }
  };
}
