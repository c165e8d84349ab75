import type {
  EngagementDimension,
  EngagementFilter,
  EngagementQuestion,
  UseOf,
} from "../../domain/engagement.ts";
import type { QueryValue } from "../endpoint.ts";
import type { Wire } from "../wire.ts";
import { engagementDays } from "./coverage.ts";

/** What a list calls the dimensions it can be narrowed by; those without a name it does not know. */
export type FilterNames = { readonly [D in EngagementDimension]?: string };

/** The most entries upstream takes in one `filter[]`, of all dimensions together. */
export const MAX_FILTERS = 100;

/** A filter narrowed to `more`, as long as one request can state it; beyond, as it was, and the rows are to be picked from. */
export function narrowed(filter: EngagementFilter, more: EngagementFilter): EngagementFilter {
  const both = { ...filter, ...more };
  return Object.values(both).flat().length <= MAX_FILTERS ? both : filter;
}

/** A question to an engagement list in upstream's words. A dimension that the list does not know is a fault of the caller. */
export function engagementQuery(
  names: FilterNames,
  { range, filter = {}, descending = false }: EngagementQuestion,
): Readonly<Record<string, QueryValue>> {
  const entries = (Object.keys(filter) as EngagementDimension[]).flatMap((dimension) => {
    const name = names[dimension];
    if (name === undefined) throw new RangeError(`this list has no filter by ${dimension}`);
    return (filter[dimension] ?? []).map((value) => `${name}:${value}`);
  });
  return { ...engagementDays(range), "filter[]": entries, order: descending ? "desc" : undefined };
}

/** What a list says of each person who used a thing: a row per thing and person. */
export const BY_PERSON = { "group_by[]": ["user_id"] } as const;

/** A thing's row as what one person did with it. A row that was not split, as its missing key tells, is nobody's. */
export function useOf<Thing>(thing: Thing, w: Wire<{ user_id?: string | null }>): UseOf<Thing> {
  return { ...thing, userId: w.has("user_id") ? w.stringOrNull("user_id") : w.string("user_id") };
}
