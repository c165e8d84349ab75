import type { RankingOrder } from "../../src/analytics/analysis/analysis.ts";
import type { Finality } from "../../src/cache/policy.ts";
import type { Context } from "../../src/context.ts";
import type { Span } from "../../src/domain/bucket.ts";
import type { Decimal } from "../../src/domain/decimal.ts";
import { ratio } from "../../src/domain/measures.ts";
import type { SeriesBucket } from "../../src/domain/series.ts";
import type { Scope } from "../../src/domain/viewer.ts";
import { badInput } from "../../src/errors.ts";
import { builder, dateTime } from "./builder.ts";
import { ComparisonEnum } from "./change.ts";
import { FinalityEnum } from "./freshness.ts";
import { OrderDirectionEnum } from "./order.ts";
import { requirePermission } from "./permission.ts";

const CALENDAR = {
  NONE: { description: "No buckets: one row per group for the whole range, largest first." },
  DAY: { description: "UTC days." },
  WEEK: { description: "ISO weeks, Monday to Sunday in UTC, composed of days by the gateway." },
  MONTH: { description: "Calendar months in UTC, composed of days by the gateway." },
} as const;

export const BucketEnum = builder.enumType("Bucket", {
  description:
    "Length of a time bucket. A week or month that the range starts or ends in covers only its days in the range; see `isPartial`.",
  values: {
    ...CALENDAR,
    HOUR: { description: "Hours." },
    MINUTE: { description: "Minutes; many upstream requests for more than a few hours." },
  } satisfies { [B in SeriesBucket]: { description: string } },
});

export const CalendarBucketEnum = builder.enumType("CalendarBucket", {
  description:
    "Length of a time bucket of daily figures. A week or month that the range starts or ends in covers only its days in the range; see `isPartial`.",
  values: CALENDAR,
});

/** The arguments of an analysis that every report takes. */
export const analysisArgs = builder.args((t) => ({
  top: t.int({
    description:
      "Keeps this many groups and merges the others into one row per bucket, with `isOther`. It keeps the largest over the whole range by the measure that rows are ordered by. Ties go to the higher list price, or more requests or tokens, then to the first by name or id. At least 1. Not available where people count in several groups.",
  }),
  compare: t.field({
    type: ComparisonEnum,
    description:
      "Compares every row with the same group in another period; see `comparison`. Groups with figures only in that period appear as empty rows, unless it is not covered. Also reads that period.",
  }),
}));

/** `top` as a client states it. */
export function topOf(top: number | null | undefined): number | null {
  if (top === null || top === undefined) return null;
  if (top >= 1) return top;
  throw badInput(`\`top\` is ${top}; it must be at least 1. Omit it to keep every group.`);
}

/** Fields of every row of a series about its time. */
export interface SeriesRowShape extends Span {
  readonly isOther: boolean;
  readonly isPartial: boolean;
  readonly state: Finality;
}

export const SeriesRow = builder.interfaceRef<SeriesRowShape>("SeriesRow").implement({
  description: "One group in one time bucket.",
  fields: (t) => ({
    from: t.field({
      type: "DateTime",
      description: "Start of the bucket, or of the range if the range starts within it.",
      resolve: (row) => dateTime(row.from),
    }),
    until: t.field({
      type: "DateTime",
      description: "End of the bucket, or of the range if the range ends within it; not included.",
      resolve: (row) => dateTime(row.until),
    }),
    isPartial: t.exposeBoolean("isPartial", {
      description:
        "True if the range starts or ends within the bucket, a week or a month, so `from` and `until` are those of the covered days. Also true if the row is of a hidden identity that is known for a part of the bucket.",
    }),
    isOther: t.exposeBoolean("isOther", {
      description: "True if the row stands for all groups that are not among `top`.",
    }),
    state: t.expose("state", {
      type: FinalityEnum,
      description: "State of the figures: the least settled state of the days of the bucket.",
    }),
  }),
});

/** Description of every share. */
export const SHARE =
  "Share of the row in `total` by a measure, rounded half to even at 12 decimals. The shares of n rows that make up the total add up to 1 within n times half of the last decimal. Not additive over measures.";

/** Description of every running total. */
export const RUNNING_TOTAL =
  "Cumulative total of the group from the start of the range to the end of the bucket. Exact; the last ones of all groups add up to the sum of all rows.";

/** Measures of one kind of figures. */
export type Measures<Measure> = Readonly<
  Record<
    string,
    {
      readonly description: string;
      readonly of: (measure: Measure) => Decimal | null;
      /** The permission that a measure requires, where the list itself requires less. */
      readonly scope?: Scope;
    }
  >
>;

/** An order as a client states it. */
export interface OrderInput {
  readonly field: string;
  readonly direction?: "ASC" | "DESC" | null | undefined;
}

/** A measure by name, and the order rows are put in. */
export function seriesOrder<Measure>(noun: "Cost" | "Usage" | "ClaudeCode", measures: Measures<Measure>) {
  const values = Object.fromEntries(
    Object.entries(measures).map(([name, { description, scope }]) => [
      name,
      { description, requires: scope === undefined ? [] : [scope] },
    ]),
  );
  const MeasureEnum = builder.enumType(`${noun}Measure`, {
    description: "Measures of the figures.",
    values,
  });
  const Field = builder.enumType(`${noun}OrderField`, {
    description: "Orders of the rows.",
    values: { TIME: { description: "By time; the rows of a bucket largest first." }, ...values },
  });
  const input = builder.inputType(`${noun}Order`, {
    description:
      "Sort order. Except for TIME in its default direction, the whole range is read and ranked. Rows without the measure come last, as do rows that stand for other groups.",
    fields: (t) => ({
      field: t.field({ type: Field, required: true, description: "Field or measure to order by." }),
      direction: t.field({
        type: OrderDirectionEnum,
        description: "By default ASC for TIME and DESC for measures.",
      }),
    }),
  });
  /** By default by time, and by the first measure where there are no buckets. */
  const orderOf = (
    requested:
      | { readonly field: string; readonly direction?: "ASC" | "DESC" | null | undefined }
      | null
      | undefined,
    bucket: SeriesBucket,
  ): RankingOrder<Measure> & { readonly field: string } => {
    const [usual = ""] = Object.keys(measures);
    const field = requested?.field ?? (bucket === "NONE" ? usual : "TIME");
    const descending = (requested?.direction ?? (field === "TIME" ? "ASC" : "DESC")) === "DESC";
    return { field, descending, measure: measures[field]?.of ?? null };
  };
  /** Throws FORBIDDEN where the viewer may not learn of a measure; by time, of none. */
  const requireMeasure = (ctx: Context, name: string, what: string): void =>
    requirePermission(ctx, measures[name]?.scope, what);
  /** Returns the share of a part in the measure of the whole. */
  const shareOf = (name: string, part: Measure, whole: Measure | null): Decimal | null => {
    const of = measures[name]?.of;
    const [some, all] = [of?.(part) ?? null, whole === null ? null : (of?.(whole) ?? null)];
    return some === null || all === null ? null : ratio(some, all);
  };
  return { MeasureEnum, input, orderOf, requireMeasure, shareOf };
}
