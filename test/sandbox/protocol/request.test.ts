import { describe, expect, test } from "vitest";
import { Refusal } from "../../../src/sandbox/endpoint.ts";
import { createHandler } from "../../../src/sandbox/handler.ts";
import { fakeEndpoint, NOON, protocol, recording } from "./fake.ts";

describe("parameters", () => {
  const { endpoint, asked } = recording({
    path: "/list",
    parameters: {
      date: { type: "day" },
      at: { type: "instant" },
      deleted: { type: "boolean" },
      count: { type: "integer", min: 1, max: 9 },
      width: { type: "text", values: ["1d", "1h"] },
      email: { type: "text" },
      "ids[]": { type: "list", maxItems: 3 },
      "group_by[]": { type: "list", values: ["model", "product"] },
      "filter[]": { type: "list", pattern: /^user_id:.+$/ },
    },
  });
  const get = protocol([endpoint]);
  async function queryOf(search: string) {
    expect(await get(`/list?${search}`)).toMatchObject({ status: 200 });
    const query = asked.at(-1)?.query;
    if (query === undefined) throw new Error("never asked");
    return query;
  }

  test("are read by their type", async () => {
    const query = await queryOf(
      "date=2026-11-01&at=2026-11-01T02:00:00%2B02:00&deleted=true&width=1h&ids[]=a&ids[]=b",
    );
    expect(query.text("date")).toBe("2026-11-01");
    expect(query.instant("at")).toBe(Date.parse("2026-11-01T00:00:00Z"));
    expect(query.flag("deleted")).toBe(true);
    expect(query.list("ids[]")).toEqual(["a", "b"]);
    expect(query.has("width")).toBe(true);
    expect([query.has("email"), query.text("email"), query.instant("none"), query.list("none")]).toEqual([
      false,
      undefined,
      undefined,
      [],
    ]);
  });

  test("percent-encoded brackets are brackets", async () => {
    expect((await queryOf("ids%5B%5D=a&ids[]=b&ids%5b%5d=c")).list("ids[]")).toEqual(["a", "b", "c"]);
  });

  test("names that are not known are ignored: bare lists, bracketed scalars, inventions", async () => {
    const query = await queryOf(
      "ids=a&group_by=nonsense&date[]=nonsense&ids[0]=x&beta=true&__proto__=1&toString=2",
    );
    expect(query.list("ids[]")).toEqual([]);
    expect(query.has("date")).toBe(false);
    expect(query.has("beta")).toBe(false);
  });

  test("one empty entry of a list is an entry", async () => {
    expect((await queryOf("ids[]=")).list("ids[]")).toEqual([""]);
  });

  test.each([
    ["date", "date=2026-02-30"],
    ["date", "date=2026-11-01T00:00:00Z"],
    ["date", "date=2026-11-01&date=2026-11-01"],
    ["at", "at=2026-11-01"],
    ["at", "at=2026-11-01T00:00:00"],
    ["at", "at=2026-11-01T00:00:00+02:00"],
    ["at", "at=2026-13-01T00:00:00Z"],
    ["deleted", "deleted=1"],
    ["deleted", "deleted="],
    ["count", "count=0"],
    ["count", "count=10"],
    ["count", "count=1.0"],
    ["width", "width=2d"],
    ["email", "email="],
    ["ids[]", "ids[]=a&ids[]=b&ids[]=c&ids[]=d"],
    ["group_by[]", "group_by[]=model&group_by[]=nonsense"],
    ["filter[]", "filter[]=skill:x"],
  ])("a fault in %s is a 400 that names it: %s", async (name, search) => {
    const { status, body } = await get(`/list?${search}`);
    expect(status).toBe(400);
    expect(body.error.type).toBe("invalid_request_error");
    expect(body.error.message).toContain(`${name}: `);
  });

  test("a required one that is missing is a 400 that names it", async () => {
    const required = fakeEndpoint({ path: "/r", parameters: { date: { type: "day", required: true } } });
    const { status, body } = await protocol([required])("/r");
    expect([status, body.error.message]).toEqual([400, "date: required"]);
  });
});

