import { exactSum } from "./exact-sum.ts";
import { type BucketLength, dayAfter, isWithinDay } from "./format.ts";

/** State of figures: whether they can still change. */
export type Settledness = "OPEN" | "SETTLING" | "FINAL";

export interface TimeBucket {
  /** First UTC day of the bucket, or the minute at which it starts: `2026-11-22T14:00Z`. */
  readonly start: string;
  /** Null: no row states it. */
  readonly state: Settledness | null;
  /** A sentence on how its total has changed since it was first recorded; left out where it has not, or it is not known. */
  readonly revision?: string | undefined;
}

export interface ChartSeries {
  readonly key: string;
  readonly label: string;
  /** One value for each bucket; null is a gap. */
  readonly values: readonly (number | null)[];
  /** Every digit of the values. */
  readonly exact: readonly (number | string | null)[];
  /** Stands for all groups that are not shown one by one. */
  readonly isOther: boolean;
}

export interface TimeSeries {
  readonly length: BucketLength;
  readonly buckets: readonly TimeBucket[];
  /** Largest sum first, the others last. */
  readonly series: readonly ChartSeries[];
  /** Every digit of the sum of the series in the same buckets of another period; left out where they are not compared. */
  readonly before?: readonly (number | string | null)[];
}

/** The values of another period in legends and heads. */
export const BEFORE = "Compared period";

/** A value of one group in one bucket. */
export interface SeriesPoint {
  /** A day, or the instant at which the bucket starts. */
  readonly at: string;
  readonly group: string;
  readonly label: string;
  readonly value: number | string | null;
  readonly state: Settledness | null;
  readonly isOther?: boolean;
}

export interface SeriesOptions {
  readonly length: BucketLength;
  /** The days of the chart; without it, those that have points. */
  readonly range?: { readonly from: string; readonly until: string };
  /** Meaning of a bucket without a point: a list that omits empty rows means zero; otherwise it is a gap. */
  readonly missing: "zero" | "gap";
}

/** Starts of the buckets of a range. The first one starts with the range, as rows of partial buckets do. */
export function bucketStarts(
  { from, until }: { readonly from: string; readonly until: string },
  length: BucketLength,
  most = Number.POSITIVE_INFINITY,
): string[] {
  const starts: string[] = [];
  for (let start = from; start < until && starts.length < most; start = nextStart(start, length))
    starts.push(start);
  return starts;
}

const MINUTE_MS = 60_000;

function nextStart(day: string, length: BucketLength): string {
  if (isWithinDay(length)) {
    const next = Date.parse(day) + (length === "HOUR" ? 60 : 1) * MINUTE_MS;
    return bucketStartOf(new Date(next).toISOString(), length);
  }
  if (length === "DAY") return dayAfter(day, 1);
  const date = new Date(day);
  if (length === "WEEK") return dayAfter(day, 7 - ((date.getUTCDay() + 6) % 7));
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)).toISOString().slice(0, 10);
}

/** The start of the bucket that starts at an instant, as buckets name it. */
export function bucketStartOf(at: string, length: BucketLength): string {
  return isWithinDay(length) ? `${at.slice(0, 16)}Z` : at.slice(0, 10);
}

export type SeriesShape = "lines" | "stacked" | "grouped";

/** Key of the series for all groups that are not shown one by one. Upstream has groups that are named `other`. */
const OTHERS = "…";

