import { dimensionKey, pseudonymous, type ReportRow, type Span } from "../../domain/bucket.ts";
import type { Day } from "../../domain/day.ts";
import type { Pseudonyms } from "../../domain/pseudonym.ts";
import type { BucketRow, BucketWidth, FilterDimension, ReportQuestion } from "../../domain/report.ts";
import { badInput } from "../../errors.ts";
import { namesOfParent, type ReportNames } from "../dimension-names.ts";
import type { QueryValue, RowId } from "../endpoint.ts";
import type { Wire } from "../http/wire.ts";
import { unmaskedIds } from "./pseudonymous.ts";

export const ANY_BUCKET = ["NONE", "DAY", "HOUR", "MINUTE"] as const satisfies readonly BucketWidth[];

/** Buckets per page: upstream's maximum for each width. */
export const BUCKETS_PER_PAGE = { NONE: 31, DAY: 31, HOUR: 168, MINUTE: 256 } as const satisfies Record<
  BucketWidth,
  number
>;

function midnight(day: Day): string {
  return `${day}T00:00:00Z`;
}

/** Range, grouping and filters as every report takes them. Both ends are always sent: a defaulted end drifts between pages. */
export function reportQuery(ofAny: ReportNames, question: ReportQuestion): Record<string, QueryValue> {
  const names = namesOfParent(ofAny);
  return {
    starting_at: midnight(question.range.from),
    ending_at: midnight(question.range.until),
    "group_by[]": [...new Set(question.groupBy.map((dimension) => spelled(names.groupBy, dimension)))],
    ...Object.assign({}, ...question.groupBy.map((dimension) => names.narrows?.[dimension])),
    ...Object.fromEntries(
      Object.entries(question.filter).map(([dimension, values]) => [
        spelled(names.filter, dimension as FilterDimension),
        dimension === "PRODUCT" ? values.map((product) => names.products?.[product] ?? product) : values,
      ]),
    ),
  };
}

function spelled<D extends string>(names: { readonly [K in D]?: string }, dimension: D): string {
  const name = names[dimension];
  if (name === undefined) throw badInput(`This source has no ${dimension}.`);
  return name;
}

/** `bucket_width` of a report that always has buckets: a total is made of days. */
export function widthOf(bucket: BucketWidth): string {
  return BUCKET_WIDTHS[bucket === "NONE" ? "DAY" : bucket];
}

const BUCKET_WIDTHS = { DAY: "1d", HOUR: "1h", MINUTE: "1m" } as const;

/** Start and end of a bucket; null is for reports that were not split into any. */
export type Bounds<End extends string | null> = Readonly<Record<"starting_at" | "ending_at", End>>;

export function spanOf(w: Wire<Bounds<string>> | Wire<Bounds<string | null>>): Span {
  return { from: w.instant("starting_at"), until: w.instant("ending_at") };
}

/** A row of a report is known by its time and everything it is split by: there is one for each combination. */
export function reportRowId(row: ReportRow<unknown>): RowId {
  return `${row.from} ${row.until} ${dimensionKey(row)}`;
}

export function pseudonymousRows<Row extends ReportRow<unknown>>(
  rows: readonly Row[],
  pseudonyms: Pseudonyms,
): readonly Row[] {
  return rows.map((row) => pseudonymous(row, pseudonyms));
}

export function pseudonymousBuckets<Measure>(
  buckets: readonly BucketRow<Measure>[],
  pseudonyms: Pseudonyms,
): readonly BucketRow<Measure>[] {
  return buckets.map((bucket) => ({ ...bucket, rows: pseudonymousRows(bucket.rows, pseudonyms) }));
}

/** The question in upstream's ids; its alternatives are the gateway's own to match, against what it is shown. */
export function unmaskedReport<Question extends ReportQuestion>(
  question: Question,
  pseudonyms: Pseudonyms,
): Question {
  const filter = Object.entries(question.filter).map(([dimension, values]) => [
    dimension,
    unmaskedValues(dimension as FilterDimension, values, pseudonyms),
  ]);
  return { ...question, filter: Object.fromEntries(filter) };
}

function unmaskedValues(
  dimension: FilterDimension,
  values: readonly string[],
  pseudonyms: Pseudonyms,
): readonly string[] {
  switch (dimension) {
    case "USER":
      return unmaskedIds(values, "user", pseudonyms);
    case "ACTOR":
      return values.flatMap((id) => (IS_MACHINE.test(id) ? [id] : unmaskedIds([id], "user", pseudonyms)));
    case "CLAUDE_TAG_USER":
      return unmaskedIds(values, "slack", pseudonyms);
    case "USER_PROFILE":
      return unmaskedIds(values, "profile", pseudonyms);
    default:
      return values;
  }
}

/** Actors that are no people, by their ids. */
const IS_MACHINE = /^(svac|apikey)_/;
