import pMap from "p-map";
import type { GroupMember, Memberships } from "../../domain/group.ts";
import type { Member } from "../../domain/organization.ts";
import { GatewayError } from "../../errors.ts";
import { groupMembers, groups } from "../../upstream/endpoints/groups.ts";
import { consoleMembers, enterpriseMembers } from "../../upstream/endpoints/members.ts";
import { collect, pagesOf } from "../../upstream/pages/iterate.ts";
import type { Upstream } from "../../upstream/upstream.ts";
import type { DirectoryPart, HeldPart, Parts, Progress } from "./part.ts";

/** The most pages of members one operation reads: each names the next one, so that they cannot be read side by side. */
const PAGES_OF_MEMBERS = 10;

/** How long one operation waits for the rate limiter before it leaves the memberships to the background. */
const MAX_WAIT_MS = 10_000;

/** Few at a time, so that a background fetch leaves room for questions. */
const CONCURRENT_GROUPS = 6;
const CONCURRENT_LOOKS = 16;
/** Groups that are looked up in one go, which takes a few milliseconds where they are in memory. */
const LOOKS_A_TURN = 250;

/** A part takes more requests than one operation makes for the directory. */
export class PartTooLarge extends Error {
  readonly progress: Progress;

  constructor(progress: Progress) {
    super("too much for one operation");
    this.progress = progress;
  }
}

/** Is called with the progress after each page or group; reading ends where it throws. */
type OnProgress = (progress: Progress) => Promise<void>;

/** Reads a part whole. Throws `PartTooLarge` where it takes more requests than one operation makes for it. */
export async function readPart<P extends DirectoryPart>(
  part: P,
  upstream: Upstream,
  onProgress: OnProgress,
): Promise<HeldPart<Parts[P]>> {
  const readers: { readonly [Q in DirectoryPart]: () => Promise<HeldPart<Parts[Q]>> } = {
    ENTERPRISE_MEMBERS: () => readMembers(upstream, enterpriseMembers, onProgress),
    CONSOLE_MEMBERS: () => readMembers(upstream, consoleMembers, onProgress),
    GROUP_MEMBERS: () => readMemberships(upstream, onProgress),
  };
  return readers[part]();
}

/** Returns whether one operation cannot read the members of so many groups beside its other requests. */
export async function areTooManyGroups(upstream: Upstream, groupIds: readonly string[]): Promise<boolean> {
  return isMany(await missingOf(upstream, groupIds), upstream);
}

async function readMembers(
  upstream: Upstream,
  endpoint: typeof enterpriseMembers,
  onProgress: OnProgress,
): Promise<HeldPart<readonly Member[]>> {
  let members: Member[] = [];
  let fetchedAt = Number.POSITIVE_INFINITY;
  let requested = 0;
  for await (const page of upstream.pages(endpoint, {})) {
    if (page.restarted) members = [];
    members.push(...page.rows);
    fetchedAt = Math.min(fetchedAt, page.fetchedAt);
    await onProgress({ done: members.length, total: null });
    if (page.next === null || upstream.isUnbounded) continue;
    if ((await upstream.peek(endpoint, {}, page.next)) === null) requested++;
    if (requested >= PAGES_OF_MEMBERS) throw new PartTooLarge({ done: members.length, total: null });
  }
  return { value: members, fetchedAt, freshUntil: fetchedAt + endpoint.freshSeconds * 1_000 };
}

async function readMemberships(upstream: Upstream, onProgress: OnProgress): Promise<HeldPart<Memberships>> {
  const { rows: listed, sources } = await collect(pagesOf(upstream, groups, [{}]));
  const total = listed.length;
  if (!upstream.isUnbounded) {
    const missing = await missingOf(
      upstream,
      listed.map(({ groupId }) => groupId),
    );
    const { waitMs } = await upstream.availability(groupMembers, missing);
    if (isMany(missing, upstream) || waitMs > MAX_WAIT_MS)
      throw new PartTooLarge({ done: total - missing, total });
  }
  let fetchedAt = Number.POSITIVE_INFINITY;
  let done = 0;
  const read = await pMap(
    listed,
    async ({ groupId }) => {
      const members = await membersOfGroup(upstream, groupId);
      fetchedAt = Math.min(fetchedAt, members?.fetchedAt ?? fetchedAt);
      await onProgress({ done: ++done, total });
      return members;
    },
    { concurrency: CONCURRENT_GROUPS },
  );
  const there = listed.filter((_, i) => read[i] !== null);
  if (there.length === 0 && total > 1) throw noneKnown();
  const membersOf = new Map(
    listed.flatMap(({ groupId }, i): [string, readonly GroupMember[]][] => {
      const members = read[i]?.rows;
      return members === undefined ? [] : [[groupId, members]];
    }),
  );
  const listedAt = Math.min(...sources.map((page) => page.fetchedAt));
  return {
    value: { groups: there, membersOf },
    fetchedAt: Math.min(fetchedAt, listedAt),
    freshUntil: Math.min(
      fetchedAt + groupMembers.freshSeconds * 1_000,
      listedAt + groups.freshSeconds * 1_000,
    ),
  };
}

/** Null: the group was deleted since it was listed. */
async function membersOfGroup(
  upstream: Upstream,
  groupId: string,
): Promise<{ readonly rows: readonly GroupMember[]; readonly fetchedAt: number } | null> {
  try {
    const { rows, sources } = await collect(pagesOf(upstream, groupMembers, [{ groupId }]));
    return { rows, fetchedAt: Math.min(...sources.map(({ fetchedAt }) => fetchedAt)) };
  } catch (fault) {
    if (fault instanceof GatewayError && fault.code === "NOT_FOUND") return null;
    throw fault;
  }
}

/** A path that leads nowhere looks like groups that are gone, and must not empty every team. */
function noneKnown(): GatewayError {
  return new GatewayError(
    "UPSTREAM_SHAPE",
    "GROUP_MEMBERS has none of the groups that GROUPS lists, so their members are unknown.",
    { dataset: "GROUP_MEMBERS" },
  );
}

/** Counts the groups with members that are not stored. */
export async function missingOf(upstream: Upstream, groupIds: readonly string[]): Promise<number> {
  let missing = 0;
  for (let begin = 0; begin < groupIds.length; begin += LOOKS_A_TURN) {
    if (begin > 0) await upstream.turn();
    const kept = await pMap(
      groupIds.slice(begin, begin + LOOKS_A_TURN),
      (groupId) => upstream.peek(groupMembers, { groupId }, null),
      { concurrency: CONCURRENT_LOOKS },
    );
    missing += kept.filter((page) => page === null).length;
  }
  return missing;
}

/** Returns whether so many requests, beside the one for the list, are more than one operation makes for the directory. */
function isMany(requests: number, { maxRequests }: Upstream): boolean {
  return requests > 0 && requests + 1 > maxRequests;
}
