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
