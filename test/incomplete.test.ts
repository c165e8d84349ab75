import { expect, test } from "vitest";
import { gateway } from "./gateway.ts";

const RANGE = `range: { between: { from: "2026-11-10", until: "2026-11-23" } }`;
const days = (args: string) =>
  `{ cost(${RANGE}, ${args}) { nodes { from state net { cents } } total { net { cents } } range { until } freshness { state completeThrough } } }`;

interface Row {
  readonly from: string;
  readonly state: string;
  readonly net: { readonly cents: string };
}

const sum = (rows: readonly Row[]) => rows.reduce((all, { net }) => all + Number(net.cents), 0);

test("cost shows days that are not whole with their state, unless they are excluded: rows and total then end before them", async () => {
  const { ask, requestsOf } = gateway({ sandbox: { users: 40 } });
  const marked = (await ask(days("bucket: DAY"))).data.cost;
  expect(marked.nodes.at(-1)).toMatchObject({ from: "2026-11-22T00:00:00.000Z", state: "OPEN" });
  const [{ data, errors }, requests] = await requestsOf(() => ask(days("bucket: DAY, incomplete: EXCLUDE")));
  expect(errors).toBeUndefined();
  expect(requests).toEqual([]); // the month it is told from is the one that is shown
  const rows: Row[] = data.cost.nodes;
  expect(rows).toEqual(marked.nodes.filter(({ state }: Row) => state !== "OPEN"));
  expect(rows.at(-1)?.from).toBe("2026-11-21T00:00:00.000Z");
  expect(data.cost.range.until).toBe("2026-11-22");
  expect(data.cost.freshness).toEqual({ state: "SETTLING", completeThrough: "2026-11-21" });
  expect(Number(data.cost.total.net.cents)).toBeCloseTo(sum(rows), 6);
});

test.each([
  ["enterprise", "LEGACY"],
  ["console", "LEGACY"],
  ["enterprise", "UNIFIED"],
])("weeks and comparisons of %s, %s, are of whole days too", async (organization, source) => {
  const { ask } = gateway({ sandbox: { users: 40 } });
  const { data, errors } = await ask(
    `{ cost(${RANGE}, organization: "${organization}", source: ${source}, bucket: WEEK, incomplete: EXCLUDE, compare: PREVIOUS_PERIOD) { nodes { until state } range { until } totalComparison { range { from until } } } }`,
  );
  expect(errors).toBeUndefined();
  expect(data.cost.range.until).toBe("2026-11-22");
  expect(data.cost.nodes.at(-1).until).toBe("2026-11-22T00:00:00.000Z");
  expect(data.cost.nodes.every(({ state }: Row) => state === "SETTLING")).toBe(true);
  expect(data.cost.totalComparison.range).toEqual({ from: "2026-10-29", until: "2026-11-10" });
});

test("where no day is whole yet it says so", async () => {
  const { ask } = gateway({ sandbox: { users: 40 } });
  const today = `range: { between: { from: "2026-11-22", until: "2026-11-23" } }`;
  const { data, errors } = await ask(
    `{ cost(${today}, incomplete: EXCLUDE) { totalCount } usage(${today}) { totalCount } }`,
  );
  expect(data.cost).toBeNull();
  expect(data.usage.totalCount).toBe(1);
  expect(errors?.[0]?.extensions.code).toBe("NOT_YET_AVAILABLE");
});
