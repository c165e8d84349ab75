import { describe, expect, test } from "vitest";
import { type GatewayOptions, gateway, json, type Route, refusal } from "./gateway.ts";
import { redis, sqlite } from "./stores/stores.ts";
import { PATHS, reportPage, tokenPage, wireUser } from "./wire.ts";

const ENTERPRISE_KEY = "sk-ant-enterprise-test";
const CONSOLE_KEY = "sk-ant-console-test";
const SWAPPED = { ANTHROPIC_ANALYTICS_KEY: CONSOLE_KEY, ANTHROPIC_ADMIN_KEY: ENTERPRISE_KEY };
const CONSOLE_ALONE = { ANTHROPIC_ANALYTICS_KEY: "", ANTHROPIC_ADMIN_KEY: "sk-ant-admin01-test" };
const ENTERPRISE_ALONE = { ANTHROPIC_ANALYTICS_KEY: "sk-ant-api01-test", ANTHROPIC_ADMIN_KEY: "" };

const COST = `{ cost(range: { period: YESTERDAY }, source: UNIFIED, bucket: DAY) { totalCount } }`;
const ACCESS = `{ datasets { dataset enabled reason explanation } }`;
const UNIFIED = "/v1/organizations/analytics/cost";
const SUMMARIES = "/v1/organizations/analytics/summaries";

const pathsOf = (seen: readonly URL[]) => seen.map(({ pathname }) => pathname);

function proving(options: GatewayOptions) {
  return gateway({ sandbox: { users: 40 }, proof: true, ...options });
}

/** A hand-made upstream whose unified report answers either kind of organization. */
function upstream(routes: Readonly<Record<string, Route>>, options: GatewayOptions = {}) {
  return gateway({ routes: { [UNIFIED]: () => json(reportPage([])), ...routes }, proof: true, ...options });
}

describe("keys set for one another", () => {
  test("serve nothing, and `datasets` says why for each", async () => {
    const { ask, seen } = proving({ settings: SWAPPED });
    const { data, errors } = await ask(ACCESS);
    expect(errors).toBeUndefined();
    for (const { dataset, enabled, reason, explanation } of data.datasets) {
      expect([enabled, reason], dataset).toEqual([false, "WRONG_ORGANIZATION"]);
      expect(explanation).toMatch(
        /ANTHROPIC_(ANALYTICS|ADMIN)_KEY does not belong to an? (Enterprise|Console)/,
      );
    }
    const { length } = seen;
    await ask(ACCESS);
    expect(seen).toHaveLength(length);
  });

  test.each([
    COST,
    `{ usage(range: { period: YESTERDAY }, source: UNIFIED, bucket: DAY) { totalCount } }`,
    `{ users(range: { period: LAST_MONTH }) { totalCount } }`,
    `{ organization { name } }`,
    `{ claudeCode(range: { period: YESTERDAY }, bucket: DAY) { totalCount } }`,
  ])("%s is an error that names both variables", async (query) => {
    const { ask, requestsOf } = proving({ settings: SWAPPED });
    await ask(ACCESS);
    const [{ data, errors }, requests] = await requestsOf(() => ask(query));
    expect(Object.values(data)).toEqual([null]);
    expect(errors).toHaveLength(1);
    expect(errors?.[0]?.extensions).toMatchObject({ code: "UPSTREAM_AUTH", reason: "WRONG_ORGANIZATION" });
    for (const name of ["ANTHROPIC_ANALYTICS_KEY", "ANTHROPIC_ADMIN_KEY"])
      expect(errors?.[0]?.message).toContain(name);
    expect(requests).toEqual([]);
  });

  test("cost one request before the first report is refused", async () => {
    const { ask, seen } = proving({ settings: SWAPPED });
    const { errors } = await ask(COST);
    expect(errors?.[0]?.extensions).toMatchObject({ reason: "WRONG_ORGANIZATION" });
    expect(pathsOf(seen)).toEqual([SUMMARIES]);
  });

  test("are asked about again after an hour, since upstream can be wrong once", async () => {
    let proof: Route = () => refusal(404, "not_found_error", "no");
    const { ask, at } = upstream(
      {
        [PATHS.summaries]: (query, request) => proof(query, request),
        [PATHS.workspaces]: () => json({ data: [], has_more: false, first_id: null, last_id: null }),
      },
      { settings: ENTERPRISE_ALONE },
    );
    expect((await ask(COST)).errors?.[0]?.extensions).toMatchObject({ reason: "WRONG_ORGANIZATION" });
    proof = () => json(tokenPage([]));
    expect((await ask(COST)).errors).toHaveLength(1);
    at("2026-11-22T13:00:00Z");
    expect((await ask(COST)).errors).toBeUndefined();
  });
});

