import type { Context } from "../context.ts";
import { type Aliases, emailKey, type Member, type OrganizationKind } from "../domain/organization.ts";
import { loader } from "./loader.ts";

/** Current members by id; null for people who left. Names age with the directory, so an erased account disappears. */
export const memberById = loader(async (ctx, { organization }: { organization: OrganizationKind }) =>
  byId(await membersOf(ctx, organization)),
);

/** Current members by `emailKey`: those with the address itself first, then those with an alias of it. */
export const membersByEmail = loader(async (ctx, { organization }: { organization: OrganizationKind }) =>
  byEmail(await membersOf(ctx, organization), ctx.orgDirectory.aliases),
);

/** All current members. */
export function membersOf(
  { directory }: Context,
  organization: OrganizationKind,
): Promise<readonly Member[]> {
  return directory.members(organization);
}

/** Made once for each list that the directory holds, however many operations look people up in it. */
const idIndexes = new WeakMap<readonly Member[], ReadonlyMap<string, Member>>();
const emailIndexes = new WeakMap<readonly Member[], WeakMap<Aliases, ReadonlyMap<string, Member[]>>>();

function byId(members: readonly Member[]): ReadonlyMap<string, Member> {
  return idIndexes.getOrInsertComputed(
    members,
    () => new Map(members.map((member): [string, Member] => [member.userId, member])),
  );
}

function byEmail(members: readonly Member[], aliases: Aliases): ReadonlyMap<string, Member[]> {
  const byAliases = emailIndexes.getOrInsertComputed(
    members,
    () => new WeakMap<Aliases, ReadonlyMap<string, Member[]>>(),
  );
  return byAliases.getOrInsertComputed(aliases, () => {
    const isAlias = ({ email }: Member) => emailKey(email, aliases) !== email.toLowerCase();
    const originalsFirst = members.toSorted((a, b) => Number(isAlias(a)) - Number(isAlias(b)));
    return Map.groupBy(originalsFirst, ({ email }) => emailKey(email, aliases));
  });
}
