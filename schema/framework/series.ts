import type { Order } from "../../src/analytics/analysis.ts";
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
import { demand } from "./demand.ts";
import { FinalityEnum } from "./freshness.ts";
import { OrderDirectionEnum } from "./order.ts";

const CALENDAR = {
  NONE: { description: "No buckets: one row per group for the whole range, largest first." },
  DAY: { description: "UTC days." },
  WEEK: { description: "ISO weeks, Monday to Sunday in UTC, made of days by the gateway." },
  MONTH: { description: "Calendar months in UTC, made of days by the gateway." },
} as const;

export const BucketEnum = builder.enumType("Bucket", {
  description:
    "Length of a time bucket. A week or month that the range begins or ends in is a bucket of the days covered: see `isPartial`.",
  values: {
    ...CALENDAR,
    HOUR: { description: "Hours." },
    MINUTE: { description: "Minutes; many upstream requests for more than a few hours." },
  } satisfies { [B in SeriesBucket]: { description: string } },
});

export const CalendarBucketEnum = builder.enumType("CalendarBucket", {
  description:
    "Length of a time bucket of what is told by the day. A week or month that the range begins or ends in is a bucket of the days covered: see `isPartial`.",
  values: CALENDAR,
});

/** The arguments of an analysis that every report takes. */
export const analysisArgs = builder.args((t) => ({
  top: t.int({
    description:
      "Keep this many groups, those with the most of the measure rows are ordered by over the whole range (of equal ones those with the higher list price, or more requests or tokens, then those first by name or id), and merge the others into one row per bucket, with `isOther`. At least 1. Not where people count in several groups.",
  }),
  compare: t.field({
    type: ComparisonEnum,
    description:
      "Set every row against the same group in another period: see `comparison`. Groups that had something then and nothing now are rows of nothing, unless that period is not covered. Reads that period too.",
  }),
}));

/** `top` as a client states it. */
export function topOf(top: number | null | undefined): number | null {
  if (top === null || top === undefined) return null;
  if (top >= 1) return top;
  throw badInput(`\`top\` is ${top}; it can be 1 or more. Leave it out to keep every group.`);
}

/** What every row of a series says of its time. */
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
      description: "Start of the bucket, or of the range where that begins within it.",
      resolve: (row) => dateTime(row.from),
    }),
    until: t.field({
      type: "DateTime",
      description: "End of the bucket, or of the range where that ends within it; not included.",
      resolve: (row) => dateTime(row.until),
    }),
    isPartial: t.exposeBoolean("isPartial", {
      description:
        "Whether the range begins or ends within the bucket, a week or a month, so that `from` and `until` are those of the days covered; or the row is of a hidden identity, known for a part of the bucket.",
    }),
    isOther: t.exposeBoolean("isOther", {
      description: "Whether the row stands for all groups that are not among the `top` ones.",
    }),
    state: t.expose("state", {
      type: FinalityEnum,
      description: "Whether the figures can still change: the least settled state of the days of the bucket.",
    }),
  }),
});

/** What the description of every share says. */
export const SHARE =
  "The row's part of `total` by a measure, rounded half to even at 12 decimals, so that the shares of n rows that make up the total add up to 1 within n times half of the last decimal. Not additive over measures.";

/** What the description of every running total says. */
export const RUNNING_TOTAL =
  "What the group has come to by the end of the bucket, from the start of the range. Exact; the last of each group add up to what all rows do.";

/** What one kind of figures can be measured by. */
export type Measures<Measure> = Readonly<
  Record<
    string,
    {
      readonly description: string;
      readonly of: (measure: Measure) => Decimal | null;
      /** What it takes to learn of it, where the question itself takes less. */
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
    description: "What figures can be measured by.",
    values,
  });
  const Field = builder.enumType(`${noun}OrderField`, {
    description: "What rows can be ordered by.",
    values: { TIME: { description: "By time; the rows of a bucket largest first." }, ...values },
  });
  const input = builder.inputType(`${noun}Order`, {
    description:
      "What comes first. But for TIME in its usual direction, the whole range is read and ranked; rows without the measure come last, and so does what stands for other groups.",
    fields: (t) => ({
      field: t.field({ type: Field, required: true, description: "What to order by." }),
      direction: t.field({
        type: OrderDirectionEnum,
        description: "By default ASC for TIME and DESC for measures.",
      }),
    }),
  });
  /** By default by time, and by the first measure where there are no buckets. */
  const orderOf = (
    asked:
      | { readonly field: string; readonly direction?: "ASC" | "DESC" | null | undefined }
      | null
      | undefined,
    bucket: SeriesBucket,
  ): Order<Measure> & { readonly field: string } => {
    const [usual = ""] = Object.keys(measures);
    const field = asked?.field ?? (bucket === "NONE" ? usual : "TIME");
    const descending = (asked?.direction ?? (field === "TIME" ? "ASC" : "DESC")) === "DESC";
    return { field, descending, measure: measures[field]?.of ?? null };
  };
  /** Throws FORBIDDEN where the viewer may not learn of a measure; by time, of none. */
  const demandMeasure = (ctx: Context, name: string, what: string): void =>
    demand(ctx, measures[name]?.scope, what);
  /** What a part has of the whole's measure. */
  const shareOf = (name: string, part: Measure, whole: Measure | null): Decimal | null => {
    const of = measures[name]?.of;
    const [some, all] = [of?.(part) ?? null, whole === null ? null : (of?.(whole) ?? null)];
    return some === null || all === null ? null : ratio(some, all);
  };
  return { MeasureEnum, input, orderOf, demandMeasure, shareOf };
}
