import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { freshnessOf } from "../../src/analytics/freshness.ts";
import { finalityOf } from "../../src/cache/policy.ts";
import { addDays, day, startOf } from "../../src/domain/day.ts";
import type { DayRange } from "../../src/domain/range.ts";
import type { PageProvenance } from "../../src/upstream/pages/iterate.ts";
import { closeRanges, forAll } from "../arbitrary.ts";

/** A page as it comes out of a walk, judged by its watermark. */
function page(range: DayRange | null, watermark: string | number | null): PageProvenance {
  const exported = typeof watermark === "string" ? Date.parse(watermark) : watermark;
  const state = finalityOf("activity", range, exported);
  return { range, watermark: exported, fetchedAt: exported ?? 0, asOf: exported, state, stale: null };
}

function range(from: string, until: string): DayRange {
  return { from: day(from), until: day(until) };
}

function freshness(...pages: PageProvenance[]) {
  return freshnessOf("USER_ACTIVITY", pages);
}

const SEPTEMBER = range("2026-09-01", "2026-10-01");
const OCTOBER = range("2026-10-01", "2026-11-01");
const NOVEMBER = range("2026-11-01", "2026-12-01");
const EXPORT = "2026-11-22T05:00:00Z";

describe("the state", () => {
  test("is that of the least settled page", () => {
    expect(freshness(page(SEPTEMBER, EXPORT)).state).toBe("FINAL");
    expect(freshness(page(SEPTEMBER, EXPORT), page(OCTOBER, EXPORT)).state).toBe("SETTLING");
    expect(freshness(page(SEPTEMBER, EXPORT), page(OCTOBER, EXPORT), page(NOVEMBER, EXPORT)).state).toBe(
      "OPEN",
    );
  });
});

describe("refreshedAt", () => {
  test("is the oldest export of what can still change", () => {
    const older = "2026-11-21T05:00:00Z";
    expect(freshness(page(OCTOBER, EXPORT), page(NOVEMBER, older)).refreshedAt).toBe(Date.parse(older));
  });

  test("does not mind how old the export of final figures is", () => {
    const kept = page(SEPTEMBER, "2026-11-02T05:00:00Z");
    expect(kept.state).toBe("FINAL");
    expect(freshness(kept, page(NOVEMBER, EXPORT)).refreshedAt).toBe(Date.parse(EXPORT));
  });

  test("is that of the oldest final page where nothing can change", () => {
    const kept = "2026-11-02T05:00:00Z";
    expect(freshness(page(SEPTEMBER, EXPORT), page(SEPTEMBER, kept)).refreshedAt).toBe(Date.parse(kept));
  });

  test("is unknown when one page that can change does not say", () => {
    expect(freshness(page(OCTOBER, EXPORT), page(NOVEMBER, null)).refreshedAt).toBeNull();
    expect(freshness(page(NOVEMBER, null), page(OCTOBER, EXPORT)).refreshedAt).toBeNull();
  });
});

describe("completeThrough", () => {
  test("is the last day where the export is past it", () => {
    expect(freshness(page(OCTOBER, EXPORT)).completeThrough).toBe("2026-10-31");
    expect(freshness(page(OCTOBER, "2026-11-01T00:00:00Z")).completeThrough).toBe("2026-10-31");
  });

  test("is the day before the export where that falls among the requested days", () => {
    expect(freshness(page(NOVEMBER, EXPORT)).completeThrough).toBe("2026-11-21");
    expect(freshness(page(OCTOBER, "2026-10-31T23:59:59Z")).completeThrough).toBe("2026-10-30");
  });

  test("is where the first gap begins, though later days are whole", () => {
    const stalled = page(OCTOBER, "2026-10-20T05:00:00Z");
    expect(freshness(page(SEPTEMBER, EXPORT), stalled, page(NOVEMBER, EXPORT)).completeThrough).toBe(
      "2026-10-19",
    );
  });

  test("sees no gap after a window with an export just when its last day was over", () => {
    const justWhole = page(SEPTEMBER, "2026-10-01T00:00:00Z");
    expect(freshness(justWhole, page(OCTOBER, EXPORT)).completeThrough).toBe("2026-10-31");
  });

  test("is the last day of all windows where all are whole, in whatever order they come", () => {
    expect(freshness(page(OCTOBER, EXPORT), page(SEPTEMBER, EXPORT)).completeThrough).toBe("2026-10-31");
  });

  test("is the last day of final figures without asking when they were exported", () => {
    const final = { ...page(SEPTEMBER, null), state: "FINAL" as const };
    expect(freshness(final).completeThrough).toBe("2026-09-30");
  });

  test("is unknown when one page does not say", () => {
    const silent = { ...page(NOVEMBER, null), asOf: Date.parse(EXPORT) }; // of an endpoint without exports
    expect(freshness(page(OCTOBER, EXPORT), silent).completeThrough).toBeNull();
  });

  test("is the newest whole day of the months before one that no export has reached", () => {
    const firstOfMonth = page(NOVEMBER, null);
    expect(freshness(page(OCTOBER, "2026-11-01T00:00:00Z"), firstOfMonth).completeThrough).toBe("2026-10-31");
    expect(freshness(page(OCTOBER, "2026-10-31T20:00:00Z"), firstOfMonth).completeThrough).toBe("2026-10-30");
    expect(freshness(firstOfMonth, page(SEPTEMBER, EXPORT)).completeThrough).toBe("2026-09-30");
    expect(freshness(firstOfMonth).completeThrough).toBeNull();
  });

  test("is unknown for look-ups, which are about no days", () => {
    expect(freshness(page(null, EXPORT)).completeThrough).toBeNull();
  });

  test("has no day after it that is whole, and none before that is not", () => {
    const exported = fc
      .integer({ min: -10, max: 200 })
      .map((days) => startOf(addDays(day("2027-12-20"), days)));
    forAll([closeRanges, exported], (covers, watermark) => {
      const through = freshness(page(covers, watermark)).completeThrough;
      const whole = startOf(covers.until) <= watermark;
      expect(through).toBe(
        whole ? addDays(covers.until, -1) : addDays(day(new Date(watermark).toISOString().slice(0, 10)), -1),
      );
    });
  });
});

test("the source is named", () => {
  expect(freshness(page(OCTOBER, EXPORT)).source).toBe("USER_ACTIVITY");
});
