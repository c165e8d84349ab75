import { type Finality, leastSettled } from "../cache/policy.ts";
import type { Dataset } from "../domain/dataset.ts";
import { addDays, type Day, dayOf, earlier, type Instant } from "../domain/day.ts";
import type { PageProvenance } from "../upstream/pages/iterate.ts";
import type { Staleness } from "../upstream/pages/page.ts";

/** How old an answer is and how far it can be trusted not to move. */
export interface FreshnessState {
  readonly state: Finality;
  /** When upstream exported the data, the oldest export that can still change; null where upstream does not say. */
  readonly refreshedAt: Instant | null;
  /** The last day that is surely whole; null where upstream does not say, or its export has reached none of the days. */
  readonly completeThrough: Day | null;
  /** Why some of it is older than it should be; null: it is not. */
  readonly stale: Staleness | null;
  readonly source: Dataset;
}

export function freshnessOf(source: Dataset, pages: readonly PageProvenance[]): FreshnessState {
  const moving = pages.filter((page) => page.state !== "FINAL");
  const watermarks = (moving.length > 0 ? moving : pages).map((page) => page.watermark);
  return {
    state: leastSettled(pages.map((page) => page.state)),
    refreshedAt: oldest(watermarks),
    completeThrough: completeThrough(pages),
    stale: pages.find(({ stale }) => stale !== null)?.stale ?? null,
    source,
  };
}

function completeThrough(pages: readonly PageProvenance[]): Day | null {
  const exported = pages.filter((page) => !isBeyondExport(page));
  const days = exported.map(wholeDaysOf);
  const known = days.filter((day) => day !== null);
  if (known.length < days.length) return null;
  const cut = known.filter((day) => !day.whole).map((day) => day.day);
  const through =
    cut.toSorted()[0] ??
    known
      .map((day) => day.day)
      .toSorted()
      .at(-1) ??
    null;
  if (through === null) return null;
  return pages
    .filter(isBeyondExport)
    .flatMap(({ range }) => (range === null ? [] : [addDays(range.from, -1)]))
    .reduce(earlier, through);
}

/** Upstream sends no watermark where its export has not reached the first day yet, as in the first hours of a month. */
function isBeyondExport({ state, range, watermark, asOf }: PageProvenance): boolean {
  return state !== "FINAL" && range !== null && watermark === null && asOf === null;
}

/** The last whole day of a page, and whether that is the page's last; null where upstream does not say. */
function wholeDaysOf({ state, range, watermark, asOf }: PageProvenance): { day: Day; whole: boolean } | null {
  if (range === null) return null;
  const last = addDays(range.until, -1);
  if (state === "FINAL") return { day: last, whole: true };
  if (watermark === null || asOf === null) return null;
  const complete = addDays(dayOf(asOf), -1); // an export ahead of the clock makes no day whole
  return complete < last ? { day: complete, whole: false } : { day: last, whole: true };
}

/** Null: one of them is unknown, or the list is empty. */
export function oldest(instants: readonly (Instant | null)[]): Instant | null {
  return instants.reduce((a, b) => (a === null || b === null ? null : Math.min(a, b)), instants[0] ?? null);
}
