import { describe, expect, test } from "vitest";
import { gateway, json } from "./gateway.ts";
import { dayOfQuery, PATHS, reportPage, wireCost, wireDay } from "./wire.ts";

const UNIFIED = "/v1/organizations/analytics/cost";

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
    `{ cost(${today}, incomplete: EXCLUDE, bucket: DAY) { totalCount } usage(${today}, bucket: DAY) { totalCount } }`,
  );
  expect(data.cost).toBeNull();
  expect(data.usage.totalCount).toBe(1);
  expect(errors?.[0]?.extensions).toMatchObject({ code: "NOT_YET_AVAILABLE", newestDay: "2026-11-21" });
});

/** The older report with an export that stands in the middle of the last day of October, and none that covers November. */
function onTheFirst() {
  const cost = (query: URLSearchParams) => {
    const first = dayOfQuery(query);
    const days = ["09-30", "10-30", "10-31"].map((day) => `2026-${day}`);
    const rows = days.filter((day) => day.slice(0, 7) === first.slice(0, 7));
    return json(
      reportPage(
        rows.map((day) => wireDay(day, [wireCost("100")])),
        { watermark: first < "2026-11-01" ? "2026-10-31T20:00:00Z" : null },
      ),
    );
  };
  return gateway({ now: "2026-11-01T00:30:00Z", routes: { [PATHS.cost]: cost } });
}

test("on the first of a month, which no export covers yet, whole days end with those of the month before", async () => {
  const { ask, requestsOf } = onTheFirst();
  const asked = `{ cost(range: { between: { from: "2026-09-17", until: "2026-11-02" } }, organization: "enterprise", source: LEGACY, bucket: MONTH, incomplete: EXCLUDE) { nodes { from until net { cents } } range { from until } total { net { cents } } } }`;
  const [{ data, errors }, requests] = await requestsOf(() => ask(asked));
  expect(errors).toBeUndefined();
  expect(data.cost).toEqual({
    range: { from: "2026-09-17", until: "2026-10-31" },
    nodes: [
      { from: "2026-09-17T00:00:00.000Z", until: "2026-10-01T00:00:00.000Z", net: { cents: "100" } },
      { from: "2026-10-01T00:00:00.000Z", until: "2026-10-31T00:00:00.000Z", net: { cents: "100" } },
    ],
    total: { net: { cents: "200" } },
  });
  expect(requests).toHaveLength(3); // one for each month, of which two tell what is whole
});

test("of a month that no export covers yet no day is whole", async () => {
  const { ask } = onTheFirst();
  const { data, errors } = await ask(
    `{ cost(range: { period: MONTH_TO_DATE }, organization: "enterprise", source: LEGACY, incomplete: EXCLUDE, bucket: DAY) { totalCount } }`,
  );
  expect(data.cost).toBeNull();
  expect(errors?.[0]?.extensions.code).toBe("NOT_YET_AVAILABLE");
});

describe.each(["2026-11-01T00:30:00Z", "2027-01-01T00:30:00Z"])("half an hour into a month (%s)", (now) => {
  const nothingYet = { total: { net: { usd: "0.00" } }, freshness: { state: "OPEN", refreshedAt: null } };

  test.each(["on", "off"] as const)(
    "spend to date is zero, of no export (newer reports %s)",
    async (unified) => {
      const { ask } = gateway({ now, sandbox: { users: 40, unified } });
      const about = "total { net { usd } } freshness { state refreshedAt }";
      const { data, errors } = await ask(
        `{ dashboard { spend { monthToDate { ${about} models { model } } topUsers { ${about} users { shareOfTotal } } } } }`,
      );
      expect(errors).toBeUndefined();
      expect(data.dashboard.spend.monthToDate).toEqual({ ...nothingYet, models: [] });
      expect(data.dashboard.spend.topUsers).toEqual({ ...nothingYet, users: [] });
    },
  );

  test("cost to date, and what it projects, are answers of nothing yet", async () => {
    const { ask } = gateway({ now, sandbox: { users: 40 } });
    const { data, errors } = await ask(
      `{ cost(range: { period: MONTH_TO_DATE }, bucket: DAY) { nodes { from } total { net { usd } } range { from until } freshness { state refreshedAt } } costProjection { wholeDays soFar { net { usd } } net { usd } state } }`,
    );
    expect(errors).toBeUndefined();
    const [from, until] = [now.slice(0, 10), `${now.slice(0, 8)}02`];
    expect(data).toEqual({
      cost: { nodes: [], total: null, range: { from, until }, freshness: nothingYet.freshness },
      costProjection: { wholeDays: 0, soFar: null, net: null, state: "OPEN" },
    });
  });
});

test("an export that is late by more than a day is an error, not a zero", async () => {
  const nothing = () => json(reportPage([], { watermark: null }));
  const { ask } = gateway({
    now: "2026-11-03T00:30:00Z",
    routes: { [PATHS.cost]: nothing, [UNIFIED]: nothing },
    settings: { ANTHROPIC_ADMIN_KEY: "" },
  });
  const { errors } = await ask(`{ dashboard { spend { monthToDate { total { net { usd } } } } } }`);
  expect(errors?.map(({ extensions }) => extensions.code)).toEqual(["NOT_YET_AVAILABLE"]);
});
