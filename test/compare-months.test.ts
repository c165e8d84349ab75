import { describe, expect, test } from "vitest";
import { compare, type Decimal, parseDecimal, sum } from "../src/domain/decimal.ts";
import { gateway } from "./gateway.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers are as loose as JSON is
type Loose = any;

const days = (from: string, until: string) =>
  `range: { between: { from: "2026-03-${from}", until: "2026-${until}" } }`;
const NOTHING = { from: "2026-03-01", until: "2026-03-01" };
const FEBRUARY_28 = { from: "2026-02-28", until: "2026-03-01" };

const inApril = () => gateway({ now: "2026-04-20T12:00:00Z", sandbox: { users: 40 } });

describe("compared with February", () => {
  const asked = (range: string, bucket: string) =>
    `cost(${range}, bucket: ${bucket}, compare: MONTH_BEFORE) { nodes { from comparison { range { from until } net { before { cents } relativeChange } } } totalComparison { range { from until } net { before { cents } } } }`;
  const before = ({ comparison }: Loose): Decimal => parseDecimal(comparison.net.before.cents) as Decimal;

  test.each([
    ["29", "03-30"],
    ["30", "03-31"],
    ["31", "04-01"],
    ["29", "04-01"],
  ])("March from the %s until %s alone is set against nothing, in one request", async (from, until) => {
    const { ask, requestsOf } = inApril();
    const [{ data, errors }, requests] = await requestsOf(() =>
      ask(`{ ${asked(days(from, until), "NONE")} }`),
    );
    expect(errors).toBeUndefined();
    expect(data.cost.nodes).toHaveLength(1);
    expect(data.cost.nodes[0].comparison).toMatchObject({ range: NOTHING, net: { relativeChange: null } });
    expect(Number(data.cost.nodes[0].comparison.net.before.cents)).toBe(0);
    expect(data.cost.totalComparison.range).toEqual(NOTHING);
    expect(Number(data.cost.totalComparison.net.before.cents)).toBe(0);
    expect(requests.map((url) => url.searchParams.get("starting_at")?.slice(0, 7))).not.toContain("2026-02");
  });

  test("the last days of March one by one are those of their range, and of all of March", async () => {
    const { ask } = inApril();
    const each = ["28", "29", "30", "31"].map((from, i) => {
      const until = ["03-29", "03-30", "03-31", "04-01"][i] as string;
      return `d${from}: ${asked(days(from, until), "DAY")}`;
    });
    const { data, errors } = await ask(
      `{ ${each.join(" ")} range: ${asked(days("28", "04-01"), "DAY")} month: ${asked(days("01", "04-01"), "DAY")} }`,
    );
    expect(errors).toBeUndefined();
    const alone = [data.d28, data.d29, data.d30, data.d31].flatMap(({ nodes }) => nodes.map(before));
    expect(data.range.nodes.map(before)).toEqual(alone);
    expect(data.month.nodes.slice(-4).map(before)).toEqual(alone);
    expect(alone.map((amount) => compare(amount, parseDecimal("0") as Decimal))).toEqual([1, 0, 0, 0]);
    expect(data.range.totalComparison.range).toEqual(FEBRUARY_28);
    expect(compare(sum(alone), before({ comparison: data.range.totalComparison }))).toBe(0);
  });

  test("use, activity and Claude Code of a day that February has not are set against nothing", async () => {
    const { ask } = inApril();
    const { data, errors } = await ask(`{
      usage(${days("30", "03-31")}, compare: MONTH_BEFORE, bucket: DAY) { totalComparison { range { from until } totalTokens { before } } }
      claudeCode(${days("30", "03-31")}, compare: MONTH_BEFORE, bucket: DAY) { nodes { comparison { range { from until } sessions { before } } } totalComparison { range { from until } sessions { before } } }
      skills(${days("30", "03-31")}, first: 3) { nodes { comparison(to: MONTH_BEFORE) { range { from until } users { before } } } }
      users(${days("30", "03-31")}, first: 3) { nodes { activityComparison(to: MONTH_BEFORE) { range { from until } chatMessages { before } } } } }`);
    expect(errors).toBeUndefined();
    expect(data.usage.totalComparison).toEqual({ range: NOTHING, totalTokens: { before: 0 } });
    const sessions = { range: NOTHING, sessions: { before: 0 } };
    expect(data.claudeCode).toEqual({ nodes: [{ comparison: sessions }], totalComparison: sessions });
    expect(data.skills.nodes.length).toBeGreaterThan(0);
    for (const { comparison } of data.skills.nodes)
      expect(comparison).toEqual({ range: NOTHING, users: { before: 0 } });
    for (const { activityComparison } of data.users.nodes)
      expect(activityComparison).toEqual({ range: NOTHING, chatMessages: { before: 0 } });
  });
});