describe("headers", () => {
  const beta = "analytics-usage-cost-2026-08-24";
  const { endpoint, asked } = recording({ path: "/strict", beta });
  const lenient = recording({ path: "/lenient", version: "optional" });
  const get = protocol([endpoint, lenient.endpoint]);

  test("the version is required, and known", async () => {
    for (const version of [undefined, "", "2024-01-01"]) {
      const { status, body } = await get("/strict", { "anthropic-version": version, "anthropic-beta": beta });
      expect(status).toBe(400);
      expect(body.error.message).toContain("anthropic-version");
    }
  });

  test("the version may be missing where the contract says so, but not wrong", async () => {
    expect((await get("/lenient", { "anthropic-version": undefined })).status).toBe(200);
    expect(lenient.asked.at(-1)?.version).toBe("2023-06-01");
    expect((await get("/lenient", { "anthropic-version": "x" })).status).toBe(400);
  });

  test("a beta is required where it guards an endpoint, alone or among others", async () => {
    expect((await get("/strict")).status).toBe(400);
    expect((await get("/strict", { "anthropic-beta": "other" })).status).toBe(400);
    expect((await get("/strict", { "anthropic-beta": `other, ${beta}` })).status).toBe(200);
    expect(asked.at(-1)?.betas).toEqual(new Set(["other", beta]));
  });
});

describe("paths and methods", () => {
  const { endpoint, asked } = recording({ path: "/things/{thing_id}/parts" });
  const handle = createHandler([endpoint], "fake", { now: () => NOON, rateLimit: "on" });
  const get = protocol([endpoint]);

  test("named segments are decoded", async () => {
    await get("/things/a%2Fb/parts?x=/y?z");
    expect(asked.at(-1)?.path).toEqual({ thing_id: "a/b" });
  });

  test.each([
    "/",
    "",
    "/things",
    "/things//parts",
    "/things/a/parts/",
    "/things/a/parts/b",
    "//things/a/parts",
  ])("%j is a 404, key or not", async (path) => {
    const { status, body } = await get(path, { "x-api-key": undefined });
    expect([status, body.error.type]).toEqual([404, "not_found_error"]);
  });

  test.each(["POST", "HEAD", "DELETE", "OPTIONS"])("%s is a 405", async (method) => {
    const { status, headers, body } = await handle({ method, path: "/things/a/parts", headers: {} });
    expect([status, headers.allow]).toEqual([405, "GET"]);
    expect(JSON.parse(body).error.type).toBe("invalid_request_error");
  });

  test("the contract is served without a key", async () => {
    const { status, headers, body } = await handle({ method: "GET", path: "/openapi.yaml", headers: {} });
    expect([status, headers["content-type"]]).toEqual([200, "application/yaml"]);
    expect(body).toMatch(/^openapi: "3\.1\.0"/);
  });
});

describe("errors", () => {
  test("every answer has its request id, in errors twice", async () => {
    const get = protocol([fakeEndpoint({ path: "/ok" })]);
    const replies = [await get("/ok"), await get("/nowhere"), await get("/ok", { "x-api-key": "x" })];
    const ids = replies.map(({ headers }) => headers["request-id"]);
    expect(new Set(ids).size).toBe(3);
    expect(replies.slice(1).map(({ body }) => body.request_id)).toEqual(ids.slice(1));
  });

  test("a refusal carries its code in the details", async () => {
    const get = protocol([
      fakeEndpoint({
        path: "/x",
        answer() {
          throw new Refusal(404, "No such group", "rbac_group_not_found");
        },
      }),
    ]);
    expect((await get("/x")).body).toMatchObject({
      type: "error",
      error: {
        type: "not_found_error",
        message: "No such group",
        details: { error_code: "rbac_group_not_found" },
      },
    });
  });

  test("a failure shows as api_error and nothing of its cause", async () => {
    const failures: unknown[] = [];
    const cause = new Error("secret");
    const get = protocol(
      [
        fakeEndpoint({
          path: "/x",
          answer() {
            throw cause;
          },
        }),
      ],
      { failed: (error) => failures.push(error) },
    );
    const { status, body } = await get("/x");
    expect([status, body.error]).toEqual([500, { type: "api_error", message: "Unexpected failure" }]);
    expect(failures).toEqual([cause]);
  });
});
