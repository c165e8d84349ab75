import { describe, expect, test } from "vitest";
import type { Instant } from "../../src/domain/day.ts";
import { consoleMembers } from "../../src/upstream/endpoints/members.ts";
import { unifiedCost } from "../../src/upstream/endpoints/unified.ts";
import { PageFreshness, storageLifetimeMs } from "../../src/upstream/pages/freshness.ts";
import type { Page } from "../../src/upstream/pages/page.ts";

const figures = unifiedCost.ENTERPRISE;
const LIFETIME_MS = figures.freshSeconds * 1_000;
const DAY_MS = 86_400_000;
const FETCHED = Date.parse("2026-11-22T12:00:00Z");
const EXPORTED = FETCHED - 3_600_000;

const PAGE: Page<unknown> = {
  rows: [],
  token: null,
  next: null,
  watermark: EXPORTED,
  fetchedAt: FETCHED,
  asOf: EXPORTED,
  range: null,
  state: "OPEN",
  stale: null,
};

/** Judges at an instant, with the newest export that is known and when it was seen. */
function at(
  now: Instant,
  newest: { refreshedAt: Instant; at: Instant } | null = null,
  freshSeconds?: number,
) {
  return new PageFreshness({
    access: { accessStatus: () => newest && { refusal: null, ...newest } },
    freshSeconds,
    now: () => now,
  });
}

describe("a stored page", () => {
  test("is fresh for its lifetime, to the millisecond", () => {
    expect(at(FETCHED + LIFETIME_MS - 1).isFresh(PAGE, figures)).toBe(true);
    expect(at(FETCHED + LIFETIME_MS).isFresh(PAGE, figures)).toBe(false);
  });

  test("that is final is fresh for good, and never expires in a store", () => {
    const final = { ...PAGE, state: "FINAL" as const };
    const newer = { refreshedAt: EXPORTED + 1, at: FETCHED + 1 };
    expect(at(FETCHED + 1_000 * DAY_MS, newer).isFresh(final, figures)).toBe(true);
    expect(storageLifetimeMs(final)).toBeNull();
    expect(storageLifetimeMs(PAGE)).toBe(DAY_MS);
  });

  test("is confirmed by another answer from its own export, for another lifetime", () => {
    const confirmed = { refreshedAt: EXPORTED, at: FETCHED + LIFETIME_MS - 1 };
    expect(at(FETCHED + LIFETIME_MS, confirmed).isFresh(PAGE, figures)).toBe(true);
    expect(at(confirmed.at + LIFETIME_MS, confirmed).isFresh(PAGE, figures)).toBe(false);
  });

  test("is replaced by a newer export at once, and not by an older one", () => {
    const seen = FETCHED + 1;
    expect(at(seen, { refreshedAt: EXPORTED + 1, at: seen }).isFresh(PAGE, figures)).toBe(false);
    expect(at(seen, { refreshedAt: EXPORTED - 1, at: seen }).isFresh(PAGE, figures)).toBe(true);
  });

  test("without a watermark is judged by its own age alone", () => {
    const unmarked = { ...PAGE, watermark: null };
    const newer = { refreshedAt: EXPORTED + 1, at: FETCHED + LIFETIME_MS };
    expect(at(FETCHED + 1, newer).isFresh(unmarked, figures)).toBe(true);
    expect(at(FETCHED + LIFETIME_MS, newer).isFresh(unmarked, figures)).toBe(false);
  });

  test("of figures is bounded by FRESH_TTL, one of the directory is not", () => {
    const later = at(FETCHED + 60_000, null, 60);
    expect(later.isFresh(PAGE, figures)).toBe(false);
    expect(later.isFresh({ ...PAGE, watermark: null }, consoleMembers)).toBe(true);
  });

  test("of figures is served while it is revalidated for a second lifetime, one with names is not", () => {
    expect(at(FETCHED + 2 * LIFETIME_MS - 1).isServableWhileRevalidating(PAGE, figures)).toBe(true);
    expect(at(FETCHED + 2 * LIFETIME_MS).isServableWhileRevalidating(PAGE, figures)).toBe(false);
    expect(at(FETCHED).isServableWhileRevalidating(PAGE, consoleMembers)).toBe(false);
  });

  test("is served for a day where upstream fails", () => {
    expect(at(FETCHED + DAY_MS - 1).isServableOnError(PAGE)).toBe(true);
    expect(at(FETCHED + DAY_MS).isServableOnError(PAGE)).toBe(false);
  });

  test("has old names after a day, unless they have been removed", () => {
    expect(at(FETCHED + DAY_MS - 1).hasOldNames(PAGE)).toBe(false);
    expect(at(FETCHED + DAY_MS).hasOldNames(PAGE)).toBe(true);
    expect(at(FETCHED + DAY_MS).hasOldNames({ ...PAGE, areNamesRemoved: true })).toBe(false);
  });
});
