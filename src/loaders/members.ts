import type { Context } from "../context.ts";
import { type Aliases, emailKey, type Member, type OrganizationKind } from "../domain/organization.ts";
import { inPieces, type ThreadTurn } from "../domain/pieces.ts";
import { loader } from "./loader.ts";

/** Current members by id; null for people who left. Names age with the directory, so an erased account disappears. */
export const memberById = loader(async (ctx, { organization }: { organization: OrganizationKind }) =>
  byId(await membersOf(ctx, organization), ctx.upstream.turn),
);

/** Current members by `emailKey`: those with the address itself first, then those with an alias of it. */
export const membersByEmail = loader(async (ctx, { organization }: { organization: OrganizationKind }) =>
  byEmail(await membersOf(ctx, organization), ctx.orgDirectory.aliases, ctx.upstream.turn),
);

/** All current members. */
export function membersOf(
  { directory }: Context,
  organization: OrganizationKind,
): Promise<readonly Member[]> {
  return directory.members(organization);
}

type Index<Found> = Promise<ReadonlyMap<string, Found>>;

/** Made once for each list that the directory holds, however many operations look people up in it. */
const idIndexes = new WeakMap<readonly Member[], Index<Member>>();
const emailIndexes = new WeakMap<readonly Member[], WeakMap<Aliases, Index<readonly Member[]>>>();

function byId(members: readonly Member[], turn: ThreadTurn): Index<Member> {
  return idIndexes.getOrInsertComputed(members, async () => {
    const index = new Map<string, Member>();
    await inPieces(members, turn, (member) => void index.set(member.userId, member));
    return index;
  });
}

function byEmail(members: readonly Member[], aliases: Aliases, turn: ThreadTurn): Index<readonly Member[]> {
  const byAliases = emailIndexes.getOrInsertComputed(
    members,
    () => new WeakMap<Aliases, Index<readonly Member[]>>(),
  );
  return byAliases.getOrInsertComputed(aliases, async () => {
    const index = new Map<string, Member[]>();
    const others: Member[] = [];
    await inPieces(members, turn, (member) => {
      const key = emailKey(member.email, aliases);
      if (key !== member.email.toLowerCase()) others.push(member);
      else index.getOrInsertComputed(key, () => []).push(member);
    });
    for (const member of others)
      index.getOrInsertComputed(emailKey(member.email, aliases), () => []).push(member);
    return index;
  });
}
