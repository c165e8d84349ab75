import type { SharedStore } from "../../cache/shared-store.ts";
import { type Validity, whileCurrent } from "../../cache/validity.ts";
import type { Instant } from "../../domain/day.ts";
import type { Memberships } from "../../domain/group.ts";
import type { Member, OrganizationKind } from "../../domain/organization.ts";
import type { Pseudonyms } from "../../domain/pseudonym.ts";
import { GatewayError } from "../../errors.ts";
import type { OperationOptions } from "../../upstream/budget/operation.ts";
import type { EndpointKey } from "../../upstream/endpoint.ts";
import { isTransient } from "../../upstream/pages/freshness.ts";
import type { Upstream } from "../../upstream/upstream.ts";
import { BackgroundFetches, LEASE_MS } from "./background-fetches.ts";
import { notReady } from "./not-ready.ts";
import { PartNotes, WANTED_MS } from "./notes.ts";
import {
  type DirectoryPart,
  ENDPOINTS,
  type HeldPart,
  LIFETIME_MS,
  PARTS,
  type Parts,
  type Progress,
  REFRESH_MS,
} from "./part.ts";
import { pseudonymousPart } from "./pseudonymous-part.ts";
import { areTooManyGroups, PartTooLarge, readPart } from "./read-part.ts";

/** The members and groups of the organizations, as one operation may see them. Every list is whole. */
export interface Directory {
  /** The current members. Throws DIRECTORY_NOT_READY while there are too many to be read for one operation. */
  members(organization: OrganizationKind): Promise<readonly Member[]>;
  /** The groups and their members. Throws DIRECTORY_NOT_READY as `members` does. */
  memberships(): Promise<Memberships>;
  /** Throws DIRECTORY_NOT_READY where so many groups have members still to be fetched that one operation cannot. */
  requireMembersOf(groupIds: readonly string[]): Promise<void>;
  /** Returns whether a part is held, so that it costs no request. */
  has(part: DirectoryPart): boolean;
}

export interface DirectoryOptions {
  readonly operation: (asker: OperationOptions) => Upstream;
  /** Distinguishes the organization behind an endpoint from others in the store. */
  readonly organizationOf: (endpoint: EndpointKey) => string;
  readonly now: () => Instant;
  /** Null: this process is alone. */
  readonly store: SharedStore | null;
  readonly onFault: (fault: unknown) => void;
}

/**
 * The directory of the organizations. An operation reads a part itself if that takes few requests. A larger part is fetched in
 * the background by one replica, and refreshed before it expires; operations receive a time to retry.
 */
export class DirectoryCache {
  readonly #now: () => Instant;
  readonly #notes: PartNotes;
  readonly #fetches: BackgroundFetches;
  #held: { [P in DirectoryPart]?: HeldPart<Parts[P]> } = {};