describe("the organization of a key is proven", () => {
  test.each([
    ["an Enterprise key", ENTERPRISE_ALONE, SUMMARIES],
    ["a Console key", CONSOLE_ALONE, PATHS.workspaces],
    [
      "a Console key without a telling prefix",
      { ...CONSOLE_ALONE, ANTHROPIC_ADMIN_KEY: CONSOLE_KEY },
      PATHS.workspaces,
    ],
  ])("of %s, by one request before its first report", async (_whose, settings, path) => {
    const { ask, seen, at } = proving({ settings });
    const first = await ask(COST);
    expect(first.errors).toBeUndefined();
    expect(pathsOf(seen)).toEqual([path, UNIFIED]);
    expect(first.extensions.upstream.requests).toBe(2);
    at("2026-12-22T12:00:00Z");
    await ask(COST);
    expect(pathsOf(seen)).toEqual([path, UNIFIED, UNIFIED]);
  });

  test("by one request for a hundred questions at once", async () => {
    const { ask, seen } = proving({ settings: ENTERPRISE_ALONE });
    await Promise.all(Array.from({ length: 100 }, () => ask(COST)));
    expect(pathsOf(seen)).toEqual([SUMMARIES, UNIFIED]);
  });

  test("by what that kind alone has answered before, without a request", async () => {
    const { ask, requestsOf } = proving({ settings: ENTERPRISE_ALONE });
    await ask(`{ users(range: { period: LAST_MONTH }) { totalCount } }`);
    const [, requests] = await requestsOf(() => ask(COST));
    expect(pathsOf(requests)).toEqual([UNIFIED]);
  });

  test("beside the bound on requests, and the plan tells of it", async () => {
    const { ask, app } = proving({ settings: { ...ENTERPRISE_ALONE, MAX_UPSTREAM_REQUESTS: "1" } });
    const plan = async () => {
      const url = `http://gateway.test/graphql?explain&query=${encodeURIComponent(COST)}`;
      return ((await (await app.fetch(url)).json()) as { extensions: { plan: object } }).extensions.plan;
    };
    expect(await plan()).toMatchObject({ requests: 1, proofs: 1 });
    expect((await ask(COST)).errors).toBeUndefined();
    expect(await plan()).toMatchObject({ proofs: 0 });
  });

  test("again after upstream has refused the key itself", async () => {
    let isRevoked = false;
    const guarded =
      (route: Route): Route =>
      (query, request) =>
        isRevoked ? refusal(401, "authentication_error", "no") : route(query, request);
    const { ask, seen } = upstream(
      {
        [PATHS.summaries]: guarded(() => json(tokenPage([]))),
        [PATHS.users]: guarded(() => json(tokenPage([wireUser("user_a")]))),
        [UNIFIED]: guarded(() => json(reportPage([]))),
      },
      { settings: ENTERPRISE_ALONE },
    );
    await ask(COST);
    isRevoked = true;
    await ask(`{ users(range: { period: LAST_MONTH }) { totalCount } }`);
    seen.length = 0;
    const other = COST.replace("YESTERDAY", "LAST_MONTH");
    expect((await ask(other)).errors?.[0]?.extensions).toMatchObject({ reason: "KEY_REFUSED" });
    isRevoked = false;
    expect((await ask(other)).errors).toBeUndefined();
    expect(pathsOf(seen)).toEqual([SUMMARIES, SUMMARIES, UNIFIED]);
  });

  test("not by `me`, members or the report, which both kinds have", async () => {
    const { ask, seen } = proving({ settings: ENTERPRISE_ALONE });
    await ask(`{ organization { name } }`);
    expect(pathsOf(seen)).toEqual([SUMMARIES, PATHS.me]);
  });
});

