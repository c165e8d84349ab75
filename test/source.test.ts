import { describe, expect, test } from "vitest";
import { gateway, json, refusal } from "./gateway.ts";
import { PATHS, reportPage, wireCost, wireDay } from "./wire.ts";

const DAY = `range: { between: { from: "2026-11-20", until: "2026-11-21" } }`;
const UNIFIED = "/v1/organizations/analytics/cost";

/** The last parts of the paths that were asked. */
function asked(seen: readonly URL[]): (string | undefined)[] {
  return seen.map((url) => url.pathname.split("/organizations/").at(1));
}

describe("a source that is not named", () => {
  test("is the newer report of the organization, else the older one that knows the dimension", async () => {
    const { ask } = gateway({ sandbox: { users: 40 } });
    const { data, errors } = await ask(`{
      a: cost(${DAY}, first: 1, bucket: DAY) { source organization }
      b: cost(${DAY}, organization: "console", groupBy: [WORKSPACE], first: 1, bucket: DAY) { source organization nodes { list { usd } } }
      c: usage(${DAY}, organization: "console", groupBy: [API_KEY], first: 1, bucket: DAY) { source organization }
      d: cost(${DAY}, groupBy: [USER], first: 1, bucket: DAY) { source organization }
      e: usage(${DAY}, organization: "console", groupBy: [SERVICE_ACCOUNT], first: 1, bucket: DAY) { source organization }
    }`);
    expect(errors).toBeUndefined();
    expect(Object.values(data)).toMatchObject([
      { source: "UNIFIED", organization: "enterprise" },
      { source: "UNIFIED", organization: "console" },
      { source: "UNIFIED", organization: "console" },
      { source: "UNIFIED", organization: "enterprise" },
      { source: "LEGACY", organization: "console" },
    ]);
    expect(data.b.nodes[0].list).not.toBeNull();
  });

  test("is of the organization there is a key for", async () => {
    const { ask } = gateway({ sandbox: { users: 40 }, settings: { ANTHROPIC_ANALYTICS_KEY: "" } });
    const { data, errors } = await ask(
      `{ cost(${DAY}, bucket: DAY) { source organization } organization { name } }`,
    );
    expect(errors).toBeUndefined();
    expect(data.cost).toEqual({ source: "UNIFIED", organization: "console" });
  });

  test("is the older one for days before those the newer one reaches back to", async () => {
    const { ask, seen } = gateway({ sandbox: { users: 40 }, settings: { ANTHROPIC_ANALYTICS_KEY: "" } });
    const { data, errors } = await ask(
      `{ cost(range: { between: { from: "2025-10-01", until: "2025-11-01" } }, bucket: DAY) { source } }`,
    );
    expect(errors).toBeUndefined();
    expect(data.cost.source).toBe("LEGACY");
    expect(asked(seen)).toEqual(["cost_report"]);
  });
});