/** Arranges points as series over the same buckets. */
export function timeSeries(points: readonly SeriesPoint[], options: SeriesOptions): TimeSeries {
  const { length, range, missing } = options;
  const states = new Map<string, Settledness | null>();
  const groups = new Map<
    string,
    { label: string; isOther: boolean; values: Map<string, number | string | null> }
  >();
  for (const { at, group, label, value, state, isOther = false } of points) {
    const start = bucketStartOf(at, length);
    states.set(start, leastSettled(states.get(start) ?? null, state));
    const key = isOther ? OTHERS : group;
    const those = groups.get(key) ?? { label, isOther, values: new Map() };
    groups.set(key, those);
    those.values.set(start, value);
  }
  const starts = range === undefined ? [...states.keys()].sort() : bucketStarts(range, length);
  const absent = missing === "zero" ? 0 : null;
  const series = [...groups].map(([key, { label, isOther, values }]): ChartSeries => {
    const exact = starts.map((start) => (values.has(start) ? (values.get(start) ?? null) : absent));
    return {
      key,
      label,
      isOther,
      exact,
      values: exact.map((value) => (value === null ? null : Number(value))),
    };
  });
  return {
    length,
    buckets: starts.map((start) => ({ start, state: states.get(start) ?? null })),
    series: series.sort((a, b) => Number(a.isOther) - Number(b.isOther) || sumOfSeries(b) - sumOfSeries(a)),
  };
}

const ORDER: readonly Settledness[] = ["OPEN", "SETTLING", "FINAL"];

function leastSettled(a: Settledness | null, b: Settledness | null): Settledness | null {
  if (a === null || b === null) return a ?? b;
  return ORDER.indexOf(a) < ORDER.indexOf(b) ? a : b;
}

export function sumOfSeries({ values }: Pick<ChartSeries, "values">): number {
  return values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
}

/** Marks the buckets that were revised, by their starts. */
export function withRevisions(chart: TimeSeries, revisions: ReadonlyMap<string, string>): TimeSeries {
  const buckets = chart.buckets.map((bucket) => ({ ...bucket, revision: revisions.get(bucket.start) }));
  return { ...chart, buckets };
}

/** Merges all series but the largest into one. Only for additive measures; a bucket without any value stays a gap. */
export function topSeries(chart: TimeSeries, top: number): TimeSeries {
  const named = chart.series.filter(({ isOther }) => !isOther);
  if (named.length <= top) return chart;
  const rest = chart.series.filter((each) => each.isOther || named.indexOf(each) >= top);
  const exact = chart.buckets.map((_, i) => {
    const present = rest.map((each) => each.exact[i] ?? null).filter((value) => value !== null);
    return present.length === 0 ? null : exactSum(present);
  });
  const values = exact.map((value) => (value === null ? null : Number(value)));
  const other = { key: OTHERS, label: "Other", isOther: true, values, exact };
  return { ...chart, series: [...named.slice(0, top), other] };
}

/** A series as the lower and upper edges of its bars on top of the series before it; null is a gap. */
export type Layer = readonly (readonly [number, number] | null)[];

export function stackedLayers({ series, buckets }: TimeSeries): Layer[] {
  const heights = buckets.map(() => 0);
  return series.map(({ values }) =>
    values.map((value, i) => {
      if (value === null) return null;
      const base = heights[i] ?? 0;
      heights[i] = base + value;
      return [base, base + value] as const;
    }),
  );
}

/** Largest value that a chart has to show; zero if it has none. */
export function largestValue(chart: TimeSeries, isStacked: boolean): number {
  const values = isStacked
    ? stackedLayers(chart).flatMap((layer) => layer.map((edges) => edges?.[1] ?? 0))
    : chart.series.flatMap((each) => each.values.map((value) => value ?? 0));
  return Math.max(0, ...values, ...(chart.before ?? []).map(Number));
}

/** Indices of the buckets to label, evenly spaced, the last one always among them. */
export function labelledBuckets(count: number, most: number): number[] {
  const step = Math.max(1, Math.ceil(count / Math.max(1, most)));
  const labelled: number[] = [];
  for (let i = count - 1; i >= 0; i -= step) labelled.unshift(i);
  return labelled;
}

/** Parts of a legend about settledness that the chart needs. */
export function settlednessOf({ buckets }: TimeSeries): {
  readonly open: boolean;
  readonly settling: boolean;
} {
  return {
    open: buckets.some(({ state }) => state === "OPEN"),
    settling: buckets.some(({ state }) => state === "SETTLING"),
  };
}
