import type { Instant } from "../../domain/day.ts";
import type { Memberships } from "../../domain/group.ts";
import type { Member } from "../../domain/organization.ts";
import type { EndpointKey } from "../../upstream/endpoint.ts";
import { FRESH } from "../../upstream/endpoints/coverage.ts";
import { groupMembers } from "../../upstream/endpoints/groups.ts";
import { consoleMembers, enterpriseMembers } from "../../upstream/endpoints/members.ts";

/** The lists of the directory. An answer has a list whole or not at all. */
export interface Parts {
  readonly ENTERPRISE_MEMBERS: readonly Member[];
  readonly CONSOLE_MEMBERS: readonly Member[];
  readonly GROUP_MEMBERS: Memberships;
}

export type DirectoryPart = keyof Parts;

/** The endpoint that takes most of a part's requests, for its key and its rate limit. */
export const ENDPOINTS: { readonly [P in DirectoryPart]: EndpointKey } = {
  ENTERPRISE_MEMBERS: enterpriseMembers,
  CONSOLE_MEMBERS: consoleMembers,
  GROUP_MEMBERS: groupMembers,
};

export const PARTS = Object.keys(ENDPOINTS) as DirectoryPart[];

/** The greatest age of a part's oldest page: a member who was erased is in no answer after that. */
export const LIFETIME_MS = FRESH.lookups * 1_000;

/** A part that was fetched in the background is fetched again at this age, long before it expires. */
export const REFRESH_MS = LIFETIME_MS / 2;

/** A part as this process holds it. */
export interface HeldPart<Value> {
  readonly value: Value;
  /** When the oldest of its pages was fetched. */
  readonly fetchedAt: Instant;
  /** The part is used without a request until then. */
  readonly freshUntil: Instant;
}

/** How much of a part has been read. */
export interface Progress {
  readonly done: number;
  /** Null where it is not known: upstream does not say how many members there are. */
  readonly total: number | null;
}

/** The number of entries that `Progress` counts. */
export function sizeOf(value: Parts[DirectoryPart]): number {
  return "groups" in value ? value.groups.length : value.length;
}
