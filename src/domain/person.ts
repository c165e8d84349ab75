import type { UserActivityRow } from "./activity.ts";
import type { EngagementFilterValues } from "./engagement.ts";
import type { OrganizationKind } from "./organization.ts";
import type { DayRange } from "./range.ts";
import type { MembershipSpan } from "./team.ts";

/**
 * A human, by an id in one organization. What a report says beside the id stays with the report's row: a person reached through two
 * rows is the same person.
 */
export interface Person {
  readonly organization: OrganizationKind;
  readonly userId: string;
  /** The only days on which a team lead may read figures of them. */
  readonly readableOn?: readonly MembershipSpan[];
}

/** A person over a range, as far as a filter lets through. */
export interface PersonOver extends Person {
  readonly range: DayRange;
  readonly filter: EngagementFilterValues;
  /** The row of a list of people, which also says the address. Undefined: the person was reached by id. */
  readonly activity?: UserActivityRow;
}

/** The person alone. */
export function identityOf({ organization, userId }: Person): Person {
  return { organization, userId };
}
