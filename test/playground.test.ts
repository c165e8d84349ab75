import { runInNewContext } from "node:vm";
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { type GatewayOptions, gateway } from "./gateway.ts";

const BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

const CODINGS = [
  ["zstd", zstdDecompressSync],
  ["br", brotliDecompressSync],
  ["gzip", gunzipSync],
] as const;

async function get(accept: string, settings: GatewayOptions["settings"] = {}, path = "/graphql") {
  const { app } = gateway({ settings });
  const response = await app.fetch(`http://gateway.test${path}`, { headers: { accept } });
  return { status: response.status, headers: response.headers, body: await response.text() };
}

test("a browser is shown the playground", async () => {
  const { status, headers, body } = await get(BROWSER);
  expect(status).toBe(200);
  expect(headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(headers.get("vary")).toBe("accept, accept-encoding");
  expect(body).toContain("<title>Claude analytics</title>");
  expect(body).toContain("query PeopleThisWeek");
});

test("with an admin key alone the playground opens on a query that it can answer", async () => {
  const first = async (settings: GatewayOptions["settings"]) =>
    /query (\w+)/.exec((await get(BROWSER, settings)).body.slice(-30_000))?.[1];
  expect(await first({})).toBe("PeopleThisWeek");
  expect(await first({ ANTHROPIC_ANALYTICS_KEY: "" })).toBe("CostByDay");
});

test("the page loads nothing and may reach only the gateway", async () => {
  const { headers, body } = await get(BROWSER);
  expect(body).not.toMatch(/<script[^>]* src=|<link[^>]* href="(?!data:)/);
  const policy = headers.get("content-security-policy");
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("connect-src 'self'");
  expect(policy).not.toMatch(/https?:|\*|unsafe-eval/);
});

test.each(["application/json", "application/graphql-response+json", "*/*"])(
  "a client that accepts %s is answered in JSON",
  async (accept) => {
    const { headers, body } = await get(accept, {}, "/graphql?query={__typename}");
    expect(headers.get("content-type")).toContain("json");
    expect(JSON.parse(body).data).toEqual({ __typename: "Query" });
  },
);

test("PLAYGROUND=off shows no page", async () => {
  const { status, body } = await get(BROWSER, { PLAYGROUND: "off" });
  expect(status).toBeGreaterThanOrEqual(400);
  expect(body).not.toContain("<html");
});

test("other paths are not the playground's", async () => {
  expect((await get(BROWSER, {}, "/graphqlx")).status).toBe(404);
});

test("the page sends its token in the header that the gateway reads it from", async () => {
  const { body } = await get(BROWSER, {
    AUTH: "jwt",
    JWT_JWKS_URL: "https://issuer.example/jwks",
    JWT_ISSUER: "https://issuer.example",
    JWT_AUDIENCE: "gateway",
    JWT_HEADER: "X-Token",
  });
  const script = body.slice(body.indexOf("<script>") + "<script>".length);
  const input = { value: "" };
  const dialog = {
    returnValue: "",
    onclose: () => {},
    querySelector: (selector: string) => (selector === "input" ? input : {}),
    showModal() {
      [input.value, dialog.returnValue] = ["secret", "given"];
      dialog.onclose();
    },
  };
  const sent: Headers[] = [];
  const window: { fetch?: typeof fetch } = {};
  runInNewContext(script.slice(0, script.indexOf("\n}\n") + 2), {
    window,
    document: { querySelector: () => dialog },
    Headers,
    fetch: async (_input: string, init: { headers: Headers }) => {
      sent.push(new Headers(init.headers));
      return { status: init.headers.has("x-token") || sent.length > 5 ? 200 : 401 };
    },
  });
  expect(await window.fetch?.("/graphql")).toEqual({ status: 200 });
  expect(sent.map((headers) => [...headers])).toEqual([[], [["x-token", "Bearer secret"]]]);
  expect(input.value).toBe("");
});

test.each(["/graphql", "/"])("a browser asks for the page of %s again and has it in 304", async (path) => {
  const { app } = gateway();
  const visit = (headers: Readonly<Record<string, string>>, method = "GET") =>
    app.fetch(`http://gateway.test${path}`, { method, headers: { accept: BROWSER, ...headers } });
  const first = await visit({});
  const etag = first.headers.get("etag") ?? "";
  expect(etag).toMatch(/^"[\w-]{27}"$/);
  expect(first.headers.get("cache-control")).toBe("no-cache");
  const again = await visit({ "if-none-match": etag });
  expect([again.status, await again.text()]).toEqual([304, ""]);
  expect(again.headers.get("content-security-policy")).toBe(first.headers.get("content-security-policy"));
  const head = await visit({}, "HEAD");
  expect([head.status, await head.text()]).toEqual([200, ""]);
  expect(Number(head.headers.get("content-length"))).toBe((await first.arrayBuffer()).byteLength);
});

test.each(CODINGS)(
  "the page of GraphiQL is sent as %s, with a separate validator",
  async (coding, decode) => {
    const { app } = gateway();
    const visit = (headers: Readonly<Record<string, string>>) =>
      app.fetch("http://gateway.test/graphql", { headers: { accept: BROWSER, ...headers } });
    const plain = await visit({});
    const coded = await visit({ "accept-encoding": coding });
    const bytes = Buffer.from(await coded.arrayBuffer());
    expect(coded.headers.get("content-encoding")).toBe(coding);
    expect(Number(coded.headers.get("content-length"))).toBe(bytes.length);
    expect(coded.headers.get("etag")).not.toBe(plain.headers.get("etag"));
    const page = await plain.text();
    expect(bytes.length).toBeLessThan(page.length / 3);
    expect(decode(bytes).toString()).toBe(page);
  },
);
