import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { type GatewayOptions, gateway } from "./gateway.ts";

const BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

async function get(accept: string, settings: GatewayOptions["settings"] = {}, path = "/graphql") {
  const { app } = gateway({ settings });
  const response = await app.fetch(`http://gateway.test${path}`, { headers: { accept } });
  return { status: response.status, headers: response.headers, body: await response.text() };
}

test("a browser is shown the playground", async () => {
  const { status, headers, body } = await get(BROWSER);
  expect(status).toBe(200);
  expect(headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(headers.get("vary")).toBe("accept");
  expect(body).toContain("<title>Claude analytics</title>");
  expect(body).toContain("query PeopleThisWeek");
});

test("the page loads nothing and may reach nobody but the gateway", async () => {
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

test("PLAYGROUND=off shows nobody a page", async () => {
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
