import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readConfig } from "../src/config.ts";
import { gateway } from "./gateway.ts";

const URL = "http://gateway.test/graphql";
const [OURS, ALSO] = ["https://dashboard.example.com", "http://localhost:3000"];

const STRANGERS = [
  "https://evil.example",
  "null",
  "https://dashboard.example.com.evil.example",
  "https://dashboard.example.com:8443",
  "http://dashboard.example.com",
  "https://DASHBOARD.example.com",
  "*",
];

function asked(app: ReturnType<typeof gateway>["app"], origin: string, method: "POST" | "OPTIONS") {
  const headers = { origin, "content-type": "application/json" };
  if (method === "OPTIONS") {
    const preflight = {
      "access-control-request-method": "POST",
      "access-control-request-headers": "content-type, authorization",
    };
    return app.fetch(URL, { method, headers: { ...headers, ...preflight } });
  }
  return app.fetch(URL, { method, headers, body: JSON.stringify({ query: "{ __typename }" }) });
}

const corsOf = ({ headers }: Response) =>
  [...headers].filter(([name]) => name.startsWith("access-control-")).sort();

describe("pages of other origins", () => {
  test.each(STRANGERS)("that are not listed are told nothing: %s", async (origin) => {
    for (const settings of [{}, { ALLOWED_ORIGINS: OURS }, { ALLOWED_ORIGINS: `${OURS}, ${ALSO}` }]) {
      const { app } = gateway({ sandbox: { users: 3 }, settings });
      for (const method of ["POST", "OPTIONS"] as const)
        expect(corsOf(await asked(app, origin, method))).toEqual([]);
    }
  });

  test("that are listed may ask with a token and read, without cookies", async () => {
    const { app } = gateway({ sandbox: { users: 3 }, settings: { ALLOWED_ORIGINS: `${OURS}, ${ALSO}` } });
    for (const origin of [OURS, ALSO]) {
      const preflight = await asked(app, origin, "OPTIONS");
      expect(preflight.status).toBe(204);
      expect(corsOf(preflight)).toEqual([
        ["access-control-allow-headers", "authorization, content-type, explain, x-request-id"],
        ["access-control-allow-methods", "GET, POST"],
        ["access-control-allow-origin", origin],
        ["access-control-expose-headers", "x-request-id, retry-after"],
        ["access-control-max-age", "600"],
      ]);
      const answer = await asked(app, origin, "POST");
      expect(answer.headers.get("access-control-allow-origin")).toBe(origin);
      expect(answer.headers.get("access-control-allow-credentials")).toBeNull();
      expect(await answer.json()).toMatchObject({ data: { __typename: "Query" } });
    }
  });

  test("that say where they are of when they ask by GET, as for a web socket, ask nothing", async () => {
    const { app, seen } = gateway({ sandbox: { users: 3 }, settings: { ALLOWED_ORIGINS: OURS } });
    const get = (origin: string, more: Record<string, string> = {}) =>
      app.fetch(`${URL}?query={organization{name}}`, {
        headers: { host: "gateway.test", accept: "application/json", origin, ...more },
      });
    for (const origin of [
      "https://evil.example",
      "null",
      "http://gateway.test:81",
      "http://gateway.test.evil.example",
    ]) {
      for (const more of [{}, { upgrade: "websocket", connection: "upgrade" }])
        expect((await get(origin, more)).status, origin).toBe(403);
    }
    expect(seen).toEqual([]);
    for (const origin of [OURS, "http://gateway.test"]) expect((await get(origin)).status, origin).toBe(200);
  });

  test("are kept apart by caches between them and the gateway", async () => {
    const { app } = gateway({ sandbox: { users: 3 }, settings: { ALLOWED_ORIGINS: OURS } });
    for (const origin of [OURS, "https://evil.example"])
      expect((await asked(app, origin, "POST")).headers.get("vary")).toMatch(/\borigin\b/i);
  });

  test("let in by a preflight still say who they are", async () => {
    const path = join(mkdtempSync(join(tmpdir(), "tokens-")), "tokens.json");
    writeFileSync(path, "[]");
    const { app } = gateway({
      sandbox: { users: 3 },
      settings: { ALLOWED_ORIGINS: OURS, AUTH: "tokens", TOKENS_FILE: path },
    });
    expect((await asked(app, OURS, "OPTIONS")).status).toBe(204);
    const refused = await asked(app, OURS, "POST");
    expect(refused.headers.get("access-control-allow-origin")).toBe(OURS); // or the page could not read why
    expect(refused.status).toBe(401);
    expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: "UNAUTHENTICATED" } }] });
  });
});

test.each([
  "https://a.example/",
  "https://a.example/path",
  "a.example",
  "*",
  "null",
  "file://a",
  "https://a.example,",
])("is no origin: %s", (value) => {
  expect(() => readConfig({ ALLOWED_ORIGINS: value })).toThrow(/ALLOWED_ORIGINS is not a list of origins/);
});

test.each([
  "/graphql",
  "/healthz",
  "/readyz",
  "/nowhere",
  "/export/spend.csv?period=LAST_MONTH",
  "/export/nothing.csv",
])("%s is what it says it is, and nobody else's to embed or to keep", async (path) => {
  const { app } = gateway({ sandbox: { users: 3 } });
  for (const accept of ["text/html", "application/json"]) {
    const { headers } = await app.fetch(`http://gateway.test${path}`, { headers: { accept } });
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
    expect(headers.get("cache-control")).toBe("no-store");
  }
});
