import { randomUUID } from "node:crypto";
import pMap from "p-map";
import { decodeEntry, encodeEntry } from "../cache/entry.ts";
import type { SharedStore } from "../cache/shared-store.ts";
import type { Instant } from "../domain/day.ts";
import type { GroupMember, Memberships } from "../domain/group.ts";
import type { Member, OrganizationKind } from "../domain/organization.ts";
import type { Pseudonyms } from "../domain/pseudonym.ts";
import { GatewayError } from "../errors.ts";
import type { Asker } from "../upstream/budget/operation.ts";
import type { Endpoint } from "../upstream/endpoint.ts";
import { FRESH } from "../upstream/endpoints/coverage.ts";
import { groupMembers, groups } from "../upstream/endpoints/groups.ts";
import { consoleMembers, enterpriseMembers } from "../upstream/endpoints/members.ts";
import { isTransient } from "../upstream/pages/freshness.ts";
import { walkOf, whole } from "../upstream/pages/iterate.ts";
import type { Upstream } from "../upstream/upstream.ts";

/** Who is in the organizations, and in which groups, as one operation may see it. Whatever it gives is whole. */
export interface Directory {
  /** The current members. Throws DIRECTORY_NOT_READY while there are too many to be read for one operation. */
  members(organization: OrganizationKind): Promise<readonly Member[]>;
  /** The groups and who is in them. Throws DIRECTORY_NOT_READY as `members` does. */
  memberships(): Promise<Memberships>;
  /** Throws DIRECTORY_NOT_READY where so many groups have members still to be fetched that one operation cannot. */
  demandMembersOf(groupIds: readonly string[]): Promise<void>;
  /** Whether a part is there, so that it costs no request. */
  has(part: DirectoryPart): boolean;
}

/** The lists that are each whole or not there. */
interface Parts {
  readonly ENTERPRISE_MEMBERS: readonly Member[];
  readonly CONSOLE_MEMBERS: readonly Member[];
  readonly GROUP_MEMBERS: Memberships;
}

export type DirectoryPart = keyof Parts;

/** What a part is read from in the end, for its key and its allowance. */
const ENDPOINTS: {
  readonly [P in DirectoryPart]: Pick<Endpoint<never, unknown>, "key" | "dataset" | "subject">;
} = {
  ENTERPRISE_MEMBERS: enterpriseMembers,
  CONSOLE_MEMBERS: consoleMembers,
  GROUP_MEMBERS: groupMembers,
};

const PARTS = Object.keys(ENDPOINTS) as DirectoryPart[];

/** How old the oldest page of a part can be: who was erased is in no answer after that. */
const LIFETIME_MS = FRESH.lookups * 1_000;

/** A part that was fetched behind an answer is fetched again at this age, long before its end. */
const REFRESH_MS = LIFETIME_MS / 2;

/** For how long after its last use it is, so that weekends and holidays do not end it. */
const WANTED_MS = 8 * 24 * 3_600_000;

/** The most pages of members one operation reads: each names the next one, so that they cannot be read side by side. */
const PAGES_OF_MEMBERS = 10;

/** How long one operation waits for the allowance of what it reads of the directory. */
const PATIENCE_MS = 10_000;

/** One replica walks a part, and says so at each step. A step can wait for the next minute's requests. */
const LEASE_MS = 90_000;

/** Steps between two notes of how far a walk is. */
const STEPS = 10;

/** How often it is noted that a part is used. */
const USES_MS = 3_600_000;

/** Few at a time, so that a walk leaves room for questions. */
const CONCURRENT_GROUPS = 6;
const CONCURRENT_LOOKS = 16;

/** Sooner than that nobody needs to ask again, and upstream answers about so many requests a second. */
const LEAST_SECONDS = 5;
const PER_SECOND = 4;

/** A part as this process holds it. */
interface Held<Value> {
  readonly value: Value;
  /** When the oldest of its pages was fetched. */
  readonly fetchedAt: Instant;
  /** Until when nothing of it is asked for again. */
  readonly freshUntil: Instant;
}

