import { createHash } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SandboxDispatcher } from "../src/sandbox/dispatcher.ts";
import type { Handle } from "../src/sandbox/protocol.ts";
import { sandboxOver } from "../src/sandbox/sandbox.ts";
import { sha256 } from "../src/server/auth/tokens.ts";
import { queryLibrary } from "../src/server/documents/query-library.ts";
import { hashOf } from "../src/server/documents/trusted.ts";
import type { Environment } from "../src/settings/settings.ts";
import { guarded, NAMES } from "./callers.ts";
import { type Answer, gateway, json, NOW, refusal } from "./gateway.ts";
import { ledgerOf, simulated } from "./simulated.ts";
import { PATHS, reportPage, tokenPage, wireSkill, wireUser } from "./wire.ts";

const ON = { RESPONSE_CACHE: "on" } as const;
const LAST_MONTH = `{ cost(range: { period: LAST_MONTH }, groupBy: [MODEL]) { nodes { model net { cents } } freshness { state } } }`;
const FINAL = `{ cost(range: { between: { from: "2026-08-01", until: "2026-09-01" } }, groupBy: [MODEL]) { nodes { model net { cents } } freshness { state } } }`;
const MOVING = `{ cost(range: { period: MONTH_TO_DATE }, bucket: DAY, first: 100) { nodes { from net { cents } } freshness { state refreshedAt } } }`;

type Opened = ReturnType<typeof gateway>;

function post(
  { app }: Opened,
  query: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return app.fetch("http://gateway.test/graphql", {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ query }),
  });
}

const get = ({ app }: Opened, path: string, headers: Readonly<Record<string, string>> = {}) =>
  app.fetch(`http://gateway.test${path}`, { headers });

const urlOf = (query: string) => `/graphql?query=${encodeURIComponent(query)}`;

const statusOf = (response: Response) =>
  response.headers.get("cache-status")?.replace("claude-analytics-gateway; ", "");

const open = (settings: Environment = ON) =>
  gateway({ sandbox: { users: 20 }, settings: { ...ON, ...settings } });

