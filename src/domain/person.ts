import type { UserActivity } from "./activity.ts";
import type { EngagementFilter } from "./engagement.ts";
import type { OrganizationKind } from "./organization.ts";
import type { DayRange } from "./range.ts";

/** A human, as found by one row: an id in one organization, and what the row said beside it. */
export interface Person {
  readonly organization: OrganizationKind;
  readonly userId: string;
  /** Undefined where the row does not show it. */
  readonly email?: string | null | undefined;
  readonly name?: string | null;
  /** The address the row came with, once that is too old to be shown: figures are still joined by it. */
  readonly formerEmail?: string | null | undefined;
  /** The row says that the account is gone or the person has left. */
  readonly deleted?: boolean;
  /** The range figures are about unless a field asks for another. */
  readonly range: DayRange;
  /** The roll-up over `range`, where the row is one. */
  readonly activity?: UserActivity;
  /** `activity` is only what this filter of the list lets through. */
  readonly part?: EngagementFilter;
}
