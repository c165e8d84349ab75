import { rmSync } from "node:fs";
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { builtFolder } from "../built-folder.ts";
import { gateway } from "../gateway.ts";

const BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const CODINGS = [
  ["zstd", zstdDecompressSync],
  ["br", brotliDecompressSync],
  ["gzip", gunzipSync],
] as const;

const pages = builtFolder();

describe("a gateway with a built dashboard", () => {
  const { app } = gateway({ pages });
  const get = (path: string, accept = BROWSER) =>
    app.fetch(`http://gateway.test${path}`, { headers: { accept } });

  test.each(["/", "/d/spend", "/d/spend?period=LAST_MONTH"])(
    "serves its page to browsers on %s",
    async (path) => {
      const response = await get(path);
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
      expect(await response.text()).toContain("gateway");
    },
  );

  test("lets the page load scripts and styles of the gateway only, and no inline ones", async () => {
    const policy = (await get("/")).headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*|data:/);
  });

  test("serves the assets of the page, to be kept for a year", async () => {
    const response = await get("/assets/dashboard-a1b2c3d4.js", "*/*");
    expect(response.status).toBe(200);
    expect(response.headers.get("cache-control")).toContain("immutable");
  });

  test("lists its routes to other clients, which have no pages below /d/", async () => {
    expect((await get("/", "*/*")).headers.get("content-type")).toContain("application/json");
    expect((await get("/d/spend", "application/json")).status).toBe(404);
  });
});

test("a page says how callers authenticate, whether there is a workbench, and whether there are links", async () => {
  const settingsOf = async (settings: Record<string, string>) => {
    const { app } = gateway({ pages, settings });
    const html = await (await app.fetch("http://gateway.test/", { headers: { accept: BROWSER } })).text();
    return JSON.parse((/content="([^"]*)"/.exec(html)?.[1] ?? "").replaceAll("&quot;", '"'));
  };
  expect(await settingsOf({})).toEqual({
    tokenHeader: null,
    signInUrl: null,
    workbench: true,
    links: false,
    hasOrganizations: false,
    firstQuery: "PeopleThisWeek",
    maxFirst: 1_000,
    maxRows: 20_000,
  });
  expect(await settingsOf({ PLAYGROUND: "off" })).toEqual({
    tokenHeader: null,
    signInUrl: null,
    workbench: false,
    links: false,
    hasOrganizations: false,
    firstQuery: "PeopleThisWeek",
    maxFirst: 1_000,
    maxRows: 20_000,
  });
  const issuer = {
    AUTH: "jwt",
    JWT_JWKS_URL: "https://issuer.invalid/keys",
    JWT_ISSUER: "https://issuer.invalid",
    JWT_AUDIENCE: "gateway",
    JWT_HEADER: "X-Token",
  };
  expect((await settingsOf({ ANTHROPIC_ANALYTICS_KEY: "" })).firstQuery).toBe("CostByDay");
  expect(await settingsOf(issuer)).toEqual({
    tokenHeader: "x-token",
    signInUrl: null,
    workbench: true,
    links: false,
    hasOrganizations: false,
    firstQuery: "PeopleThisWeek",
    maxFirst: 1_000,
    maxRows: 20_000,
  });
  const signIn = {
    OIDC_CLIENT_ID: "pages",
    PUBLIC_URL: "https://analytics.invalid",
    SESSION_KEYS: "a".repeat(32),
  };
  expect(await settingsOf({ ...issuer, ...signIn })).toMatchObject({
    signInUrl: "https://analytics.invalid/sign-in",
  });
});

test.each(["dashboard.html", "workbench.html", "assets"])(
  "a build without its %s counts as none, and the gateway starts",
  async (name) => {
    const partly = builtFolder();
    rmSync(new URL(name, partly), { recursive: true });
    const { app, faults } = gateway({ pages: partly });
    const get = (path: string) => app.fetch(`http://gateway.test${path}`, { headers: { accept: BROWSER } });
    expect(await (await get("/")).text()).toContain('<a href="/graphql">');
    expect((await get("/graphql")).status).toBe(400);
    expect(faults).toEqual([]);
  },
);

test("without a built dashboard browsers get the list of routes", async () => {
  const { app } = gateway();
  const response = await app.fetch("http://gateway.test/", { headers: { accept: BROWSER } });
  expect(await response.text()).toContain('<a href="/graphql">');
});

describe("the workbench", () => {
  const { app } = gateway({ pages });
  const get = (headers: Readonly<Record<string, string>>, path = "/graphql", method = "GET") =>
    app.fetch(`http://gateway.test${path}`, { method, headers: { accept: BROWSER, ...headers } });

  test("is the page of /graphql for browsers", async () => {
    const response = await get({});
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(response.headers.get("vary")).toBe("accept, accept-encoding");
    expect(await response.text()).toContain("<title>Workbench</title>");
    expect((await get({}, "/graphqlx")).status).toBe(404);
  });

  test("runs no inline script, evaluates no text, and reaches only the gateway", async () => {
    const policy = (await get({})).headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("worker-src 'self';");
    expect(policy).toContain("connect-src 'self'");
    expect(policy).not.toMatch(/https?:|\*|blob:|unsafe-eval/);
  });

  test.each(["application/json", "application/graphql-response+json", "*/*"])(
    "leaves a client that accepts %s its answer in JSON",
    async (accept) => {
      const response = await get({ accept }, "/graphql?query={__typename}");
      expect(response.headers.get("content-type")).toContain("json");
      expect((await response.json()).data).toEqual({ __typename: "Query" });
    },
  );

  test("is not there with PLAYGROUND=off", async () => {
    const off = gateway({ pages, settings: { PLAYGROUND: "off" } });
    const response = await off.app.fetch("http://gateway.test/graphql", { headers: { accept: BROWSER } });
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(await response.text()).not.toContain("<html");
  });

  test.each(["/graphql", "/"])("a browser asks for the page of %s again and has it in 304", async (path) => {
    const first = await get({}, path);
    const etag = first.headers.get("etag") ?? "";
    expect(etag).toMatch(/^"[\w-]{27}"$/);
    expect(first.headers.get("cache-control")).toBe("no-cache");
    const again = await get({ "if-none-match": etag }, path);
    expect([again.status, await again.text()]).toEqual([304, ""]);
    expect(again.headers.get("content-security-policy")).toBe(first.headers.get("content-security-policy"));
    const head = await get({}, path, "HEAD");
    expect([head.status, await head.text()]).toEqual([200, ""]);
    expect(Number(head.headers.get("content-length"))).toBe((await first.arrayBuffer()).byteLength);
  });

  test.each(CODINGS)("is sent as %s, with a separate validator", async (coding, decode) => {
    const plain = await get({});
    const coded = await get({ "accept-encoding": coding });
    const bytes = Buffer.from(await coded.arrayBuffer());
    expect(coded.headers.get("content-encoding")).toBe(coding);
    expect(Number(coded.headers.get("content-length"))).toBe(bytes.length);
    expect(coded.headers.get("etag")).not.toBe(plain.headers.get("etag"));
    expect(decode(bytes).toString()).toBe(await plain.text());
  });
});