describe("a kept answer", () => {
  test("has equal bytes and an equal validator each time, and makes no upstream request", async () => {
    const opened = open();
    const first = await post(opened, FINAL);
    const [second, requests] = await opened.requestsOf(() => post(opened, FINAL));
    expect([statusOf(first), statusOf(second)]).toEqual(["fwd=miss; stored", "hit"]);
    expect(await second.text()).toBe(await first.text());
    expect(second.headers.get("etag")).toBe(first.headers.get("etag"));
    expect(first.headers.get("upstream-usage")).toMatch(/^requests=1, cache-hits=0, wait-ms=\d+$/);
    expect(second.headers.get("upstream-usage")).toBe("requests=0, cache-hits=0, wait-ms=0");
    expect(requests).toEqual([]);
  });

  test("has its cost in a header and no longer in the body", async () => {
    const { extensions } = (await (await post(open(), FINAL)).json()) as Answer;
    expect(extensions.upstream).toEqual({ duplicates: 0 });
  });

  test("is not sent once RESPONSE_CACHE is off, and the body has its cost", async () => {
    const opened = open({ RESPONSE_CACHE: "off" });
    await post(opened, FINAL);
    const second = await post(opened, FINAL);
    expect(statusOf(second)).toBe("fwd=bypass");
    expect(second.headers.get("etag")).toBeNull();
    expect(((await second.json()) as Answer).extensions.upstream).toMatchObject({
      requests: 0,
      cacheHits: 1,
    });
  });

  test("of figures that move states its age, and ends with their freshness", async () => {
    const opened = open();
    await post(opened, MOVING);
    opened.at("2026-11-22T12:03:00Z");
    const later = await post(opened, MOVING);
    expect([statusOf(later), later.headers.get("age")]).toEqual(["hit", "180"]);
    opened.at("2026-11-22T12:06:00Z");
    expect(statusOf(await post(opened, MOVING))).not.toBe("hit");
  });

  test("is revalidated by GET: 304 without a body while it holds", async () => {
    const opened = open();
    const first = await get(opened, urlOf(FINAL));
    const etag = first.headers.get("etag") ?? "";
    expect(first.headers.get("cache-control")).toBe("private, no-cache");
    expect(first.headers.get("vary")).toBe("accept, accept-encoding, authorization");
    for (const sent of [etag, `"other", W/${etag}`, "*"]) {
      const again = await get(opened, urlOf(FINAL), { "if-none-match": sent });
      expect([again.status, await again.text(), again.headers.get("etag")]).toEqual([304, "", etag]);
    }
    const other = await get(opened, urlOf(FINAL), { "if-none-match": '"other"' });
    expect(other.status).toBe(200);
  });

  test("is that of its URL, and of the media type its client accepts", async () => {
    const opened = open();
    await get(opened, urlOf(FINAL));
    const other = await get(opened, urlOf(MOVING));
    expect(((await other.json()) as Answer).data).toEqual((await opened.ask(MOVING)).data);
    const type = "application/graphql-response+json";
    expect((await get(opened, urlOf(FINAL), { accept: type })).headers.get("content-type")).toContain(type);
  });

  test("by POST is not a representation of the URL: it is not to be stored, and no condition applies", async () => {
    const opened = open();
    const etag = (await post(opened, FINAL)).headers.get("etag") ?? "";
    const again = await post(opened, FINAL, { "if-none-match": etag });
    expect([again.status, again.headers.get("cache-control")]).toEqual([200, "no-store"]);
  });

  test.each([
    ["zstd", "gzip, deflate, br, zstd", zstdDecompressSync],
    ["br", "gzip, deflate, br", brotliDecompressSync],
    ["gzip", "gzip;q=0.5, br;q=0", gunzipSync],
  ] as const)("is sent in %s to a client that accepts %s", async (coding, accepted, decompress) => {
    const opened = open();
    const many = `{ users(range: { between: { from: "2026-08-01", until: "2026-09-01" } }) { nodes { id email activity { chat { messages } } } } }`;
    const plain = await post(opened, many);
    const coded = await post(opened, many, { "accept-encoding": accepted });
    expect(coded.headers.get("content-encoding")).toBe(coding);
    expect(coded.headers.get("etag")).not.toBe(plain.headers.get("etag"));
    const bytes = Buffer.from(await coded.arrayBuffer());
    expect(Number(coded.headers.get("content-length"))).toBe(bytes.length);
    expect(decompress(bytes).toString()).toBe(await plain.text());
  });

  test("is compressed as well where it is not kept, and so is an error", async () => {
    const opened = open({ RESPONSE_CACHE: "off" });
    const many = `{ users(range: { between: { from: "2026-08-01", until: "2026-09-01" } }) { nodes { id email activity { chat { messages } } } } }`;
    for (const query of [many, `{ ${Array.from({ length: 100 }, (_, i) => `unknown${i}`).join(" ")} }`]) {
      const plain = await post(opened, query);
      const coded = await post(opened, query, { "accept-encoding": "gzip" });
      const bytes = Buffer.from(await coded.arrayBuffer());
      expect([coded.status, coded.headers.get("content-encoding")]).toEqual([plain.status, "gzip"]);
      expect([plain.headers.get("vary"), coded.headers.get("vary")]).toEqual(
        Array(2).fill("accept-encoding"),
      );
      expect(Number(coded.headers.get("content-length"))).toBe(bytes.length);
      const { data, errors } = (await plain.json()) as Answer;
      expect(JSON.parse(gunzipSync(bytes).toString())).toMatchObject({
        ...(data && { data }),
        ...(errors && { errors }),
      });
    }
  });

  test.each([
    ["no-cache", "fwd=request"],
    ["max-age=0, no-store", "fwd=bypass"],
  ])("is not sent to a client that asks with cache-control: %s", async (control, status) => {
    const opened = open();
    await post(opened, FINAL);
    expect(statusOf(await post(opened, FINAL, { "cache-control": control }))).toBe(status);
  });

  test.each([
    [
      "an error beside figures",
      `{ ${FINAL.slice(1, -1)} user(id: "VXNlcjp4") { name } group(id: "R3JvdXA6eA==") { name } }`,
    ],
    [
      "a refused argument beside figures",
      `{ wrong: activity(range: { last: { days: 0 } }) { date } ${FINAL.slice(1)}`,
    ],
    ["an error alone", "{ cost(range: { last: { days: 0 } }) { nodes { model } } }"],
    ["nothing of upstream", "{ __typename }"],
    ["the rest of a rate limit", `{ datasets { dataset requestsLeft } ${FINAL.slice(1)}`],
  ])("is never %s", async (_what, query) => {
    const opened = open();
    await post(opened, query);
    const second = await post(opened, query);
    expect(statusOf(second)).not.toBe("hit");
    expect(second.headers.get("etag")).toBeNull();
  });

  test("is never a plan", async () => {
    const opened = open();
    await post(opened, FINAL);
    const plan = await post(opened, FINAL, { explain: "1" });
    expect(statusOf(plan)).toBe("fwd=bypass");
    expect(((await plan.json()) as Answer).data).toBeNull();
  });

  test("ends with a change of the teams, and is right again after it", async () => {
    const path = join(mkdtempSync(join(tmpdir(), "answers-")), "teams.csv");
    const write = (team: string) => writeFileSync(path, `email,team\nada.blake@ternplover.example,${team}\n`);
    write("Maps");
    let elapsed = 0;
    const opened = gateway({
      sandbox: { users: 20 },
      settings: { ...ON, TEAMS_FILE: path },
      pace: { now: () => elapsed, sleep: async () => {} },
    });
    const query = "{ teams(range: { period: LAST_MONTH }) { nodes { name cost { net { cents } } } } }";
    const first = await (await post(opened, query)).text();
    expect(statusOf(await post(opened, query))).toBe("hit");
    write("Search and Maps");
    for (let looks = 0; looks < 3; looks++) {
      elapsed += 2_000;
      await post(opened, "{ teams(range: { period: LAST_MONTH }) { nodes { id cost { net { cents } } } } }");
    }
    const after = await post(opened, query);
    expect(statusOf(after)).not.toBe("hit");
    expect(await after.text()).not.toBe(first);
  });

  test("is never one without a value that upstream failed to deliver", async () => {
    const seats = `{ activity(range: { between: { from: "2026-03-02", until: "2026-03-04" } }) { date seats } }`;
    let isDown = false;
    const sandbox = sandboxOver(ledgerOf(simulated({ seed: 1, users: 12 })), {
      users: 12,
      now: () => Date.parse(NOW),
      rateLimit: "off",
    } as Parameters<typeof sandboxOver>[1]);
    const handle: Handle = async (request, signal) =>
      isDown ? refusal(500, "api_error", "no") : sandbox.handle(request, signal);
    const opened = gateway({ dispatcher: new SandboxDispatcher({ handle }), settings: ON });
    await post(opened, seats.replace("seats", "dailyActiveUsers"));
    isDown = true;
    const without = await post(opened, seats);
    expect(((await without.json()) as Answer).data.activity[0]).toEqual({ date: "2026-03-02", seats: null });
    expect(statusOf(without)).toBe("fwd=miss");
    isDown = false;
    const { data } = (await (await post(opened, seats)).json()) as Answer;
    expect(data.activity[0].seats).toBeGreaterThan(0);
  });

  test("ends once upstream has refused the key itself, so that its organization must be proven again", async () => {
    let isRevoked = false;
    const guard = (body: unknown) => () =>
      isRevoked ? refusal(401, "authentication_error", "no") : json(body);
    const opened = gateway({
      routes: {
        [PATHS.summaries]: guard(tokenPage([])),
        [PATHS.users]: guard(tokenPage([wireUser("user_a")])),
        "/v1/organizations/analytics/cost": guard(reportPage([])),
      },
      settings: { ...ON, ANTHROPIC_ADMIN_KEY: "" },
      proof: true,
    });
    const cost = "{ cost(range: { period: LAST_MONTH }, source: UNIFIED, bucket: DAY) { totalCount } }";
    await post(opened, cost);
    expect(statusOf(await post(opened, cost))).toBe("hit");
    isRevoked = true;
    await post(opened, "{ users(range: { period: LAST_MONTH }) { totalCount } }");
    const { errors } = (await (await post(opened, cost)).json()) as Answer;
    expect(errors?.[0]?.extensions).toMatchObject({ reason: "KEY_REFUSED" });
  });

  test("ends with a filter that its ids name and that is no longer kept, so that a new list keeps it again", async () => {
    const routes = { [PATHS.skills]: () => json(tokenPage([wireSkill("docx")])) };
    const { ask } = gateway({ routes, settings: { ...ON, MAX_BODY_BYTES: "10000000" } });
    const list = (users: readonly string[]) =>
      ask(
        "query ($filter: EngagementFilter) { skills(range: { period: LAST_MONTH }, filter: $filter) { nodes { id } } }",
        { filter: { users } },
      );
    const many = (prefix: string) =>
      Array.from({ length: 100 }, (_, i) => `user_${prefix}_${i}_${"x".repeat(700)}`);
    const [{ id }] = (await list(many("a"))).data.skills.nodes;
    for (let other = 0; other < 70; other++) await list(many(`b${other}`));
    const find = () => ask("query ($id: ID!) { node(id: $id) { id } }", { id });
    expect((await find()).errors?.[0]?.extensions.code).toBe("NOT_FOUND");
    await list(many("a"));
    expect((await find()).errors).toBeUndefined();
  });

  test.each(["1", "1001", "1000000"])("is within RESPONSE_CACHE_BYTES of %s", async (bytes) => {
    const opened = open({ RESPONSE_CACHE_BYTES: bytes });
    await post(opened, FINAL);
    expect(statusOf(await post(opened, FINAL)) === "hit").toBe(Number(bytes) > 10_000);
  });

  test("stays where others are asked once, and where there is no room comes to be kept when it is asked again", async () => {
    const opened = open({ RESPONSE_CACHE_BYTES: "100000" });
    const ask = async (first: number) =>
      statusOf(await post(opened, FINAL.replace("groupBy:", `first: ${first}, groupBy:`)));
    expect(await ask(1)).toBe("fwd=miss; stored");
    const statuses: (string | undefined)[] = [];
    for (let first = 2; first < 50; first++) statuses.push(await ask(first));
    expect(new Set(statuses)).toEqual(new Set(["fwd=miss; stored", "fwd=miss"]));
    expect(await ask(1)).toBe("hit");
    expect(await ask(60)).toBe("fwd=miss");
    expect(await ask(60)).toBe("fwd=miss; stored");
    expect(await ask(60)).toBe("hit");
    opened.at("2026-11-20T13:00:00Z"); // those before no longer hold
    expect(await ask(61)).toBe("fwd=miss; stored");
  });

  test("at midnight and at the end of a month, LAST_MONTH is the month before", async () => {
    const opened = open();
    const plain = open({ RESPONSE_CACHE: "off" });
    for (const instant of ["2026-11-30T23:59:59Z", "2026-12-01T00:00:00Z", "2026-12-02T00:00:01Z"]) {
      for (const each of [opened, plain]) each.at(instant);
      const [kept, executed] = await Promise.all([opened.ask(LAST_MONTH), plain.ask(LAST_MONTH)]);
      expect(kept.data, instant).toEqual(executed.data);
    }
  });

  test("counts against the caller's limit, and is refused to pages of other origins", async () => {
    const opened = open({ CALLER_OPERATIONS_PER_MINUTE: "2" });
    expect((await get(opened, urlOf(FINAL))).status).toBe(200);
    const foreign = { origin: "https://elsewhere.example", "sec-fetch-site": "cross-site" };
    expect((await get(opened, urlOf(FINAL), foreign)).status).toBe(403);
    expect((await get(opened, urlOf(FINAL))).status).toBe(200);
    expect((await get(opened, urlOf(FINAL))).status).toBe(429);
  });

  test("of a text that registers itself is executed, so that its hash is known", async () => {
    const opened = open();
    const persistedQuery = { version: 1, sha256Hash: createHash("sha256").update(FINAL).digest("hex") };
    const send = (body: object) =>
      opened.app.fetch("http://gateway.test/graphql", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ ...body, extensions: { persistedQuery } }),
      });
    expect(statusOf(await send({ query: FINAL }))).toBe("fwd=miss");
    expect(statusOf(await send({ query: FINAL }))).toBe("fwd=miss");
    await send({});
    expect(statusOf(await send({}))).toBe("hit");
  });
});

