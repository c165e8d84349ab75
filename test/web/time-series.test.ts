import { describe, expect, test } from "vitest";
import { formatChange, formatInColumn, formatNumber, formatRange } from "../../src/web/charts/format.ts";
import {
  bucketStarts,
  labelledBuckets,
  largestValue,
  type SeriesPoint,
  settlednessOf,
  stackedLayers,
  timeSeries,
  topSeries,
} from "../../src/web/charts/time-series.ts";

const point = (
  at: string,
  group: string,
  value: number | string | null,
  more: Partial<SeriesPoint> = {},
) => ({
  at,
  group,
  label: group,
  value,
  state: "FINAL" as const,
  ...more,
});

const RANGE = { from: "2026-11-01", until: "2026-11-04" };

describe("series over time", () => {
  test("have a gap where a value is null, and where a day is missing from a list that omits nothing", () => {
    const chart = timeSeries([point("2026-11-01", "a", 1), point("2026-11-02", "a", null)], {
      length: "DAY",
      range: RANGE,
      missing: "gap",
    });
    expect(chart.series[0]?.values).toEqual([1, null, null]);
    expect(chart.buckets.map(({ state }) => state)).toEqual(["FINAL", "FINAL", null]);
  });

  test("have zero where a list omits days without use, but null stays a gap", () => {
    const chart = timeSeries([point("2026-11-01T00:00:00Z", "a", "1.5"), point("2026-11-02", "a", null)], {
      length: "DAY",
      range: RANGE,
      missing: "zero",
    });
    expect(chart.series[0]?.values).toEqual([1.5, null, 0]);
    expect(chart.series[0]?.exact).toEqual(["1.5", null, 0]);
  });

  test("are in the order of their sums, with the others last", () => {
    const points = [point("2026-11-01", "small", 1), point("2026-11-01", "large", 5)];
    const other = point("2026-11-01", "other", 9, { isOther: true });
    const chart = timeSeries([other, ...points], { length: "DAY", missing: "zero" });
    expect(chart.series.map(({ label }) => label)).toEqual(["large", "small", "other"]);
  });

  test("keep a group that is named `other` beside all groups that are not shown", () => {
    const points = [point("2026-11-01", "other", 1), point("2026-11-01", "other", 5, { isOther: true })];
    const { series } = timeSeries(points, { length: "DAY", missing: "zero" });
    expect(series.map(({ values, isOther }) => [values, isOther])).toEqual([
      [[1], false],
      [[5], true],
    ]);
    expect(new Set(series.map(({ key }) => key)).size).toBe(2);
  });

  test("merge all but the largest into one that has their sum", () => {
    const points = ["a", "b", "c", "d"].map((group, i) => point("2026-11-01", group, 10 - i));
    const chart = topSeries(timeSeries(points, { length: "DAY", missing: "gap" }), 2);
    expect(chart.series.map(({ label, values }) => [label, values])).toEqual([
      ["a", [10]],
      ["b", [9]],
      ["Other", [15]],
    ]);
  });

  test("have the sum of the others to the last digit", () => {
    const points = ["0.9", "0.1", "0.2"].map((value, i) => point("2026-11-01", `model ${i}`, value));
    const chart = topSeries(timeSeries(points, { length: "DAY", missing: "gap" }), 1);
    expect(chart.series.at(-1)?.exact).toEqual(["0.3"]);
  });

  test("are stacked upwards, and a gap has no bar", () => {
    const points = [point("2026-11-01", "a", 2), point("2026-11-01", "b", 1), point("2026-11-02", "b", 1)];
    const chart = timeSeries(points, { length: "DAY", missing: "gap" });
    expect(stackedLayers(chart)).toEqual([
      [[0, 2], null],
      [
        [2, 3],
        [0, 1],
      ],
    ]);
    expect([largestValue(chart, true), largestValue(chart, false)]).toEqual([3, 2]);
  });

  test("state the least settled state of a bucket", () => {
    const points = [point("2026-11-01", "a", 2, { state: "SETTLING" }), point("2026-11-01", "b", 1)];
    const chart = timeSeries([...points, point("2026-11-02", "a", 1, { state: "OPEN" })], {
      length: "DAY",
      missing: "gap",
    });
    expect(chart.buckets.map(({ state }) => state)).toEqual(["SETTLING", "OPEN"]);
    expect(settlednessOf(chart)).toEqual({ open: true, settling: true });
  });
});

test("weeks begin on Monday and months on the first, but the first bucket with the range", () => {
  const range = { from: "2026-10-29", until: "2026-11-12" };
  expect(bucketStarts(range, "WEEK")).toEqual(["2026-10-29", "2026-11-02", "2026-11-09"]);
  expect(bucketStarts(range, "MONTH")).toEqual(["2026-10-29", "2026-11-01"]);
  expect(bucketStarts(range, "DAY")).toHaveLength(14);
});

test("labels are evenly spaced and include the newest bucket", () => {
  expect(labelledBuckets(30, 7)).toEqual([4, 9, 14, 19, 24, 29]);
  expect(labelledBuckets(3, 7)).toEqual([0, 1, 2]);
  expect(labelledBuckets(0, 7)).toEqual([]);
});

describe("numbers", () => {
  test.each([
    ["6643.7158630488", "usd", "$6,644", "$6,643.7158630488"],
    ["12345678901234567.89", "usd", "$12,300T", "$12,345,678,901,234,567.89"],
    ["0.1", "usd", "$0.10", "$0.10"],
    [0, "count", "0", "0"],
    [48_123, "count", "48.1K", "48,123"],
    [3_000_000_000, "count", "3B", "3,000,000,000"],
    ["0.945378151261", "share", "94.5%", "94.5378151261%"],
    [null, "usd", "–", "not available"],
  ] as const)("%s in %s is %s, exactly %s", (value, unit, short, exact) => {
    expect(formatNumber(value, unit)).toEqual({ short, exact });
  });

  test.each([
    ["6643.7158630488", "usd", "$6,643.72"],
    ["406", "usd", "$406.00"],
    ["0.0004", "usd", "<$0.01"],
    [0, "usd", "$0.00"],
    [48_123, "count", "48,123"],
    ["0.53", "share", "53.0%"],
    ["0.0004", "share", "<0.1%"],
    [null, "share", "–"],
  ] as const)("%s in %s is %s in a column", (value, unit, text) => {
    expect(formatInColumn(value, unit)).toBe(text);
  });

  test("changes have a sign, and none where there was nothing before", () => {
    expect(["0.123", "-0.5", 0, null].map(formatChange)).toEqual(["+12.3%", "−50%", "±0%", "–"]);
  });

  test("ranges name their first and last day", () => {
    expect(formatRange({ from: "2026-11-01", until: "2026-11-08" })).toBe("1 Nov – 7 Nov 2026");
    expect(formatRange({ from: "2025-12-30", until: "2026-01-02" })).toBe("30 Dec 2025 – 1 Jan 2026");
    expect(formatRange({ from: "2026-11-01", until: "2026-11-02" })).toBe("1 Nov 2026");
  });
});