describe.each([sqlite, redis])("replicas that share $name", ({ open, skip }) => {
  test.skipIf(skip)("make the request once, and a restart makes none", async () => {
    const settings = { ...ENTERPRISE_ALONE, ANTHROPIC_ANALYTICS_KEY: `sk-ant-api01-${crypto.randomUUID()}` };
    const stores = await Promise.all([open(), open(), open()]);
    await Promise.all(stores.map((store) => store.get("opened")));
    const replicas = stores.map((store) => proving({ settings, store }));
    await Promise.all(replicas.map(({ ask }) => ask(COST)));
    const proofs = replicas.flatMap(({ seen }) => pathsOf(seen)).filter((path) => path === SUMMARIES);
    expect(proofs).toHaveLength(1);
    await Promise.all(replicas.map(({ app }) => app.dispose()));

    const restarted = proving({ settings, store: await open() });
    expect((await restarted.ask(COST.replace("YESTERDAY", "LAST_MONTH"))).errors).toBeUndefined();
    expect(pathsOf(restarted.seen)).toEqual([UNIFIED]);
    await restarted.app.dispose();
  });

  test.skipIf(skip)("share that a key is of the other kind, and keep keys apart", async () => {
    const key = `sk-ant-console-${crypto.randomUUID()}`;
    const swapped = proving({ settings: { ...SWAPPED, ANTHROPIC_ANALYTICS_KEY: key }, store: await open() });
    await swapped.ask(COST);
    const beside = proving({ settings: { ...SWAPPED, ANTHROPIC_ANALYTICS_KEY: key }, store: await open() });
    expect((await beside.ask(COST)).errors?.[0]?.extensions).toMatchObject({ reason: "WRONG_ORGANIZATION" });
    expect(beside.seen).toEqual([]);

    // Set where it belongs, the same key is known already.
    const mended = proving({ settings: { ...CONSOLE_ALONE, ANTHROPIC_ADMIN_KEY: key }, store: await open() });
    expect((await mended.ask(COST)).errors).toBeUndefined();
    expect(pathsOf(mended.seen)).toEqual([UNIFIED]);
    await Promise.all([swapped, beside, mended].map(({ app }) => app.dispose()));
  });
});

/** A refusal with a code, as upstream words it. */
const coded =
  (status: number, code: string): Route =>
  () => ({
    status,
    headers: {},
    body: JSON.stringify({ error: { type: "x", message: "no", details: { error_code: code } } }),
  });
const plain =
  (status: number): Route =>
  () =>
    refusal(status, "some_error", "no");
const answers: Route = () =>
  json({ data: [], next_page: null, has_more: false, first_id: null, last_id: null });

