import type {
  EngagementDimension,
  EngagementFilterValues,
  EngagementQuestion,
} from "../../domain/engagement.ts";
import type { Pseudonyms } from "../../domain/pseudonym.ts";
import type { FilterNames } from "../dimension-names.ts";
import {
  type Endpoint,
  endpoint,
  idOf,
  type PseudonymousIfPersonal,
  type QueryValue,
  type RowId,
} from "../endpoint.ts";
import type { Wire } from "../http/wire.ts";
import { engagementDays } from "./coverage.ts";
import { byPseudonym } from "./pseudonymous.ts";

/** The most entries upstream takes in one `filter[]`, of all dimensions together. */
export const MAX_FILTERS = 100;

/** A filter narrowed to `more`, if one request can state it; otherwise unchanged, and the rows must be filtered. */
export function narrowed(
  filter: EngagementFilterValues,
  more: EngagementFilterValues,
): EngagementFilterValues {
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

/** One more dimension that a list's rows are split by: how upstream spells it, and what a row then says of it. */
interface Split<Part> {
  /** The part as it is seen by pseudonym, where it is a person. */
  readonly pseudonymous?: (part: Part, pseudonyms: Pseudonyms) => Part;
  readonly column: keyof SplitColumns;
  readonly part: (w: Wire<SplitColumns>) => Part;
  /** Null for what upstream ties to none. */
  readonly id: (part: Part) => RowId | null;
}

interface SplitColumns {
  user_id?: string | null;
  product?: string | null;
  rbac_group_id?: string | null;
  rbac_group_name?: string | null;
}

export const BY_PERSON: Split<{ userId: string | null }> = {
  column: "user_id",
  part: (w) => ({ userId: w.stringOrNull("user_id") }),
  pseudonymous: ({ userId }, pseudonyms) => ({ userId: userId && pseudonyms.id(userId, "user") }),
  id: ({ userId }) => userId,
};

export const BY_PRODUCT: Split<{ product: string | null }> = {
  column: "product",
  part: (w) => ({ product: w.stringOrNull("product") }),
  id: ({ product }) => product,
};

/** People count fully in each group they are in at the time of use. */
export const BY_GROUP: Split<{ groupId: string | null; groupName: string | null }> = {
  column: "rbac_group_id",
  part: (w) => ({
    groupId: w.stringOrNull("rbac_group_id"),
    groupName: w.stringOrNull("rbac_group_name"),
  }),
  id: ({ groupId }) => groupId,
};

/** A list with split rows: a row per thing, which `thingId` names, and value. */
export function splitList<WireRow extends object, Row, Part>(
  definition: SplitOf<Row> & PseudonymousIfPersonal<Row>,
  names: FilterNames,
  row: (w: Wire<WireRow>) => Row,
  thingId: (row: Row) => RowId | null,
  { column, part, id, pseudonymous }: Split<Part>,
): Endpoint<EngagementQuestion, Row & Part> {
  const list: SplitOf<Row> = definition;
  const masked = (rows: readonly (Row & Part)[], pseudonyms: Pseudonyms) => {
    const things = list.pseudonymous?.(rows, pseudonyms) ?? rows;
    if (pseudonymous === undefined) return things as readonly (Row & Part)[];
    const split = things.map((row, i) => ({ ...row, ...pseudonymous(rows[i] as Part, pseudonyms) }));
    return byPseudonym(split as (Row & Part)[], (row) => String(id(row) ?? ""));
  };
  return endpoint({
    ...list,
    pseudonymous: masked,
    query: (p: EngagementQuestion) => ({ ...engagementQuery(names, p), "group_by[]": [column] }),
    rowId: (split: Row & Part) => idOf(thingId(split), id(split)),
    row: (w: Wire<WireRow>): Row & Part => {
      const split = w as object as Wire<SplitColumns>;
      // A row without its key was not split; reading the key reports that.
      if (!split.has(column)) split.string(column);
      return { ...row(w), ...part(split) };
    },
  });
}

type SplitOf<Row> = Omit<
  Endpoint<EngagementQuestion, never>,
  "query" | "read" | "rowId" | "withoutNames" | "pseudonymous"
> & { readonly pseudonymous?: (rows: readonly Row[], pseudonyms: Pseudonyms) => readonly Row[] };
