import { describe, expect, test } from "vitest";
import { gateway, json, NOW, type Route, refusal } from "../gateway.ts";
import { PATHS, reportPage, tokenPage, wireCost, wireDay, wireUser } from "../wire.ts";
import { expectError, ORGANIZATION } from "./faults.ts";

const DAY_MS = 86_400_000;
const iso = (instant: number) => new Date(instant).toISOString();

/** Money of every day that is asked for, exported when `watermark` says. */
function exporting(watermark: () => string, amount: () => string = () => "12.5"): Route {
  return (query) => {
    const days: string[] = [];
    const until = Date.parse(query.get("ending_at") ?? "");
    for (let at = Date.parse(query.get("starting_at") ?? ""); at < until; at += DAY_MS)
      days.push(iso(at).slice(0, 10));
    const buckets = days.map((day) => wireDay(day, [wireCost(amount())]));
    return json(reportPage(buckets, { watermark: watermark() }));
  };
}

function costOf(from: string, until: string): string {
  return `{ cost(range: { between: { from: "${from}", until: "${until}" } }, source: LEGACY, bucket: DAY) {
    nodes { net { cents } state } freshness { state refreshedAt completeThrough stale } } }`;
}

describe("an export that stops moving", () => {
  test("makes nothing final and no day whole while it stands, and is requested again and again", async () => {
    let watermark = "2026-10-04T08:00:00Z";
    let amount = "1";
    const { ask, at, requestsOf } = gateway({
      now: "2026-10-04T12:00:00Z",
      routes: {
        [PATHS.cost]: exporting(
          () => watermark,
          () => amount,
        ),
      },
    });
    for (let day = 4; day < 60; day++) {
      at(iso(Date.parse("2026-10-04T12:00:00Z") + day * DAY_MS));
      const [{ data, errors }, requests] = await requestsOf(() => ask(costOf("2026-10-01", "2026-10-08")));
      expect(errors).toBeUndefined();
      expect(data.cost.freshness).toEqual({
        state: "OPEN",
        refreshedAt: "2026-10-04T08:00:00.000Z",
        completeThrough: "2026-10-03",
        stale: false,
      });
      expect(data.cost.nodes).toEqual(
        Array.from({ length: 7 }, (_, i) => ({ net: { cents: "1" }, state: i < 3 ? "SETTLING" : "OPEN" })),
      );
      expect(requests).toHaveLength(1);
    }
    watermark = "2026-12-03T08:00:00Z";
    amount = "2";
    at("2026-12-03T12:30:00Z");
    const [{ data }, requests] = await requestsOf(() => ask(costOf("2026-10-01", "2026-10-08")));
    expect(requests).toHaveLength(1);
    expect(data.cost.nodes).toEqual(Array(7).fill({ net: { cents: "2" }, state: "FINAL" }));
    at("2027-01-20T12:00:00Z");
    expect((await requestsOf(() => ask(costOf("2026-10-01", "2026-10-08"))))[1]).toEqual([]);
  });
});

describe("a watermark that cannot be", () => {
  test.each([
    ["a day ahead", "2026-11-23T12:00:00Z"],
    ["years ahead", "2031-01-01T00:00:00Z"],
  ])(
    "%s is not believed: figures are untouched, today is not whole, and nothing is final too early",
    async (_how, watermark) => {
      const { ask, at, requestsOf } = gateway({ routes: { [PATHS.cost]: exporting(() => watermark) } });
      const recent = await ask(costOf("2026-11-16", "2026-11-23"));
      expect(recent.errors).toBeUndefined();
      expect(recent.data.cost.nodes.map(({ net }: { net: { cents: string } }) => net.cents)).toEqual(
        Array(7).fill("12.5"),
      );
      expect(recent.data.cost.freshness).toMatchObject({ state: "OPEN", completeThrough: "2026-11-21" });
      const october = await ask(costOf("2026-10-26", "2026-11-01"));
      expect(october.data.cost.freshness.state).toBe("SETTLING");
      at("2026-11-22T13:00:00Z");
      for (const question of [costOf("2026-11-16", "2026-11-23"), costOf("2026-10-26", "2026-11-01")]) {
        const [{ errors }, requests] = await requestsOf(() => ask(question));
        expect(errors).toBeUndefined();
        expect(requests.length).toBeLessThanOrEqual(1);
      }
    },
  );

  test("of 1999 makes nothing final and no day whole, and figures are untouched", async () => {
    const { ask, at, requestsOf } = gateway({
      routes: { [PATHS.cost]: exporting(() => "1999-12-31T00:00:00Z") },
    });
    const { data, errors } = await ask(costOf("2026-05-01", "2026-05-08"));
    expect(errors).toBeUndefined();
    expect(data.cost.nodes).toEqual(Array(7).fill({ net: { cents: "12.5" }, state: "OPEN" }));
    expect(data.cost.freshness).toMatchObject({ state: "OPEN", completeThrough: "1999-12-30" });
    at("2026-11-22T13:00:00Z");
    expect((await requestsOf(() => ask(costOf("2026-05-01", "2026-05-08"))))[1]).toHaveLength(1);
  });

  test("that jumps to and fro costs one request a question and five minutes, not a storm", async () => {
    let turn = 0;
    const { ask, at, seen } = gateway({
      routes: {
        [PATHS.cost]: exporting(() => (turn++ % 2 === 0 ? "2031-01-01T00:00:00Z" : "2026-11-22T08:00:00Z")),
      },
    });
    for (let minute = 0; minute < 60; minute++) {
      at(iso(Date.parse(NOW) + minute * 60_000));
      for (const month of ["09", "10", "11"]) await ask(costOf(`2026-${month}-20`, `2026-${month}-22`));
    }
    expect(seen.length).toBeLessThan(3 * 60);
  });
});