describe("the answer of upstream to the proof of an Enterprise key", () => {
  const WRONG = "organization_type_not_supported";
  test.each<[what: string, summaries: Route, workspaces: Route, reason: string | null, requests: number]>([
    ["200", answers, plain(500), null, 1],
    ["400 with the code", coded(400, WRONG), plain(500), "WRONG_ORGANIZATION", 1],
    ["403 with the code", coded(403, WRONG), plain(500), "WRONG_ORGANIZATION", 1],
    ["404 with the code", coded(404, WRONG), plain(500), "WRONG_ORGANIZATION", 1],
    ["401", plain(401), answers, "KEY_REFUSED", 1],
    ["403, and a Console organization", plain(403), answers, "WRONG_ORGANIZATION", 2],
    ["404, and a Console organization", plain(404), answers, "WRONG_ORGANIZATION", 2],
    ["400, and a Console organization", plain(400), answers, "WRONG_ORGANIZATION", 2],
    ["403, and no other organization", plain(403), plain(403), "MISSING_SCOPE", 2],
    ["404, and no other organization", plain(404), plain(403), "UNPROVEN_ORGANIZATION", 2],
    ["404, and nothing for certain", plain(404), plain(500), "UNPROVEN_ORGANIZATION", 4],
  ])("%s", async (_what, summaries, workspaces, reason, requests) => {
    const { ask, seen } = upstream(
      { [PATHS.summaries]: summaries, [PATHS.workspaces]: workspaces },
      { settings: ENTERPRISE_ALONE },
    );
    const { data, errors } = await ask(COST);
    const proofs = pathsOf(seen).filter((path) => path !== UNIFIED);
    expect(proofs).toHaveLength(requests);
    if (reason === null) {
      expect(errors).toBeUndefined();
      expect(pathsOf(seen)).toContain(UNIFIED);
      return;
    }
    expect(data.cost).toBeNull();
    expect(errors?.[0]?.extensions).toMatchObject({ code: "UPSTREAM_AUTH", reason });
    expect(errors?.[0]?.extensions.dataset).toBe("UNIFIED_ENTERPRISE_COST");
    expect(pathsOf(seen)).not.toContain(UNIFIED);
    await ask(COST);
    // A key that was refused as such may have been replaced; nothing else is asked again within the hour.
    expect(seen).toHaveLength(reason === "KEY_REFUSED" ? 2 : requests);
  });

  test.each<[string, Route, string]>([
    ["500", plain(500), "UPSTREAM_UNAVAILABLE"],
    ["429", () => refusal(429, "rate_limit_error", "no", { "retry-after": "120" }), "UPSTREAM_RATE_LIMITED"],
    ["a page of a captive portal", () => ({ status: 200, headers: {}, body: "<html>" }), "UPSTREAM_SHAPE"],
    ["another shape", () => json({ data: 5 }), "UPSTREAM_SHAPE"],
  ])("%s: the report is not shown, and is once it answers", async (_what, fault, code) => {
    let proof = fault;
    const { ask, seen, at } = upstream(
      { [PATHS.summaries]: (query, request) => proof(query, request) },
      { settings: ENTERPRISE_ALONE },
    );
    const { data, errors } = await ask(COST);
    expect(data.cost).toBeNull();
    expect(errors?.[0]?.extensions).toMatchObject({ code, dataset: "UNIFIED_ENTERPRISE_COST" });
    expect(errors?.[0]?.message).toContain("not verified yet");
    expect(pathsOf(seen)).not.toContain(UNIFIED);
    if (code === "UPSTREAM_RATE_LIMITED") return;
    proof = answers;
    at("2026-11-22T12:01:00Z");
    expect((await ask(COST)).errors).toBeUndefined();
  });
});

test("a key without read:analytics still looks up names, which no figure could be labelled wrongly by", async () => {
  const { ask } = proving({
    settings: { ...ENTERPRISE_ALONE, ANTHROPIC_ANALYTICS_KEY: "sk-ant-api01-x+read:members" },
  });
  const { data, errors } = await ask(`{ organization { name } ${COST.slice(2)}`);
  expect(data.organization.name).toEqual(expect.any(String));
  expect(errors?.map(({ path, extensions }) => [path, extensions.reason])).toEqual([
    [["cost"], "MISSING_SCOPE"],
  ]);
});

test("where the newer report is not proven, the older one answers, which proves it by itself", async () => {
  const { ask, seen } = upstream(
    {
      [PATHS.summaries]: plain(404),
      [PATHS.workspaces]: plain(403),
      [PATHS.cost]: () => json(reportPage([])),
    },
    { settings: ENTERPRISE_ALONE },
  );
  const { data, errors } = await ask(
    `{ cost(range: { period: YESTERDAY }, bucket: DAY) { source totalCount } }`,
  );
  expect(errors).toBeUndefined();
  expect(data.cost.source).not.toBe("UNIFIED");
  seen.length = 0;
  expect((await ask(COST)).errors).toBeUndefined();
  expect(pathsOf(seen)).toEqual([UNIFIED]);
});
