import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { gateway, json, refusal } from "./gateway.ts";
import { oneToken } from "./one-token.ts";
import { PATHS, tokenPage, wireSkill } from "./wire.ts";

const opened = gateway({ sandbox: { users: 40 } });

async function chart(path: string, { app } = opened, headers: Record<string, string> = {}) {
  const response = await app.fetch(`http://gateway.test/chart/${path}`, { headers });
  const text = await response.text();
  const isSvg = response.headers.get("content-type") === "image/svg+xml; charset=utf-8";
  const error = isSvg || text === "" ? undefined : JSON.parse(text).errors[0];
  return { status: response.status, headers: response.headers, text, isSvg, error };
}

/** Texts of a picture, with their entities as characters. */
function textsOf(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text = ""]) =>
    text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&"),
  );
}

test("a series is drawn by day, with its title, unit, range, legend and age", async () => {
  const { text, isSvg } = await chart("CostByDay.svg?range.last.days=10");
  expect(isSvg).toBe(true);
  expect(text).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" /);
  const texts = textsOf(text);
  expect(texts).toContain("Cost by Day");
  expect(texts).toContain("US dollars");
  expect(texts).toContain("12 Nov – 21 Nov 2026");
  expect(texts).toContain("Recent figures can still change");
  expect(texts.some((each) => /^As of \d+ Nov, \d\d:\d\d UTC$/.test(each))).toBe(true);
  expect(texts).toContain("claude_code");
});

test("days that are not complete are hatched, and the legend says so", async () => {
  const { text } = await chart('CostByDay.svg?range={"between":{"from":"2026-11-18","until":"2026-11-23"}}');
  expect(text).toMatch(/fill="url\(#picture-hatch-0\)"/);
  expect(textsOf(text)).toContain("Hatched: not complete yet");
});

test("a ranking has a bar and a value for each row, and its share of the total", async () => {
  const { text } = await chart("CostByModel.svg");
  const texts = textsOf(text);
  expect(texts).toContain("Cost by Model: net");
  expect(texts).toContain("claude-sonnet-5");
  expect(texts.filter((each) => /^\$[\d,.]+K?$/.test(each)).length).toBeGreaterThan(2);
  expect(texts.filter((each) => each.endsWith("%")).length).toBeGreaterThan(2);
});

test("numbers outside of lists are drawn as numbers", async () => {
  const texts = textsOf((await chart("SpendToDate.svg")).text);
  expect(texts).toContain("monthToDate total net");
  expect(texts).toContain("Not complete yet");
});

test("the measure and the list can be chosen, and those of numbers are paths in the answer", async () => {
  expect(textsOf((await chart("CostByModel.svg?measure=requests")).text)).toContain(
    "Cost by Model: requests",
  );
  const { text } = await chart("DashboardSpend.svg?list=dashboard.spend.topUsers.users");
  expect(textsOf(text)[0]).toMatch(/^Dashboard Spend/);
  const number = await chart("CostByModel.svg?measure=cost.total.net");
  expect(textsOf(number.text)).toContain("net");
  expect(textsOf(number.text)).not.toContain("claude-sonnet-5");
});

test("an unknown measure or list is refused before anything is requested, with the nearest there is", async () => {
  const { seen } = opened;
  const before = seen.length;
  const refused = async (path: string, message: string) => {
    const { status, error } = await chart(path);
    expect([status, error.extensions.code, error.message]).toEqual([400, "BAD_USER_INPUT", message]);
  };
  await refused("CostByModel.svg?measure=request", "Unknown measure `request`: did you mean requests?");
  await refused("CostByModel.svg?measure=net.us", "Unknown measure `net.us`: did you mean net.usd?");
  await refused(
    "CostByModel.svg?measure=model",
    "Unknown measure `model`: use one of net.usd, list.usd, requests, cost.total.net, cost.total.list.",
  );
  await refused("CostByModel.svg?list=none", "Unknown list `none`: use one of cost.");
  await refused(
    "DashboardSpend.svg?list=dashboard.spend.topUsers.users&measure=cost.usd",
    "Unknown measure `cost.usd`: did you mean cost.net.usd?",
  );
  await refused(
    "SpendToDate.svg?measure=dashboard.spend.monthToDate.total.nets",
    "Unknown measure `dashboard.spend.monthToDate.total.nets`: did you mean dashboard.spend.monthToDate.total.net?",
  );
  expect(seen.length).toBe(before);
});