describe("a gateway with a clock that is off by a day", () => {
  /** Upstream goes by its own clock: engagement of today is not there yet, and the export is of this morning. */
  const upstream = (now: string, watermark: string): Readonly<Record<string, Route>> => ({
    [PATHS.me]: () => json(ORGANIZATION),
    [PATHS.cost]: exporting(() => watermark),
    [PATHS.users]: (query) => {
      const newest = iso(Date.parse(now) - DAY_MS).slice(0, 10);
      const last = query.get("date") ?? iso(Date.parse(query.get("ending_date") ?? "") - DAY_MS).slice(0, 10);
      return last > newest
        ? refusal(400, "invalid_request_error", `data is available up to ${newest}`, {
            date: new Date(now).toUTCString(),
          })
        : { ...json(tokenPage([wireUser("user_a")])), headers: { date: new Date(now).toUTCString() } };
    },
  });

  test("ahead: money is judged by the export alone, and a day that is not there says which is the newest", async () => {
    // It is the 21st; the gateway takes it for the 22nd.
    const { ask } = gateway({ routes: upstream("2026-11-21T12:00:00Z", "2026-11-21T08:00:00Z") });
    // Of the 22nd of October on the 21st of November, 30 days have not passed by the export; by the clock they have.
    const { data } = await ask(costOf("2026-10-20", "2026-10-23"));
    expect(data.cost.freshness).toMatchObject({ state: "SETTLING", completeThrough: "2026-10-22" });
    const late = await ask(
      `{ users(range: { period: YESTERDAY }) { nodes { userId } } organization { name } }`,
    );
    expect(expectError(late, "NOT_YET_AVAILABLE").extensions.newestDay).toBe("2026-11-20");
    const there = await ask(
      `{ users(range: { between: { from: "2026-11-14", until: "2026-11-21" } }) { nodes { userId } } }`,
    );
    expect(there.data.users.nodes).toEqual([{ userId: "user_a" }]);
  });

  test("behind: nothing is final or whole too early, and the figures are there", async () => {
    // It is the 23rd; the gateway takes it for the 22nd.
    const { ask, seen } = gateway({ routes: upstream("2026-11-23T12:00:00Z", "2026-11-23T08:00:00Z") });
    const { data } = await ask(costOf("2026-10-20", "2026-10-24"));
    expect(data.cost.freshness.state).toBe("SETTLING");
    const week = await ask(costOf("2026-11-16", "2026-11-23"));
    expect(week.data.cost.freshness).toMatchObject({ state: "OPEN", completeThrough: "2026-11-21" });
    const { data: people } = await ask(`{ users(range: { period: YESTERDAY }) { nodes { userId } } }`);
    expect(people.users.nodes).toEqual([{ userId: "user_a" }]);
    expect(seen.length).toBeLessThanOrEqual(3);
  });

  test.each(["2026-11-21T12:00:00Z", "2026-11-23T12:00:00Z", "1999-01-01T00:00:00Z", "no date"])(
    "a Date header of %s changes nothing",
    async (date) => {
      const dated =
        (route: Route): Route =>
        async (query, request) => {
          const response = await route(query, request);
          return { ...response, headers: { ...response.headers, date: new Date(date).toString() } };
        };
      const route = exporting(() => "2026-11-22T08:00:00Z");
      const plain = gateway({ routes: { [PATHS.cost]: route } });
      const odd = gateway({ routes: { [PATHS.cost]: dated(route) } });
      const question = costOf("2026-10-16", "2026-11-23");
      expect((await odd.ask(question)).data).toEqual((await plain.ask(question)).data);
    },
  );
});
