import { readFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Provider } from "oidc-provider";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gateway } from "../gateway.ts";
import { violationsOf } from "./accessibility.ts";
import { isMissing, launched } from "./chromium.ts";

const ROOT = new URL("../../", import.meta.url);
const PAGES = new URL("dist/web/", ROOT);

async function listen(handle: () => RequestListener): Promise<{ server: Server; port: number }> {
  const server = createServer((request, response) => handle()(request, response));
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return { server, port: (server.address() as AddressInfo).port };
}

const CLIENT = "pages";
const SECRET = "a secret of the client";

/** A certified OpenID provider with the pages as its client, whose accounts are owners, but for `nobody`. */
function provider(issuer: string, origin: string): Provider {
  return new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT,
        client_secret: SECRET,
        redirect_uris: [`${origin}/sign-in/callback`],
        post_logout_redirect_uris: [`${origin}/`],
        grant_types: ["authorization_code", "refresh_token"],
      },
    ],
    cookies: { keys: ["a key of the provider's own cookies"] },
    conformIdTokenClaims: false,
    claims: { openid: ["sub", "role"], profile: ["name"], email: ["email"] },
    issueRefreshToken: async () => true,
    findAccount: (_context, id) => ({
      accountId: id,
      claims: () => ({ sub: id, name: "Ada Lovelace", ...(id !== "nobody" && { role: "owner" }) }),
    }),
  });
}

