import type { Context } from "../context.ts";
import { emailKey, type Member, type OrganizationKind } from "../domain/organization.ts";
import { consoleMembers, enterpriseMembers } from "../upstream/endpoints/members.ts";
import { walkOf, whole } from "../upstream/walk.ts";
import { loader } from "./loader.ts";

/** Current members by id; null for people who left. Names age with the cache, so an erased account disappears. */
export const memberById = loader(async (ctx, { organization }: { organization: OrganizationKind }) =>
  indexed(await membersOf(ctx, organization), (member) => member.userId),
);

/** Current members by `emailKey`: those with the address itself first, then those with an alias of it. */
export const membersByEmail = loader(async (ctx, { organization }: { organization: OrganizationKind }) => {
  const { aliases } = ctx.roster;
  const isAlias = ({ email }: Member) => emailKey(email, aliases) !== email.toLowerCase();
  const members = (await membersOf(ctx, organization)).toSorted(
    (a, b) => Number(isAlias(a)) - Number(isAlias(b)),
  );
  return Map.groupBy(members, ({ email }) => emailKey(email, aliases));
});

/** All current members. There is no look-up of several at once: the list, a thousand a page, is the cheapest way to any of them. */
export async function membersOf(
  { upstream }: Context,
  organization: OrganizationKind,
): Promise<readonly Member[]> {
  const endpoint = organization === "ENTERPRISE" ? enterpriseMembers : consoleMembers;
  return (await whole(walkOf(upstream, endpoint, [{}]))).rows;
}

function indexed(members: readonly Member[], key: (member: Member) => string): Map<string, Member> {
  return new Map(members.map((member) => [key(member), member]));
}