test("the themes are the colours of the pages", async () => {
  const tokens = readFileSync(new URL("../src/web/design/tokens.css", import.meta.url), "utf8");
  const [, light, dark] = /--surface: light-dark\((#\w+), (#\w+)\);/.exec(tokens) ?? [];
  expect((await chart("CostByModel.svg")).text).toContain(`fill="${light}"`);
  expect((await chart("CostByModel.svg?theme=dark")).text).toContain(`fill="${dark}"`);
  expect((await chart("CostByModel.svg?theme=blue")).error.message).toBe(
    "`theme` is not one of light, dark.",
  );
});

test("a picture runs nothing, loads nothing, and has a policy that says so", async () => {
  for (const path of ["CostByDay.svg", "CostByModel.svg", "SpendToDate.svg", "DashboardUsage.svg"]) {
    const { text, headers } = await chart(path);
    expect(text).not.toMatch(
      /<script|<foreignObject|<image|<use|<a[ >]|href|javascript:|@import|\son\w+=|url\((?!#)|var\(/i,
    );
    expect(text.match(/https?:\/\/[^"]*/g)).toEqual(["http://www.w3.org/2000/svg"]);
    expect(headers.get("content-security-policy")).toBe("default-src 'none'; style-src 'unsafe-inline'");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
  }
});

test("names with markup and control characters stay text, and the picture stays XML", async () => {
  const name = '<script>alert(1)</script>&"\u0000\u0008\uFFFE';
  const { app } = gateway({ routes: { [PATHS.skills]: () => json(tokenPage([wireSkill(name)])) } });
  const response = await app.fetch("http://gateway.test/chart/Skills.svg?spend=false&measure=users");
  const text = await response.text();
  expect(response.status, text).toBe(200);
  expect(text).toContain("&lt;script&gt;");
  expect(text).not.toContain("<script");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not be there
  expect(text).not.toMatch(/[\u0000-\u0008\uFFFE]/);
});

test("an error is a status with a GraphQL error, never a picture", async () => {
  const admin = oneToken("admin", "ADMIN");
  const guarded = gateway({ sandbox: { users: 12 }, settings: admin.settings });
  expect(await chart("CostByModel.svg", guarded)).toMatchObject({ status: 401, isSvg: false });
  const forbidden = await chart("CostByModel.svg", guarded, { authorization: `Bearer ${admin.token}` });
  expect([forbidden.status, forbidden.error.extensions.code]).toEqual([403, "FORBIDDEN"]);
  expect(guarded.seen).toEqual([]);
  const failing = gateway({
    routes: { "/v1/organizations/analytics/cost_report": () => refusal(400, "invalid_request_error", "no") },
  });
  expect((await chart("CostByModel.svg", failing)).status).toBeGreaterThanOrEqual(500);
  expect((await chart("WhoAmI.svg")).error.message).toContain(
    "the rows of organizations have no amount, count or ratio",
  );
  expect((await chart("CostByModels.svg")).error.message).toContain("did you mean CostByModel?");
  expect((await chart("CostByModel.png")).status).toBe(404);
  expect((await chart("CostByModel.svg?format=rows")).error.message).toContain("Unknown parameter `format`");
});

test("a picture is kept as bytes and validated", async () => {
  const kept = gateway({ sandbox: { users: 12 }, settings: { RESPONSE_CACHE: "on" } });
  const first = await chart("CostByModel.svg", kept);
  const [again, requests] = await kept.requestsOf(() => chart("CostByModel.svg", kept));
  expect(requests).toEqual([]);
  expect(again.text).toBe(first.text);
  expect(again.headers.get("content-security-policy")).toBe(first.headers.get("content-security-policy"));
  const etag = first.headers.get("etag") ?? "";
  expect((await chart("CostByModel.svg", kept, { "if-none-match": etag })).status).toBe(304);
});

test("an install without the built module says what is missing", async () => {
  const bare = gateway({
    sandbox: { users: 12 },
    pictures: new URL("not-built/picture.js", import.meta.url),
  });
  const { status, error } = await chart("CostByModel.svg", bare);
  expect([status, error.extensions.code]).toEqual([404, "NOT_FOUND"]);
  expect(error.message).toContain("leaves out its build tools");
});
