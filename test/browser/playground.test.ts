import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { gateway } from "../gateway.ts";
import { isMissing, launched } from "./chromium.ts";

describe.skipIf(isMissing)("the playground in a browser", () => {
  const { app } = gateway({ sandbox: { users: 60 } });
  const server = createServer(app.handle);
  let origin: string;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  /** Requests to other hosts than the gateway; none is let through. */
  let foreign: string[];
  /** What the console of the page says is wrong. */
  let complaints: string[];

  beforeAll(async () => {
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = await launched();
  });

  afterAll(async () => {
    await browser?.close();
    server.closeAllConnections();
    server.close();
    await app.dispose();
  });

  beforeEach(async () => {
    foreign = [];
    complaints = [];
    context = await browser.newContext({ viewport: { width: 1600, height: 1000 } });
    await context.route("**/*", async (route) => {
      const url = new URL(route.request().url());
      if (url.origin === origin || url.protocol === "data:") return route.continue();
      foreign.push(url.href);
      return route.abort();
    });
    page = await context.newPage();
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(`${origin}/graphql`);
    await page.locator(".graphiql-tab").first().waitFor();
  });

  afterEach(async () => {
    await context.close();
    expect(foreign).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test("opens on a tab for each question of the library", async () => {
    expect(await page.title()).toBe("Claude analytics");
    expect((await tabs(page)).slice(0, 3)).toEqual(["PeopleThisWeek", "TopSpenders", "CostByDay"]);
    expect((await tabs(page)).length).toBeGreaterThanOrEqual(8);
  });

  test("answers the first question at a click", async () => {
    await page.locator(".graphiql-execute-button").click();
    const response = page.locator(".graphiql-response");
    await response.getByText('"messages"').first().waitFor();
    expect(await response.textContent()).toContain("@ternplover.example");
    expect(await response.textContent()).not.toContain("errors");
  });

  test("answers the question of every tab", async () => {
    for (const name of await tabs(page)) {
      await page.locator(".graphiql-tab-button", { hasText: new RegExp(`^\\s*${name}\\s*$`) }).click();
      // GraphiQL reads the new tab's operation a moment later; whoever clicks within that moment clicks again.
      const asked = await vi.waitFor(
        async () => {
          const sent = page.waitForRequest((request) => request.postDataJSON()?.operationName === name, {
            timeout: 300,
          });
          const [request] = await Promise.all([sent, page.locator(".graphiql-execute-button").click()]);
          return request;
        },
        { timeout: 20_000 },
      );
      expect(await (await asked.response())?.json()).toHaveProperty("data");
      await page.locator(".graphiql-response").getByText('"data"').first().waitFor();
    }
  }, 90_000);

  test("shows the manual of the schema", async () => {
    await page.getByLabel("Show Documentation Explorer").click();
    const manual = page.locator(".graphiql-doc-explorer");
    await manual.getByText("Query", { exact: true }).first().click();
    await manual.getByText("claudeCodeRecords").first().waitFor();
  });

  test("keeps the tabs as they are over a reload", async () => {
    const before = await tabs(page);
    await page.reload();
    await page.locator(".graphiql-tab").first().waitFor();
    expect(await tabs(page)).toEqual(before);
  });

  test("may not talk to another host, whatever is typed into it", async () => {
    const refused = await page.evaluate(() =>
      fetch("https://elsewhere.example/").then(
        () => "let through",
        () => "refused",
      ),
    );
    expect(refused).toBe("refused");
    expect(foreign).toEqual([]);
    expect(complaints.splice(0).join()).toContain("Content Security Policy");
  });
});

async function tabs(page: Page): Promise<string[]> {
  return page.locator(".graphiql-tab-button").allTextContents();
}