describe.skipIf(isMissing)("the pages of a gateway with sign-in", () => {
  let browser: Browser;
  let opened: ReturnType<typeof gateway>;
  let origin: string;
  let issuer: string;
  const servers: Server[] = [];

  beforeAll(async () => {
    let atProvider: RequestListener = () => {};
    let atGateway: RequestListener = () => {};
    const [theirs, ours] = [await listen(() => atProvider), await listen(() => atGateway)];
    servers.push(theirs.server, ours.server);
    // Another site than the gateway's, which is reached by its address.
    issuer = `http://localhost:${theirs.port}`;
    origin = `http://127.0.0.1:${ours.port}`;
    atProvider = provider(issuer, origin).callback();
    opened = gateway({
      sandbox: { users: 40 },
      now: new Date().toISOString(), // the provider has no other clock
      pages: PAGES,
      settings: {
        AUTH: "jwt",
        JWT_JWKS_URL: `${issuer}/jwks`,
        JWT_ISSUER: issuer,
        JWT_AUDIENCE: "analytics",
        OIDC_CLIENT_ID: CLIENT,
        OIDC_CLIENT_SECRET: SECRET,
        PUBLIC_URL: origin,
        SESSION_KEYS: "the secret that seals the sessions of people",
      },
    });
    atGateway = opened.app.handle;
    browser = await launched();
  });
  afterAll(async () => {
    await browser?.close();
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    await opened?.app.dispose();
  });

  /** A browser of its own, in which whatever a page of the gateway requests elsewhere or complains of is kept. */
  async function fresh() {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    const complaints: string[] = [];
    context.on("console", (message) => {
      if (
        message.type() === "error" &&
        message.page()?.url().startsWith(origin) &&
        !/ 401 /.test(message.text())
      )
        complaints.push(message.text());
    });
    context.on("weberror", (error) => complaints.push(error.error().message));
    return { context, page: await context.newPage(), complaints };
  }

  /** Signs in at the provider, by keyboard. */
  async function atProvider(page: Page, name: string): Promise<void> {
    await page.getByPlaceholder("Enter any login").fill(name);
    await page.getByPlaceholder("and password").fill("any");
    await page.keyboard.press("Enter");
    const consent = page.getByRole("button", { name: "Continue" });
    await consent
      .or(page.locator(".panel").first())
      .or(page.getByText("has no role"))
      .or(page.locator(".workbench-header"))
      .first()
      .waitFor();
    if (await consent.isVisible()) await consent.click();
  }

  async function signedIn(path: string) {
    const made = await fresh();
    await made.page.goto(origin + path);
    await made.page.getByRole("link", { name: "Sign in" }).waitFor();
    await made.page.keyboard.press("Enter"); // the link has the focus
    await atProvider(made.page, "ada");
    return made;
  }

  test("lead a person to their company's sign-in and back to the page they wanted, by keyboard", async () => {
    const { context, page, complaints } = await fresh();
    await page.goto(`${origin}/d/spend?period=LAST_MONTH`);
    await page.getByText("Sign in with your company account").waitFor();
    await page.getByRole("link", { name: "Sign in" }).waitFor();
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await violationsOf(page)).toEqual([]);
    }
    expect(opened.seen).toEqual([]);
    await page.keyboard.press("Enter");
    await atProvider(page, "ada");
    await page.getByText("Signed in as").first().waitFor({ state: "attached" });
    await page.getByRole("region", { name: "Spend by day" }).locator(".stat-value").waitFor();
    expect(page.url()).toBe(`${origin}/d/spend?period=LAST_MONTH`);
    expect(await page.locator(".account").innerText()).toContain("Ada Lovelace");
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await violationsOf(page)).toEqual([]);
    }
    const cookies = (await context.cookies(origin)).filter(({ name }) => name.startsWith("analytics"));
    expect(cookies.map(({ name, httpOnly, sameSite }) => [name, httpOnly, sameSite])).toEqual([
      ["analytics-session", true, "Strict"],
    ]);
    expect(
      await page.evaluate(() =>
        JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }]),
      ),
    ).not.toMatch(/analytics-|eyJ/);
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: /^CSV/ }).first().click(),
    ]);
    expect(readFileSync(await file.path(), "utf8")).toContain("net");
    // A link from another site opens the page as theirs: its own requests carry the session.
    const other = await context.newPage();
    await other.goto(`${issuer}/.well-known/openid-configuration`);
    await other.evaluate((to) => location.assign(to), `${origin}/d/people`);
    await other.locator(".panel").first().waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("sign a person out here, in other tabs and at the provider, and show no figure to who goes back", async () => {
    const { context, page } = await signedIn("/");
    await page.locator(".panel").first().waitFor();
    const second = await context.newPage();
    await second.goto(`${origin}/d/spend`);
    await second.locator(".panel").first().waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL(`${issuer}/**`);
    await second.getByText("Your session has ended").waitFor();
    await page.goBack();
    await page.getByRole("link", { name: "Sign in" }).waitFor();
    expect(await page.locator(".panel").count()).toBe(0);
    await page.goForward();
    await page.getByRole("button", { name: /yes/i }).click();
    await page.waitForURL(`${origin}/`);
    await page.getByRole("link", { name: "Sign in" }).waitFor();
    await page.keyboard.press("Enter");
    await page.getByPlaceholder("Enter any login").waitFor(); // the provider has forgotten them too
    await context.close();
  });

  test("renew a session that has expired, unnoticed, and say kindly when it can be no longer", async () => {
    const { context, page } = await signedIn("/d/spend");
    await page.locator(".panel").first().waitFor();
    await context.clearCookies({ name: "analytics-session" }); // as a browser does once it has expired
    await page.getByRole("link", { name: "People", exact: true }).click();
    await page.locator(".panel tbody tr").first().waitFor();
    expect((await context.cookies(origin)).map(({ name }) => name)).toContain("analytics-session");
    await context.clearCookies(); // as after the longest time of a session
    await page.getByRole("link", { name: "Teams", exact: true }).click();
    await page.getByText("Your session has ended. Sign in again to go on where you are.").waitFor();
    expect(await violationsOf(page)).toEqual([]);
    expect(await page.getByRole("link", { name: "Sign in again" }).getAttribute("href")).toContain("teams");
    await context.close();
  });

  test("say that an account has no role, and offer another account", async () => {
    const { context, page } = await fresh();
    await page.goto(origin);
    await page.getByRole("link", { name: "Sign in" }).click();
    await atProvider(page, "nobody");
    await page.getByText("has no role in this gateway").waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await page.getByRole("link", { name: "Use another account" }).click();
    await page.getByPlaceholder("Enter any login").waitFor();
    await context.close();
  });

  test("ask for sign-in on the workbench, and run queries after it", async () => {
    const { context, page, complaints } = await fresh();
    await page.goto(`${origin}/graphql`);
    const dialog = page.getByRole("dialog", { name: "Sign in" });
    await dialog.waitFor();
    expect(await dialog.getByLabel("Your token").count()).toBe(0);
    expect(await violationsOf(page)).toEqual([]);
    await dialog.getByRole("link", { name: "Sign in" }).click();
    await atProvider(page, "ada");
    await page.waitForURL(`${origin}/graphql`);
    await page.getByRole("button", { name: "Sign out" }).waitFor();
    expect(await dialog.isVisible()).toBe(false);
    expect(complaints).toEqual([]);
    await context.close();
  });
});