  constructor({ operation, organizationOf, now, store, onFault }: DirectoryOptions) {
    const keyOf = (part: DirectoryPart) => `directory ${part} ${organizationOf(ENDPOINTS[part])}`;
    const isReadable = (part: DirectoryPart) => this.#fetches.upstream().has(ENDPOINTS[part].key);
    this.#now = now;
    this.#notes = new PartNotes({ now, store, keyOf, isReadable });
    this.#fetches = new BackgroundFetches({
      operation,
      now,
      store,
      keyOf,
      notes: this.#notes,
      onFetched: (part, held) => this.#hold(part, held),
      onFault,
    });
  }

  /** The directory for one operation, by name or by pseudonym. `upstream` reads it and shows names. */
  of(upstream: Upstream, pseudonyms: Pseudonyms | null): Directory {
    const shown = async <P extends DirectoryPart>(part: P): Promise<Parts[P]> => {
      const value = await this.#read(part, upstream);
      return pseudonyms === null ? value : pseudonymousPart(part, value, pseudonyms, upstream.turn);
    };
    return {
      members: (organization) =>
        organization === "ENTERPRISE" ? shown("ENTERPRISE_MEMBERS") : shown("CONSOLE_MEMBERS"),
      memberships: () => shown("GROUP_MEMBERS"),
      requireMembersOf: async (groupIds) => {
        if (upstream.isUnbounded) return;
        if (await areTooManyGroups(upstream, groupIds)) await this.#read("GROUP_MEMBERS", upstream);
      },
      has: (part) => this.#usable(part) !== null,
    };
  }

  /** Begins to fetch the parts that were needed lately and are missing or about to expire. The process calls it now and then. */
  async refresh(): Promise<void> {
    for (const part of PARTS) {
      const note = await this.#notes.of(part);
      if (note === null || this.#now() > note.usedAt + WANTED_MS) continue;
      if (note.wholeAt === null || this.#now() >= note.wholeAt + REFRESH_MS) this.#fetches.begin(part, note);
    }
  }

  /** Ends the background fetches at once. Questions are still answered. */
  stop(): Promise<void> {
    return this.#fetches.stop();
  }

  /** Returns the held part; null where it is missing or expired. */
  #usable<P extends DirectoryPart>(part: P): HeldPart<Parts[P]> | null {
    const held = this.#held[part];
    return held !== undefined && this.#now() < held.fetchedAt + LIFETIME_MS ? held : null;
  }

  async #read<P extends DirectoryPart>(part: P, upstream: Upstream): Promise<Parts[P]> {
    // A part that is held is not for callers who may not read its organization: the request says why.
    if (!upstream.has(ENDPOINTS[part].key)) return (await readPart(part, upstream, async () => {})).value;
    const held = this.#usable(part);
    if (held !== null && this.#now() < held.freshUntil) {
      upstream.hit(part, this.#validityOf(part, held));
      // A fetch here writes the note too: read before its last word and written after it, the note would never say that the part is whole.
      if (!this.#fetches.isRunning(part)) await this.#notes.noteUse(part);
      return held.value;
    }
    let progress: Progress = { done: 0, total: null };
    try {
      if (held === null && !upstream.isUnbounded) await this.#refuseWhileFetched(part);
      const read = await readPart(part, upstream, async (step) => {
        progress = step;
      });
      this.#hold(part, read);
      return read.value;
    } catch (fault) {
      const isTooLarge =
        fault instanceof PartTooLarge || (fault instanceof GatewayError && fault.code === "TOO_EXPENSIVE");
      if (fault instanceof PartTooLarge) progress = fault.progress;
      if (isTooLarge) this.#fetches.begin(part, progress);
      if (held !== null && (isTooLarge || isTransient(fault))) {
        upstream.hit(part, this.#validityOf(part, held));
        return held.value;
      }
      throw isTooLarge ? await notReady(part, progress, this.#fetches.upstream()) : fault;
    }
  }

  /** A part is in use while answers that were made from it are. */
  #validityOf(part: DirectoryPart, held: HeldPart<Parts[DirectoryPart]>): Validity {
    const { freshUntil } = held;
    const inUse = whileCurrent(held, () => this.#held[part]);
    return {
      isCurrent: () => {
        const isCurrent = inUse.isCurrent() && this.#now() < freshUntil;
        if (isCurrent && !this.#fetches.isRunning(part)) void this.#notes.noteUse(part);
        return isCurrent;
      },
    };
  }

  /** An operation can end after the background fetch that began later: of two parts the newer one stays. */
  #hold<P extends DirectoryPart>(part: P, held: HeldPart<Parts[P]>): void {
    if (held.fetchedAt < (this.#held[part]?.fetchedAt ?? 0)) return;
    this.#held = { ...this.#held, [part]: held };
  }

  /** Throws where the part is being fetched, here or by another replica: reading it beside the fetch would gain nothing. */
  async #refuseWhileFetched(part: DirectoryPart): Promise<void> {
    const note = await this.#notes.of(part);
    const isFetched = this.#fetches.isRunning(part) || (note !== null && this.#now() < note.at + LEASE_MS);
    if (note !== null && note.wholeAt === null && isFetched)
      throw await notReady(part, note, this.#fetches.upstream());
  }
}