describe("an answer for shared caches", () => {
  const text = queryLibrary().find((each) => each.includes("query CostByDay")) ?? "";
  const TRUSTED = `/graphql?documentId=sha256:${hashOf(text)}`;
  const cacheControlOf = async (opened: Opened, path: string, headers = {}) =>
    (await get(opened, path, headers)).headers.get("cache-control");

  test("is that to a GET of a trusted document, and no other", async () => {
    const opened = open({ PUBLIC_MAX_AGE: "60" });
    for (const path of [TRUSTED, "/q/CostByDay"]) {
      expect(await cacheControlOf(opened, path)).toBe("public, max-age=60");
      expect(await cacheControlOf(opened, path)).toBe("public, max-age=60"); // from the kept bytes
    }
    expect(await cacheControlOf(opened, urlOf(text))).toBe("private, no-cache");
    expect(await cacheControlOf(opened, urlOf(FINAL))).toBe("private, no-cache");
    expect((await post(opened, text)).headers.get("cache-control")).toBe("no-store");
    const registered = { persistedQuery: { version: 1, sha256Hash: hashOf(FINAL) } };
    const persisted = `${urlOf(FINAL)}&extensions=${encodeURIComponent(JSON.stringify(registered))}`;
    expect(await cacheControlOf(opened, persisted)).not.toContain("public");
  });

  test("is validated each time with PUBLIC_MAX_AGE=0, and is 304 while it holds", async () => {
    const opened = open({ PUBLIC_MAX_AGE: "0" });
    const first = await get(opened, "/q/CostByDay");
    expect(first.headers.get("cache-control")).toBe("public, no-cache");
    const again = await get(opened, "/q/CostByDay", { "if-none-match": first.headers.get("etag") ?? "" });
    expect([again.status, again.headers.get("cache-control")]).toEqual([304, "public, no-cache"]);
  });

  test("counts from when it was last known to hold", async () => {
    const opened = open({ PUBLIC_MAX_AGE: "60" });
    await get(opened, "/q/CostByDay");
    opened.at("2026-11-22T12:03:00Z");
    const later = await get(opened, "/q/CostByDay");
    expect([statusOf(later), later.headers.get("age")]).toEqual(["hit", null]);
  });

  test("is none that has an error, that is a plan, or that was not asked to be kept", async () => {
    const opened = open({ PUBLIC_MAX_AGE: "60" });
    for (const [path, headers] of [
      ["/q/CostByDay?range=never", {}],
      ["/q/CostByDay?explain", {}],
      ["/q/CostByDay", { "cache-control": "no-store" }],
    ] as const)
      expect(await cacheControlOf(opened, path, headers)).not.toContain("public");
  });

  test("is none unless the operator says so", async () => {
    expect(await cacheControlOf(open(), "/q/CostByDay")).toBe("private, no-cache");
  });
});

