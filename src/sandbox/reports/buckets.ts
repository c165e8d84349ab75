import type { Instant } from "../../domain/day.ts";
import { DAY_MS, HOUR_MS, timestamp } from "../calendar.ts";
import type { Limit, ListAnswer, Query } from "../endpoint.ts";
import type { Fact } from "../ledger/fact.ts";
import type { Ledger } from "../ledger.ts";
import { Cells, type Value } from "./cells.ts";
import { envelope, factsOf, keysOf, type Question, WIDTHS } from "./question.ts";

/** Groups a bucket keeps; the rest is dropped without a remainder. */
export const LARGEST_GROUPS = 100;

/** One bucket and its groups, largest first. */
export interface Bucket<Group> {
  readonly start: Instant;
  readonly end: Instant;
  readonly groups: readonly Group[];
}

/** Buckets per page by width. */
export function bucketLimit(hours: Limit, minutes: Limit): (query: Query) => Limit {
  return (query) => {
    const width = query.text("bucket_width") ?? "1d";
    return width === "1h" ? hours : width === "1m" ? minutes : { default: 7, max: 31 };
  };
}

/** A report in buckets: all of the span, oldest first, empty ones too. */
export function bucketed<Totals extends { add(fact: Fact): void }, Group>(
  ledger: Ledger,
  name: string,
  requested: Question,
  make: () => Totals,
  ranked: (cells: readonly { readonly key: readonly Value[]; readonly sums: Totals }[]) => readonly Group[],
  render: (group: Group) => object,
): ListAnswer<Bucket<Group>> {
  const rows = ledger.answers.remember(
    [name, requested],
    () => buckets(ledger, requested, make, ranked),
    (found) => found.reduce((size, { groups }) => size + 1 + groups.length, 0),
  );
  return {
    rows,
    render: ({ start, end, groups }) => ({
      starting_at: timestamp(start),
      ending_at: timestamp(end),
      results: groups.map(render),
    }),
    envelope: envelope(ledger.organization, requested),
  };
}

function buckets<Totals extends { add(fact: Fact): void }, Group>(
  ledger: Ledger,
  requested: Question,
  make: () => Totals,
  ranked: (cells: readonly { readonly key: readonly Value[]; readonly sums: Totals }[]) => readonly Group[],
): Bucket<Group>[] {
  const { span, watermark, width } = requested;
  // No export covers the range: no rows, rather than zeros.
  if (watermark === null) return [];
  const step = WIDTHS[width ?? "1d"];
  const byBucket = new Map<number, Cells<Totals>>();
  const keys = keysOf(ledger.organization, requested);
  for (const fact of factsOf(ledger, requested)) {
    const bucket = Math.floor((fact.at - span.from) / step);
    const cells = byBucket.getOrInsertComputed(bucket, () => new Cells(make));
    for (const key of keys(fact)) cells.at(key).add(fact);
  }
  return Array.from({ length: Math.ceil((span.until - span.from) / step) }, (_, i) => {
    const start = span.from + i * step;
    return { start, end: start + step, groups: ranked(byBucket.get(i)?.list() ?? []) };
  });
}

export const REPORT_LIMIT = bucketLimit({ default: DAY_MS / HOUR_MS, max: 168 }, { default: 60, max: 256 });