/** How far a walk is. */
interface Progress {
  readonly done: number;
  /** Null where it is not known: upstream does not say how many members there are. */
  readonly total: number | null;
}

/** What replicas know of a part that is too large to be read for one operation. */
interface Note extends Progress {
  /** When the oldest of its pages was fetched; null while some have not been. */
  readonly wholeAt: Instant | null;
  readonly usedAt: Instant;
  /** When this was noted. */
  readonly at: Instant;
}

/** Noted when a walk ends early, so that the next question begins it again. */
const NOBODY_WALKS = 0;

/** A part takes more requests than one operation reads. */
class TooMuch extends Error {
  readonly progress: Progress;

  constructor(progress: Progress) {
    super("too much for one operation");
    this.progress = progress;
  }
}

export interface DirectoryOptions {
  readonly operation: (asker: Asker) => Upstream;
  /** What tells the organization behind an endpoint from others in the store. */
  readonly organizationOf: (
    endpoint: Pick<Endpoint<never, unknown>, "key" | "dataset" | "subject">,
  ) => string;
  readonly now: () => Instant;
  /** Null: this process is alone. */
  readonly store: SharedStore | null;
  readonly onFault: (fault: unknown) => void;
}

/**
 * The directory of the organizations. What takes few requests is read by the operation that needs it; what takes more is fetched
 * behind an answer that says so, page by page into the store, by one replica, and fetched again before it ages. Every part is made
 * of pages that are kept as any other: a walk that ends early is gone on with, and an answer never has a part of a list.
 */
export class DirectoryCache {
  readonly #options: DirectoryOptions;
  #held: { [P in DirectoryPart]?: Held<Parts[P]> } = {};
  readonly #notes = new Map<DirectoryPart, Note>();
  readonly #usedAt = new Map<DirectoryPart, Instant>();
  readonly #walks = new Map<DirectoryPart, Promise<void>>();
  readonly #stopping = new AbortController();

  constructor(options: DirectoryOptions) {
    this.#options = options;
  }

  /** The directory as an operation sees it: by name, or by pseudonym. `upstream` is what reads it, without pseudonyms. */
  of(upstream: Upstream, pseudonyms: Pseudonyms | null): Directory {
    const seen = async <P extends DirectoryPart>(part: P): Promise<Parts[P]> => {
      const value = await this.#read(part, upstream);
      return pseudonyms === null ? value : masked(part, value, pseudonyms);
    };
    return {
      members: (organization) =>
        organization === "ENTERPRISE" ? seen("ENTERPRISE_MEMBERS") : seen("CONSOLE_MEMBERS"),
      memberships: () => seen("GROUP_MEMBERS"),
      demandMembersOf: async (groupIds) => {
        if (upstream.isUnhurried) return;
        const missing = await missingOf(upstream, groupIds);
        if (isMany(missing, upstream)) await this.#read("GROUP_MEMBERS", upstream);
      },
      has: (part) => this.#usable(part) !== null,
    };
  }

  /** Begins to fetch what was needed lately and is missing or about to age. Called by the process now and then. */
  async refresh(): Promise<void> {
    const { now } = this.#options;
    for (const part of PARTS) {
      const note = await this.#noted(part);
      if (note === null || now() > note.usedAt + WANTED_MS) continue;
      if (note.wholeAt === null || now() >= note.wholeAt + REFRESH_MS) this.#begin(part, note);
    }
  }

