import type { Context } from "../context.ts";
import type { GroupRow, Memberships } from "../domain/group.ts";
import { isShownOf } from "../domain/viewer.ts";
import { groups } from "../upstream/endpoints/groups.ts";
import { collect, pagesOf } from "../upstream/pages/iterate.ts";
import { loader } from "./loader.ts";

/** Groups by id; null for those that are gone, which reports go on naming. */
export const groupById = loader(async ({ upstream }, _params: Record<never, never>) => {
  const { rows } = await collect(pagesOf(upstream, groups, [{}]));
  return new Map(rows.map((group): [string, GroupRow] => [group.groupId, group]));
});

/** The groups that each Enterprise user id is in now, in the order they are listed. Null: none. */
export const groupsOfUser = loader(async ({ directory }, _params: Record<never, never>) =>
  byUser(await directory.memberships()),
);

/** Made once for each version of the memberships in the directory. */
const userIndexes = new WeakMap<Memberships, ReadonlyMap<string, GroupRow[]>>();

function byUser(memberships: Memberships): ReadonlyMap<string, GroupRow[]> {
  return userIndexes.getOrInsertComputed(memberships, ({ groups, membersOf }) => {
    const made = new Map<string, GroupRow[]>();
    for (const group of groups)
      for (const { userId } of membersOf.get(group.groupId) ?? [])
        made.getOrInsertComputed(userId, () => []).push(group);
    return made;
  });
}

/** How many people each group is of now; null for those that are gone. */
const sizeOfGroup = loader(async ({ directory }, _params: Record<never, never>) => {
  const { membersOf } = await directory.memberships();
  return new Map([...membersOf].map(([groupId, members]): [string, number] => [groupId, members.length]));
});

/** How many people a group is of now. Null: no group, a deleted one, or one of too few people for the viewer. */
export async function shownSizeOfGroup(ctx: Context, groupId: string | null): Promise<number | null> {
  if (groupId === null) return null;
  const size = await sizeOfGroup(ctx, {}).load(groupId);
  return isShownOf(ctx.viewer, size) ? size : null;
}

/** True if a group is of enough people to be shown to the viewer. */
export async function isGroupShown(ctx: Context, groupId: string): Promise<boolean> {
  return ctx.viewer.minPeople === 0 || isShownOf(ctx.viewer, await sizeOfGroup(ctx, {}).load(groupId));
}
