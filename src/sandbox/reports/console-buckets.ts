import type { Instant } from "../../domain/day.ts";
import { DAY_MS, MINUTE_MS, timestamp } from "../calendar.ts";
import { type ListAnswer, type Query, Refusal } from "../endpoint.ts";
import type { Fact } from "../ledger/fact.ts";
import type { Ledger, Span } from "../ledger.ts";
import type { Bucket } from "./buckets.ts";
import { type Cell, Cells, compareKeys, type Value } from "./cells.ts";
import { WIDTHS, type Width } from "./question.ts";

const DELAY_MS = 5 * MINUTE_MS;
/** No limit is documented; beyond this a range is surely a mistake. */
const MOST_BUCKETS = 100_000;
const SETTLED_AFTER_MS = 40 * DAY_MS;

/** The facts that the Console reports include at an instant: all older than five minutes. */
export function consoleSeenAt(now: Instant): Instant {
  return now - DELAY_MS - (now % MINUTE_MS);
}

/** The whole buckets between both ends; without `ending_at`, up to and with the one that is running. */
export function consoleSpan(query: Query, width: Width, now: Instant): Span {
  const step = WIDTHS[width];
  const start = query.instant("starting_at") ?? now;
  const end = query.instant("ending_at");
  const from = Math.floor(start / step) * step;
  const until = end === undefined ? Math.ceil(now / step) * step : Math.floor(end / step) * step;
  if (end !== undefined && end <= start) throw new Refusal(400, "ending_at: must be after starting_at");
  if ((until - from) / step > MOST_BUCKETS) throw new Refusal(400, "ending_at: too many buckets");
  return { from, until };
}

/** A Console report: buckets oldest first, all groups in each, in a fixed order. */
export function consoleBucketed<Totals extends { add(fact: Fact): void }>(
  ledger: Ledger,
  report: {
    readonly question: readonly unknown[];
    readonly span: Span;
    readonly width: Width;
    readonly asOf: Instant;
    /** The keys a fact counts under; none where the report or its filters leave it out. */
    keys(fact: Fact): readonly (readonly Value[])[];
    totals(): Totals;
    results(cells: readonly Cell<Totals>[]): readonly object[];
  },
): ListAnswer<Bucket<Cell<Totals>>> {
  const { span, width } = report;
  // Nothing arrives later than that: answers about the past stay the same question.
  const asOf = Math.min(report.asOf, span.until + SETTLED_AFTER_MS);
  const step = WIDTHS[width];
  const rows = ledger.answers.remember(
    [...report.question, span, width, asOf],
    () => {
      const byBucket = new Map<number, Cells<Totals>>();
      for (const fact of ledger.facts(
        "console",
        { from: span.from, until: Math.min(span.until, asOf) },
        asOf,
      )) {
        if (fact.api === null) continue;
        const bucket = Math.floor((fact.at - span.from) / step);
        const cells = byBucket.getOrInsertComputed(bucket, () => new Cells(report.totals));
        for (const key of report.keys(fact)) cells.at(key).add(fact);
      }
      return Array.from({ length: Math.max(0, (span.until - span.from) / step) }, (_, i) => {
        const start = span.from + i * step;
        const groups =
          byBucket
            .get(i)
            ?.list()
            .toSorted((a, b) => compareKeys(a.key, b.key)) ?? [];
        return { start, end: start + step, groups };
      });
    },
    (found) => found.reduce((size, { groups }) => size + 1 + groups.length, 0),
  );
  return {
    rows,
    render: ({ start, end, groups }) => ({
      starting_at: timestamp(start),
      ending_at: timestamp(end),
      results: report.results(groups),
    }),
  };
}

export const DAYS_LIMIT = { default: 7, max: 31 } as const;
