import type { Instant } from "./day.ts";

/** A group of members that roles hang on (role-based access control). */
export interface GroupRow {
  readonly groupId: string;
  readonly name: string;
  /** Who made it: people, or the identity provider. */
  readonly source: string;
  /** Null: could not be read just then. */
  readonly roleIds: readonly string[] | null;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
}

/** One person in one group, now. */
export interface GroupMember {
  readonly userId: string;
  readonly email: string;
  readonly joinedAt: Instant;
}

/** Who is in which group, now. */
export interface Memberships {
  /** In the order they are listed. */
  readonly groups: readonly GroupRow[];
  /** The members of each of the groups, by its id. */
  readonly membersOf: ReadonlyMap<string, readonly GroupMember[]>;
}
