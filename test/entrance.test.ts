import { describe, expect, test } from "vitest";
import { builtFolder } from "./built-folder.ts";
import { gateway } from "./gateway.ts";

describe("the bare address", () => {
  const { app } = gateway({ sandbox: { users: 20 } });
  const open = (path: string, accept: string, method = "GET") =>
    app.fetch(`http://gateway.test${path}`, { method, headers: { accept } });

  test("lists the routes in JSON, and each is there", async () => {
    const response = await open("/", "*/*");
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toContain("application/json");
    const { routes } = (await response.json()) as { routes: { path: string; description: string }[] };
    const paths = ["/graphql", "/q/", "/chart/", "/export/", "/mcp", "/healthz", "/readyz"];
    expect(routes.map(({ path }) => path)).toEqual(paths);
    for (const { path } of routes) {
      const text = await (await open(path, "application/json")).text();
      expect(text, path).not.toContain("There is nothing here");
    }
  });

  test("is a page with links for browsers, which runs no script", async () => {
    const response = await open("/", "text/html,application/xhtml+xml,*/*;q=0.8");
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toContain("text/html");
    expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(await response.text()).toContain('<a href="/graphql">');
  });

  test("promises the workbench only where there is one", async () => {
    const page = async (settings: { PLAYGROUND: string }) =>
      (await gateway({ settings, pages: builtFolder() }).app.fetch("http://gateway.test/")).text();
    expect(await page({ PLAYGROUND: "on" })).toContain("workbench");
    expect(await page({ PLAYGROUND: "off" })).not.toContain("workbench");
  });

  test("is shown to callers who cannot say who they are, and leaves no line in the audit log", async () => {
    const { app: guarded, audited } = gateway({ settings: { AUTH: "jwt", ...ISSUER } });
    expect((await guarded.fetch("http://gateway.test/")).status).toBe(200);
    expect(audited).toEqual([]);
  });

  test.each(["POST", "PUT", "DELETE"])("is not there for %s", async (method) =>
    expect((await open("/", "*/*", method)).status).toBe(404),
  );

  test("does not stand for other paths", async () =>
    expect((await open("/dashboard", "*/*")).status).toBe(404));
});

const ISSUER = {
  JWT_JWKS_URL: "https://issuer.invalid/keys",
  JWT_ISSUER: "https://issuer.invalid",
  JWT_AUDIENCE: "gateway",
};