describe("in an organization outside the beta", () => {
  const outside = () => gateway({ sandbox: { users: 30, unified: "off" } });

  test("a dozen questions at once find that out by one request, and the older reports answer", async () => {
    const { ask, requestsOf } = outside();
    const fields = Array.from(
      { length: 12 },
      (_, i) =>
        `q${i}: cost(range: { between: { from: "2026-10-${i + 10}", until: "2026-10-${i + 11}" } }, bucket: DAY) { source nodes { net { cents } } }`,
    );
    const [{ data, errors }, requests] = await requestsOf(() => ask(`{ ${fields.join("\n")} }`));
    expect(errors).toBeUndefined();
    expect(new Set(Object.values(data).map((answer) => (answer as { source: string }).source))).toEqual(
      new Set(["LEGACY"]),
    );
    expect(asked(requests).filter((path) => path === "analytics/cost")).toHaveLength(1);
    expect(requests).toHaveLength(13);
  });

  test("it is remembered for an hour, and then asked again", async () => {
    const { ask, requestsOf, at } = outside();
    const [, first] = await requestsOf(() => ask(`{ cost(${DAY}, bucket: DAY) { source } }`));
    at("2026-11-22T12:59:00Z");
    const [, second] = await requestsOf(() =>
      ask(`{ cost(${DAY}, groupBy: [MODEL], bucket: DAY) { source } }`),
    );
    at("2026-11-22T13:00:00Z");
    const [, third] = await requestsOf(() =>
      ask(`{ cost(${DAY}, groupBy: [SPEED], bucket: DAY) { source } }`),
    );
    expect([first, second, third].map(asked)).toEqual([
      ["analytics/cost", "analytics/cost_report"],
      ["analytics/cost_report"],
      ["analytics/cost", "analytics/cost_report"],
    ]);
  });

  test("a dimension the older reports do not know is refused, not answered with the other organization's figures", async () => {
    const { ask, seen } = outside();
    const { data, errors } = await ask(`{ cost(${DAY}, groupBy: [ACTOR], bucket: DAY) { totalCount } }`);
    expect(data).toEqual({ cost: null });
    expect(errors?.[0]).toMatchObject({
      path: ["cost"],
      extensions: { code: "NOT_ENTITLED", dataset: "UNIFIED_ENTERPRISE_COST", reason: "NOT_ENROLLED" },
    });
    expect(errors?.[0]?.message).toContain("source: LEGACY");
    expect(asked(seen)).toEqual(["analytics/cost"]);
  });

  test("the newer report named as the source is asked, and says why not", async () => {
    const { ask } = outside();
    const { errors } = await ask(`{ cost(${DAY}, source: UNIFIED, bucket: DAY) { totalCount } }`);
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(["NOT_ENTITLED"]);
  });
});

describe("in an organization with HIPAA readiness", () => {
  const ready = () => gateway({ sandbox: { users: 30, hipaa: ["enterprise"] } });

  test("the older reports answer, and the newer one is asked once an hour", async () => {
    const { ask, requestsOf } = ready();
    const [{ data, errors }, first] = await requestsOf(() =>
      ask(`{ cost(${DAY}, groupBy: [MODEL], bucket: DAY) { source nodes { net { cents } } } }`),
    );
    expect(errors).toBeUndefined();
    expect(data.cost.source).toBe("LEGACY");
    expect(data.cost.nodes.length).toBeGreaterThan(0);
    const [, again] = await requestsOf(() =>
      ask(`{ cost(${DAY}, groupBy: [SPEED], bucket: DAY) { source } }`),
    );
    expect([first, again].map(asked)).toEqual([
      ["analytics/cost", "analytics/cost_report"],
      ["analytics/cost_report"],
    ]);
  });

  test("a dimension of the newer report alone is an error with the reason", async () => {
    const { ask } = ready();
    const { data, errors } = await ask(`{ cost(${DAY}, groupBy: [API_KEY], bucket: DAY) { totalCount } }`);
    expect(data).toEqual({ cost: null });
    expect(errors?.[0]).toMatchObject({
      message: expect.stringContaining("HIPAA readiness"),
      extensions: { code: "NOT_ENTITLED", dataset: "UNIFIED_ENTERPRISE_COST", reason: "HIPAA_READINESS" },
    });
  });

  test("the other organization keeps the newer report", async () => {
    const { ask } = ready();
    const { data } = await ask(`{ cost(${DAY}, organization: "console", bucket: DAY) { source } }`);
    expect(data.cost.source).toBe("UNIFIED");
  });

  test("it is named as a possible cause where upstream gives no reason", async () => {
    const { ask } = gateway({ routes: { [UNIFIED]: () => refusal(400, "invalid_request_error", "no") } });
    const { errors } = await ask(`{ cost(${DAY}, source: UNIFIED, bucket: DAY) { source } }`);
    expect(errors?.[0]?.extensions).toMatchObject({ code: "UPSTREAM_REFUSED" });
    expect(errors?.[0]?.message).toContain("may have HIPAA readiness");
  });
});