describe("callers", () => {
  test("of the same rights never receive an answer that names another of them", async () => {
    const path = join(mkdtempSync(join(tmpdir(), "answers-")), "tokens.json");
    const names = ["first", "second"];
    const tokens = names.map((name) => ({ name, role: "OWNER", sha256: sha256(name).toString("hex") }));
    writeFileSync(path, JSON.stringify(tokens));
    const opened = open({ AUTH: "tokens", TOKENS_FILE: path });
    for (const name of names) {
      const query = `{ viewer { name role } ${FINAL.slice(1)}`;
      const { data } = (await (
        await post(opened, query, { authorization: `Bearer ${name}` })
      ).json()) as Answer;
      expect(data.viewer).toEqual({ name, role: "OWNER" });
    }
  });

  const PEOPLE = `{ users(range: { between: { from: "2026-08-01", until: "2026-09-01" } }, first: 5) { nodes { userId email cost { net { cents } } } } }`;
  const NAMED = `{ groups { nodes { name } } }`;

  test("never receive bytes made for the rights of others", async () => {
    for (const query of [PEOPLE, NAMED, FINAL]) {
      const shared = guarded({ settings: ON });
      for (const maker of NAMES) await shared.textAs(maker, query);
      for (const reader of NAMES) {
        const alone = guarded({ settings: { RESPONSE_CACHE: "off" } });
        const { data, errors } = (await shared.askAs(reader, query)) as Answer;
        const executed = await alone.askAs(reader, query);
        expect([data, errors], `${reader}: ${query}`).toEqual([executed.data, executed.errors]);
      }
    }
  });

  test("of the same rights share an answer, and a refused field makes no request and reads no page", async () => {
    const opened = guarded({ settings: ON });
    await opened.textAs("OWNER", FINAL);
    const [refused, requests] = await opened.requestsOf(() => opened.askAs("ADMIN", FINAL));
    expect(refused.errors?.[0]?.extensions.code).toBe("FORBIDDEN");
    expect(refused.extensions.upstream).toMatchObject({ requests: 0, cacheHits: 0 });
    expect(requests).toEqual([]);
  });
});