  /** Ends what is being fetched behind answers, at once; what was fetched is kept. Questions are answered all the same. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#walks.values());
  }

  /** What is held of a part, unless it is too old to be shown. */
  #usable<P extends DirectoryPart>(part: P): Held<Parts[P]> | null {
    const held = this.#held[part];
    return held !== undefined && this.#options.now() < held.fetchedAt + LIFETIME_MS ? held : null;
  }

  async #read<P extends DirectoryPart>(part: P, upstream: Upstream): Promise<Parts[P]> {
    const { now } = this.#options;
    const held = this.#usable(part);
    if (held !== null && now() < held.freshUntil) {
      upstream.hit(part);
      await this.#used(part);
      return held.value;
    }
    let progress: Progress = { done: 0, total: null };
    try {
      if (held === null && !upstream.isUnhurried) await this.#refuseWhileWalked(part);
      const read = await readPart(part, upstream, async (step) => {
        progress = step;
      });
      return this.#hold(part, read);
    } catch (fault) {
      const isTooMuch =
        fault instanceof TooMuch || (fault instanceof GatewayError && fault.code === "TOO_EXPENSIVE");
      if (fault instanceof TooMuch) progress = fault.progress;
      if (isTooMuch) this.#begin(part, progress);
      if (held !== null && (isTooMuch || isTransient(fault))) {
        upstream.hit(part);
        return held.value;
      }
      throw isTooMuch ? await this.#notReady(part, progress) : fault;
    }
  }

  #hold<P extends DirectoryPart>(part: P, held: Held<Parts[P]>): Parts[P] {
    this.#held = { ...this.#held, [part]: held };
    return held.value;
  }

  /** Throws where the part is being fetched, here or by another replica: asking beside it would gain nothing. */
  async #refuseWhileWalked(part: DirectoryPart): Promise<void> {
    const note = await this.#noted(part);
    const isWalked = this.#walks.has(part) || (note !== null && this.#options.now() < note.at + LEASE_MS);
    if (note !== null && note.wholeAt === null && isWalked) throw await this.#notReady(part, note);
  }

  async #notReady(part: DirectoryPart, { done, total }: Progress): Promise<GatewayError> {
    const isOfGroups = part === "GROUP_MEMBERS";
    const rest = total === null ? done || 1 : Math.max(1, total - done);
    const requests = isOfGroups ? rest : Math.ceil(rest / 1_000);
    const { waitMs } = await this.#background().outlook(ENDPOINTS[part], requests);
    const retryAfter = Math.max(LEAST_SECONDS, Math.ceil(waitMs / 1_000), Math.ceil(requests / PER_SECOND));
    const there = total === null ? `${done} are there` : `${done} of ${total} are there`;
    return new GatewayError(
      "DIRECTORY_NOT_READY",
      isOfGroups
        ? `Who is in which group is being fetched: of the groups, ${there}, and the others take about ${retryAfter} seconds. Ask again then. Teams need none of it where the operator lists them in TEAMS_FILE.`
        : `The members of the organization are being fetched: ${there}, and the others take ${total === null ? "at least" : "about"} ${retryAfter} seconds. Ask again then.`,
      { dataset: part, done, ...(total === null ? {} : { total }), retryAfter },
    );
  }

  #background(since?: Instant): Upstream {
    return this.#options.operation({
      signal: this.#stopping.signal,
      priority: "refresh",
      unhurried: true,
      ...(since === undefined ? {} : { since }),
    });
  }

  #begin(part: DirectoryPart, progress: Progress): void {
    if (this.#stopping.signal.aborted || this.#walks.has(part)) return;
    const walk = this.#walk(part, progress)
      .catch((fault: unknown) => {
        // Upstream's faults pass, and whoever asks next begins again; of an end there is nothing to say.
        if (!(fault instanceof GatewayError || fault instanceof Superseded)) this.#options.onFault(fault);
      })
      .finally(() => this.#walks.delete(part));
    this.#walks.set(part, walk);
  }

  /** Fetches a part, what is younger than its time to be refreshed left as it is. */
  async #walk(part: DirectoryPart, progress: Progress): Promise<void> {
    const { now, store } = this.#options;
    const name = this.#nameOf(part);
    const holder = randomUUID();
    const lease = async () => (await store?.acquire(name, holder, LEASE_MS)) ?? true;
    if (!(await lease())) return;
    const before = await this.#noted(part);
    const note = (step: Progress, wholeAt: Instant | null) =>
      this.#note(part, { ...step, wholeAt, usedAt: before?.usedAt ?? now(), at: now() });
    let steps = 0;
    let isOver = false; // requests that were under way when one failed come in later
    try {
      await note(progress, before?.wholeAt ?? null);
      const held = await readPart(part, this.#background(now() - REFRESH_MS), async (step) => {
        steps++;
        if (steps % STEPS !== 0) return;
        if (!(await lease())) throw new Superseded();
        if (isOver) return;
        await note({ done: step.done, total: step.total ?? before?.total ?? null }, before?.wholeAt ?? null);
      });
      this.#hold(part, held);
      const all = sizeOf(held.value);
      await note({ done: all, total: all }, held.fetchedAt);
    } catch (fault) {
      isOver = true;
      const last = this.#notes.get(part);
      if (!(fault instanceof Superseded) && last !== undefined)
        await this.#note(part, { ...last, at: NOBODY_WALKS });
      throw fault;
    } finally {
      await store?.release(name, holder);
    }
  }

  #nameOf(part: DirectoryPart): string {
    return `directory ${part} ${this.#options.organizationOf(ENDPOINTS[part])}`;
  }

  async #note(part: DirectoryPart, note: Note): Promise<void> {
    this.#notes.set(part, note);
    const { store } = this.#options;
    if (store === null) return;
    const key = this.#nameOf(part);
    await store.set(
      key,
      await encodeEntry({ key, body: JSON.stringify(note), fetchedAt: note.at }),
      WANTED_MS,
    );
  }

  /** What is known of a part that was too large for one operation; null: it never was, or it was long ago. */
  async #noted(part: DirectoryPart): Promise<Note | null> {
    const { store, operation } = this.#options;
    const own = this.#notes.get(part) ?? null;
    if (store === null || !operation({ signal: this.#stopping.signal }).has(ENDPOINTS[part].key)) return own;
    const key = this.#nameOf(part);
    const bytes = await store.get(key);
    const entry = bytes === null ? null : await decodeEntry(key, bytes);
    return entry === null ? own : (JSON.parse(entry.body) as Note);
  }

  /** Notes a use of what is too large for one operation, once an hour at most. */
  async #used(part: DirectoryPart): Promise<void> {
    const now = this.#options.now();
    if (now < (this.#usedAt.get(part) ?? 0) + USES_MS) return;
    // A walk here writes the note too: read before its last word and written after it, the note would never say that the part is whole.
    if (this.#walks.has(part)) return;
    this.#usedAt.set(part, now);
    const note = await this.#noted(part);
    if (note !== null) await this.#note(part, { ...note, usedAt: now });
  }
}

/** Another replica has gone on with the walk while this one was held up. */
class Superseded extends Error {}

/** How far a reading is; where it throws, the reading ends. */
type Step = (progress: Progress) => Promise<void>;

async function readPart<P extends DirectoryPart>(
  part: P,
  upstream: Upstream,
  step: Step,
): Promise<Held<Parts[P]>> {
  const readers: { readonly [Q in DirectoryPart]: () => Promise<Held<Parts[Q]>> } = {
    ENTERPRISE_MEMBERS: () => readMembers(upstream, enterpriseMembers, step),
    CONSOLE_MEMBERS: () => readMembers(upstream, consoleMembers, step),
    GROUP_MEMBERS: () => readMemberships(upstream, step),
  };
  return readers[part]();
}

async function readMembers(
  upstream: Upstream,
  endpoint: typeof enterpriseMembers,
  step: Step,
): Promise<Held<readonly Member[]>> {
  let members: Member[] = [];
  let fetchedAt = Number.POSITIVE_INFINITY;
  let asked = 0;
  for await (const page of upstream.pages(endpoint, {})) {
    if (page.restarted) members = [];
    members.push(...page.rows);
    fetchedAt = Math.min(fetchedAt, page.fetchedAt);
    await step({ done: members.length, total: null });
    if (page.next === null || upstream.isUnhurried) continue;
    if ((await upstream.peek(endpoint, {}, page.next)) === null) asked++;
    if (asked >= PAGES_OF_MEMBERS) throw new TooMuch({ done: members.length, total: null });
  }
  return { value: members, fetchedAt, freshUntil: fetchedAt + endpoint.freshSeconds * 1_000 };
}

async function readMemberships(upstream: Upstream, step: Step): Promise<Held<Memberships>> {
  const { rows: listed, sources } = await whole(walkOf(upstream, groups, [{}]));
  const total = listed.length;
  if (!upstream.isUnhurried) {
    const missing = await missingOf(
      upstream,
      listed.map(({ groupId }) => groupId),
    );
    const { waitMs } = await upstream.outlook(groupMembers, missing);
    if (isMany(missing, upstream) || waitMs > PATIENCE_MS)
      throw new TooMuch({ done: total - missing, total });
  }
  let fetchedAt = Number.POSITIVE_INFINITY;
  let done = 0;
  const read = await pMap(
    listed,
    async ({ groupId }) => {
      const members = await membersOfGroup(upstream, groupId);
      fetchedAt = Math.min(fetchedAt, members?.fetchedAt ?? fetchedAt);
      await step({ done: ++done, total });
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
): Promise<{ readonly rows: readonly GroupMember[]; readonly fetchedAt: Instant } | null> {
  try {
    const { rows, sources } = await whole(walkOf(upstream, groupMembers, [{ groupId }]));
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
    "GROUP_MEMBERS knows none of the groups that GROUPS lists, so that nothing is said of who is in them.",
    { dataset: "GROUP_MEMBERS" },
  );
}

/** How many of the groups have members that would have to be asked for. */
async function missingOf(upstream: Upstream, groupIds: readonly string[]): Promise<number> {
  const kept = await pMap(groupIds, (groupId) => upstream.peek(groupMembers, { groupId }, null), {
    concurrency: CONCURRENT_LOOKS,
  });
  return kept.filter((page) => page === null).length;
}

/** Whether so many requests, beside the one for the list, are more than one operation makes for the directory. */
function isMany(requests: number, { maxRequests }: Upstream): boolean {
  return requests > 0 && requests + 1 > maxRequests;
}

function sizeOf(value: Parts[DirectoryPart]): number {
  return "groups" in value ? value.groups.length : value.length;
}

const inMask = new WeakMap<Parts[DirectoryPart], Parts[DirectoryPart]>();

/** A part as it is seen by pseudonym; made once for as long as the part is held. */
function masked<P extends DirectoryPart>(part: P, value: Parts[P], pseudonyms: Pseudonyms): Parts[P] {
  const known = inMask.get(value);
  if (known !== undefined) return known as Parts[P];
  const maskers: { readonly [Q in DirectoryPart]: (value: Parts[Q]) => Parts[Q] } = {
    ENTERPRISE_MEMBERS: (members) => shown(enterpriseMembers, members, pseudonyms),
    CONSOLE_MEMBERS: (members) => shown(consoleMembers, members, pseudonyms),
    GROUP_MEMBERS: ({ groups: all, membersOf }) => ({
      groups: shown(groups, all, pseudonyms),
      membersOf: new Map(
        [...membersOf].map(([id, members]) => [id, shown(groupMembers, members, pseudonyms)]),
      ),
    }),
  };
  const made = maskers[part](value);
  inMask.set(value, made);
  return made;
}

function shown<Row>(
  { pseudonymous }: Pick<Endpoint<never, Row>, "pseudonymous">,
  rows: readonly Row[],
  pseudonyms: Pseudonyms,
): readonly Row[] {
  return pseudonymous?.(rows, pseudonyms) ?? rows;
}