describe("a newer report that refuses in words the gateway does not know", () => {
  const older = () => json(reportPage([wireDay("2026-11-20", [wireCost("1")])]));

  test.each([
    [400, "invalid_request_error"],
    [403, "permission_error"],
    [404, "not_found_error"],
  ])("is given up for the older one that answers (%d)", async (status, type) => {
    const { ask, requestsOf } = gateway({
      routes: { [UNIFIED]: () => refusal(status, type, "no"), [PATHS.cost]: older },
    });
    const [{ data, errors }] = await requestsOf(() =>
      ask(`{ cost(${DAY}, bucket: DAY) { source nodes { net { cents } } } }`),
    );
    expect(errors).toBeUndefined();
    expect(data.cost).toEqual({ source: "LEGACY", nodes: [{ net: { cents: "1" } }] });
    const [, again] = await requestsOf(() =>
      ask(`{ cost(${DAY}, groupBy: [MODEL], bucket: DAY) { source } }`),
    );
    expect(asked(again)).toEqual(["analytics/cost_report"]);
  });

  test("is asked again when the older one refuses the question too", async () => {
    const no = () => refusal(400, "invalid_request_error", "no");
    const { ask, requestsOf } = gateway({ routes: { [UNIFIED]: no, [PATHS.cost]: no } });
    const { errors } = await ask(`{ cost(${DAY}, bucket: DAY) { source } }`);
    expect(errors?.[0]?.extensions).toMatchObject({ code: "UPSTREAM_REFUSED", dataset: "ENTERPRISE_COST" });
    const [, again] = await requestsOf(() =>
      ask(`{ cost(${DAY}, groupBy: [MODEL], bucket: DAY) { source } }`),
    );
    expect(asked(again)).toEqual(["analytics/cost", "analytics/cost_report"]);
  });

  test("is not given up for failing", async () => {
    const { ask } = gateway({
      routes: { [UNIFIED]: () => refusal(500, "api_error", "no"), [PATHS.cost]: older },
    });
    const { data, errors } = await ask(`{ cost(${DAY}, bucket: DAY) { source } }`);
    expect(data).toEqual({ cost: null });
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(["UPSTREAM_UNAVAILABLE"]);
  });
});

test("a list is read on from the source that began it", async () => {
  let enrolled = false;
  const row = (group: object, amount: string) => ({
    starting_at: "2026-11-20T00:00:00Z",
    ending_at: "2026-11-21T00:00:00Z",
    group,
    cost: { amount, list_amount: amount, currency: "USD", requests: 1 },
  });
  const names = ["a", "b", "c"];
  const { ask, requestsOf, at } = gateway({
    routes: {
      [UNIFIED]: () =>
        enrolled
          ? json(reportPage(names.toReversed().map((product) => row({ product }, "1"))))
          : refusal(403, "permission_error", "no"),
      [PATHS.cost]: () =>
        json(
          reportPage([
            wireDay(
              "2026-11-20",
              names.map((product) => wireCost("1", { product })),
            ),
          ]),
        ),
    },
  });
  const page = (after?: string) =>
    ask(
      `query ($after: String) { cost(${DAY}, groupBy: [PRODUCT], first: 1, after: $after, bucket: DAY) { source nodes { product } pageInfo { endCursor } } }`,
      { after },
    );
  const first = await page();
  enrolled = true;
  at("2026-11-22T14:00:00Z");
  const [second, requests] = await requestsOf(() => page(first.data.cost.pageInfo.endCursor));
  expect([first, second].map(({ data }) => data.cost)).toMatchObject([
    { source: "LEGACY", nodes: [{ product: "a" }] },
    { source: "LEGACY", nodes: [{ product: "b" }] },
  ]);
  expect(asked(requests)).toEqual(["analytics/cost_report"]);
});
