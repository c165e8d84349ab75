import { describe, expect, test } from "vitest";
import { guarded } from "../callers.ts";

const RECENT = "{ cost(range: { last: { days: 3 } }) { total { net { cents } } } }";
const FINAL =
  '{ cost(range: { between: { from: "2026-03-01", until: "2026-04-01" } }) { total { net { cents } } } }';

/** Asks twice, with kept answers, the second time with `no-cache`; returns the upstream requests of that, and how the cache was used. */
async function again(name: string, query: string, headers: Readonly<Record<string, string>>) {
  const { app, at, headersOf, seen } = guarded({
    sandbox: { users: 20 },
    settings: { RESPONSE_CACHE: "on" },
  });
  const ask = (more: Readonly<Record<string, string>>) =>
    app.fetch("http://gateway.test/graphql", {
      method: "POST",
      headers: { ...headersOf(name), ...more },
      body: JSON.stringify({ query }),
    });
  const first = await (await ask({})).json();
  const before = seen.length;
  at("2026-11-22T12:01:00Z");
  const response = await ask(headers);
  const { data } = (await response.json()) as { data: unknown };
  expect(data).toEqual((first as { data: unknown }).data);
  return [seen.length - before, response.headers.get("cache-status")?.split("; ")[1]];
}

describe("cache-control: no-cache", () => {
  const NO_CACHE = { "cache-control": "no-cache" };

  test("of a caller with operate asks upstream again, except for final figures", async () => {
    expect(await again("OWNER", RECENT, NO_CACHE)).toEqual([1, "fwd=request"]);
    expect(await again("OWNER", RECENT, { "cache-control": "max-age=0, No-Cache" })).toEqual([
      1,
      "fwd=request",
    ]);
    expect(await again("OWNER", FINAL, NO_CACHE)).toEqual([0, "fwd=request"]);
    expect(await again("OWNER", RECENT, {})).toEqual([0, "hit"]);
  });

  test("of others makes no upstream request, and is answered anew from fresh pages", async () => {
    expect(await again("ANALYST", RECENT, NO_CACHE)).toEqual([0, "fwd=bypass"]);
  });
});