describe("with kept answers and without", () => {
  const QUERIES = [
    FINAL,
    LAST_MONTH,
    MOVING,
    `{ users(range: { period: LAST_MONTH }, first: 10) { nodes { email activity { chat { messages } } cost { net { cents } } user { name team } } freshness { state stale } } }`,
    `{ users(range: { between: { from: "2026-08-01", until: "2026-09-01" } }, first: 10) { nodes { email name claudeCode { commits } } } }`,
    `{ activity(range: { last: { days: 5 } }) { date } }`,
    `{ claudeCode(range: { last: { days: 3 } }, bucket: DAY) { nodes { from sessions } freshness { state refreshedAt completeThrough } } }`,
    `{ groups { nodes { name members(first: 3) { nodes { user { name email } } } } } }`,
    `{ skills(range: { period: LAST_MONTH }, first: 5) { nodes { name users usedBy(first: 2) { nodes { user { name } } } } } }`,
    ...queryLibrary().filter((text) => /query (Dashboard|Adoption|Teams|IdleSeats)/.test(text)),
  ];

  test.each(QUERIES)("%s has an answer", async (query) => {
    const { errors } = await gateway({ sandbox: { users: 12 } }).ask(query);
    expect(errors).toBeUndefined();
  });

  /** Simulated APIs whose people can be renamed and erased. */
  function upstream() {
    let clock = Date.parse(NOW);
    let renamed = 0;
    let isErased = false;
    const sandbox = sandboxOver(ledgerOf(simulated({ seed: 1, users: 12 })), {
      users: 12,
      now: () => clock,
      rateLimit: "off",
    } as Parameters<typeof sandboxOver>[1]);
    const handle: Handle = async (request, signal) => {
      const response = await sandbox.handle(request, signal);
      const { body } = response;
      if (typeof body !== "string" || !/\/(members|users)\b/.test(request.path) || response.status !== 200)
        return response;
      const changed = JSON.parse(body, (key, value) => {
        if (key === "name" && typeof value === "string" && renamed > 0) return `${value} ${renamed}`;
        if (key === "data" && Array.isArray(value) && isErased && request.path.includes("/members"))
          return value.slice(1);
        return value;
      });
      return { ...response, body: JSON.stringify(changed) };
    };
    return {
      handle,
      rename: () => void renamed++,
      erase() {
        isErased = true;
      },
      at(instant: number) {
        clock = instant;
      },
    };
  }

  interface Story {
    readonly callers: readonly string[];
    readonly queries: readonly string[];
    readonly steps: readonly Step[];
  }

  type Step =
    | { readonly ask: number }
    | { readonly minutes: number }
    | { readonly change: "rename" | "erase" };

  /** Few callers and few questions, so that the same one is asked again before and after a change. */
  const stories = (maxLength: number) =>
    fc.record({
      callers: fc.subarray(NAMES, { minLength: 1, maxLength: 2 }),
      queries: fc.subarray(QUERIES, { minLength: 1, maxLength: 3 }),
      steps: fc.array(
        fc.oneof<fc.MaybeWeightedArbitrary<Step>[]>(
          { weight: 10, arbitrary: fc.nat(5).map((ask) => ({ ask })) },
          {
            weight: 2,
            arbitrary: fc.constantFrom(1, 4, 20, 70, 600, 1_500, 20_000).map((minutes) => ({ minutes })),
          },
          { weight: 1, arbitrary: fc.constantFrom("rename", "erase").map((change) => ({ change })) },
        ),
        { minLength: maxLength / 2, maxLength },
      ),
    });

  /** Returns how many answers were kept ones. */
  async function run({ callers, queries, steps }: Story): Promise<number> {
    const world = upstream();
    const open = (RESPONSE_CACHE: string) =>
      guarded({ dispatcher: new SandboxDispatcher({ handle: world.handle }), settings: { RESPONSE_CACHE } });
    const [kept, executed] = [open("on"), open("off")];
    let now = Date.parse(NOW);
    let hits = 0;
    for (const each of steps) {
      if ("minutes" in each) {
        now += each.minutes * 60_000;
        world.at(now);
        for (const opened of [kept, executed]) opened.at(new Date(now).toISOString());
      } else if ("change" in each) world[each.change]();
      else {
        const query = queries[each.ask % queries.length] ?? "";
        const caller = callers[Math.floor(each.ask / queries.length) % callers.length] ?? "OWNER";
        const init = { method: "POST", headers: kept.headersOf(caller), body: JSON.stringify({ query }) };
        const [a, b] = await Promise.all(
          [kept, executed].map(({ app }) => app.fetch("http://gateway.test/graphql", init)),
        );
        if (a === undefined || b === undefined) throw new Error("no answer");
        if (statusOf(a) === "hit") hits++;
        const [of, from] = (await Promise.all([a.json(), b.json()])) as [Answer, Answer];
        const said = ({ data, errors, extensions }: Answer) => ({
          data,
          errors,
          freshness: extensions?.freshness,
        });
        expect(said(of), `${caller} at ${new Date(now).toISOString()}: ${query}`).toEqual(said(from));
      }
    }
    return hits;
  }

  test("answers are equal for any callers, revisions, renames, erasures and expiry", async () => {
    let hits = 0;
    await fc.assert(
      fc.asyncProperty(stories(20), async (story) => {
        hits += await run(story);
      }),
      { numRuns: 10, seed: 1 },
    );
    expect(hits).toBeGreaterThan(0);
  });

  test("answers are equal for many more of them", { tags: "deep" }, async () => {
    await fc.assert(
      fc.asyncProperty(stories(60), async (story) => void (await run(story))),
      { numRuns: 40 },
    );
  });
});
