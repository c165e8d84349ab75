import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { gateway } from "../gateway.ts";

const BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const PAGE = '<!doctype html><head><meta name="gateway" content="{}"></head>';

function builtFolder(): URL {
  const folder = mkdtempSync(join(tmpdir(), "pages-"));
  mkdirSync(join(folder, "assets"));
  writeFileSync(join(folder, "dashboard.html"), PAGE);
  writeFileSync(join(folder, "assets", "dashboard-a1b2c3d4.js"), "export {};");
  return pathToFileURL(`${folder}/`);
}

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

test("a page says in which header a token is sent, and whether there is a workbench", async () => {
  const settingsOf = async (settings: Record<string, string>) => {
    const { app } = gateway({ pages, settings });
    const html = await (await app.fetch("http://gateway.test/", { headers: { accept: BROWSER } })).text();
    return JSON.parse((/content="([^"]*)"/.exec(html)?.[1] ?? "").replaceAll("&quot;", '"'));
  };
  expect(await settingsOf({})).toEqual({ tokenHeader: null, workbench: true });
  expect(await settingsOf({ PLAYGROUND: "off" })).toEqual({ tokenHeader: null, workbench: false });
  const issuer = {
    AUTH: "jwt",
    JWT_JWKS_URL: "https://issuer.invalid/keys",
    JWT_ISSUER: "https://issuer.invalid",
    JWT_AUDIENCE: "gateway",
    JWT_HEADER: "X-Token",
  };
  expect(await settingsOf(issuer)).toEqual({ tokenHeader: "x-token", workbench: true });
});

test("without a built dashboard browsers get the list of routes", async () => {
  const { app } = gateway();
  const response = await app.fetch("http://gateway.test/", { headers: { accept: BROWSER } });
  expect(await response.text()).toContain('<a href="/graphql">');
});
