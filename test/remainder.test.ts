import { expect, test } from "vitest";
import { gateway, json } from "./gateway.ts";
import { PATHS, reportPage, wireCost, wireDay } from "./wire.ts";

const DAY = "2026-11-13";
const RANGE = `range: { between: { from: "${DAY}", until: "2026-11-14" } }`;

function wireUsage(
  tokens: number,
  requests: number,
  dimensions: Readonly<Record<string, string | null>> = {},
) {
  const { amount: _, list_amount: __, currency: ___, ...row } = wireCost("0", dimensions);
  return {
    ...row,
    uncached_input_tokens: tokens,
    cache_read_input_tokens: 0,
    cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
    output_tokens: 0,
    server_tool_use: { web_search_requests: 0 },
    requests,
  };
}

/** A hundred groups of a day, and the whole of the day with what is left out of them. */
function cutOff<Row>(groups: (i: number) => Row, whole: Row) {
  const rows = Array.from({ length: 100 }, (_, i) => groups(i));
  return (query: URLSearchParams) =>
    json(reportPage([wireDay(DAY, query.has("group_by[]") ? rows : [whole])]));
}

test("a remainder that has requests and no tokens has a row", async () => {
  const usage = cutOff((i) => wireUsage(10, 1, { product: "chat", model: `m${i}` }), wireUsage(1000, 530));
  const { ask } = gateway({ routes: { [PATHS.usage]: usage } });
  const { data, errors } = await ask(
    `{ usage(${RANGE}, organization: "enterprise", source: LEGACY, groupBy: [PRODUCT, MODEL], first: 1000, bucket: DAY) { nodes { isRemainder tokens { totalTokens requests } } total { totalTokens requests } } }`,
  );
  expect(errors).toBeUndefined();
  expect(data.usage.total).toEqual({ totalTokens: 1000, requests: 530 });
  expect(data.usage.nodes).toHaveLength(101);
  expect(data.usage.nodes.at(-1)).toEqual({ isRemainder: true, tokens: { totalTokens: 0, requests: 430 } });
});

test("a remainder that has requests and cost nothing has a row", async () => {
  const groups = (i: number) => wireCost("1", { product: "chat", model: `m${i}` });
  const cost = cutOff(groups, { ...wireCost("100"), requests: 107 });
  const { ask } = gateway({ routes: { [PATHS.cost]: cost } });
  const { data, errors } = await ask(
    `{ cost(${RANGE}, organization: "enterprise", source: LEGACY, groupBy: [PRODUCT, MODEL], first: 1000, bucket: DAY) { nodes { isRemainder net { cents } requests } total { requests } } }`,
  );
  expect(errors).toBeUndefined();
  expect(data.cost.total.requests).toBe(107);
  expect(data.cost.nodes).toHaveLength(101);
  expect(data.cost.nodes.at(-1)).toEqual({ isRemainder: true, net: { cents: "0" }, requests: 7 });
});

test("a bucket that its groups fill has no remainder", async () => {
  const usage = cutOff((i) => wireUsage(10, 1, { product: "chat", model: `m${i}` }), wireUsage(1000, 100));
  const { ask } = gateway({ routes: { [PATHS.usage]: usage } });
  const { data } = await ask(
    `{ usage(${RANGE}, organization: "enterprise", source: LEGACY, groupBy: [PRODUCT, MODEL], first: 1000, bucket: DAY) { nodes { isRemainder } } }`,
  );
  expect(data.usage.nodes).toHaveLength(100);
});
