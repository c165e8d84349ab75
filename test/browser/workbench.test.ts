import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { gateway } from "../gateway.ts";
import { isMissing, launched } from "./chromium.ts";

/** As `npm run build` writes it. */
const BUILT = new URL("../../dist/web/", import.meta.url);

const PATIENT = { timeout: 60_000 };

describe.skipIf(isMissing)("the workbench in a browser", () => {
  const { app } = gateway({ sandbox: { users: 60 }, pages: BUILT });
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

  test("opens on one tab, with the query to begin with", async () => {
    expect(await page.title()).toBe("Workbench – Claude analytics");
    expect(await tabs(page)).toEqual(["PeopleThisWeek"]);
  });

  test("answers the first question at a click", async () => {
    await run(page);
    const response = page.locator(".graphiql-response");
    expect(await response.textContent()).toContain("@ternplover.example");
    expect(await response.textContent()).not.toContain("errors");
  });

  test("says how settled an answer is and what it cost, and explains a query without running it", async () => {
    await run(page);
    await page.locator(".answer-line", { hasText: /as of .* UTC/ }).waitFor();
    expect(await page.locator(".answer-line").textContent()).toMatch(
      /(Open|Settling|Final): .*upstream request/,
    );
    await page.getByRole("button", { name: "Explain cost" }).click();
    await page.locator(".graphiql-response").getByText('"plan"').first().waitFor();
  });

  test("finds a question of the library by a synonym, and opens it in a tab", async () => {
    await page.getByLabel("Search the library").fill("DAU");
    await page.getByRole("button", { name: /^Adoption/ }).click();
    expect(await tabs(page)).toEqual(["PeopleThisWeek", "Adoption"]);
    await run(page);
    expect(await page.locator(".graphiql-response").textContent()).toContain("dailyActiveUsers");
  });

  test("keeps a query under a name over a reload, and never a token", async () => {
    await page.getByLabel("Name for the open query").fill("My people");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.reload();
    await page.getByRole("button", { name: "My people", exact: true }).waitFor();
    const stored = await page.evaluate(() => JSON.stringify(Object.entries(localStorage)));
    expect(stored).toContain("My people");
    expect(stored).not.toMatch(/authorization|bearer/i);
    await page.getByRole("button", { name: "Delete My people" }).click();
    await page.getByText("My people is deleted.").waitFor();
  });

  test("opens a shared link in a tab of its name, with its variables, beside those of the reader", async () => {
    const fragment = new URLSearchParams({ document: "TopSpenders", variables: '{"first":3}' });
    await page.evaluate((hash) => {
      location.hash = hash;
    }, String(fragment));
    await vi.waitFor(
      async () => expect(await tabs(page)).toEqual(["PeopleThisWeek", "TopSpenders"]),
      PATIENT,
    );

    const fresh = await context.newPage();
    await fresh.goto(`${origin}/graphql#${new URLSearchParams({ query: "query Mine { viewer { role } }" })}`);
    await vi.waitFor(async () => expect(await tabs(fresh)).toContain("Mine"), PATIENT);
    expect(new URL(fresh.url()).hash).toBe("");
  });

  test("shows the rows of an answer as a table that is sorted, and saved as a file, by keyboard", async () => {
    await page.getByLabel("Search the library").fill("CostByDay");
    await page.getByRole("button", { name: /^CostByDay/ }).click();
    await run(page);
    await page.getByRole("tab", { name: "JSON" }).focus();
    await page.keyboard.press("ArrowRight");
    const table = page.getByRole("tabpanel", { name: "Table" }).getByRole("table");
    await table.getByRole("row").nth(1).waitFor();
    const amounts = async () =>
      (await table.locator("tbody td:nth-child(4)").allTextContents()).map((each) =>
        Number(each.replaceAll(/[$,]/g, "")),
      );
    await table.getByRole("button", { name: "net.usd" }).press("Enter");
    expect(await table.locator('th[aria-sort="descending"]').textContent()).toContain("net.usd");
    expect(await amounts()).toEqual((await amounts()).toSorted((a, b) => b - a));
    expect(await table.locator("tfoot").textContent()).toContain("Sum of the rows");
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "CSV of these rows" }).click(),
    ]);
    expect(file.suggestedFilename()).toBe("cost.csv");
    const lines = (await readFile(await file.path(), "utf8")).trimEnd().split("\n");
    expect(lines[0]).toBe("from,product,isOther,net.usd,state");
    expect(lines).toHaveLength((await amounts()).length + 1);
    const whole = page.getByRole("link", { name: "CSV of the whole list" });
    const response = await page.request.get(`${origin}${await whole.getAttribute("href")}`);
    expect(response.status()).toBe(200);
  });

  test("draws an answer by day as a chart, and saves it as SVG and PNG", async () => {
    await page.getByLabel("Search the library").fill("CostByDay");
    await page.getByRole("button", { name: /^CostByDay/ }).click();
    await run(page);
    await page.getByRole("tab", { name: "Chart" }).click();
    const view = page.getByRole("tabpanel", { name: "Chart" });
    await view.getByRole("group", { name: /cost: net.usd.* to .*Newest values/ }).waitFor();
    expect(await view.locator(".chart-legend").textContent()).toContain("Other");
    for (const [name, start] of [
      ["SVG", "<svg xmlns="],
      ["PNG", "\u0089PNG"],
    ] as const) {
      const [file] = await Promise.all([
        page.waitForEvent("download"),
        view.getByRole("button", { name }).click(),
      ]);
      const content = await readFile(await file.path(), "latin1");
      expect(content.startsWith(start)).toBe(true);
      expect(content).not.toContain("var(--");
    }
  });

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

async function run(page: Page): Promise<void> {
  await page.locator(".graphiql-query-editor .view-lines").first().waitFor();
  await page.locator(".graphiql-execute-button").click();
  await page.locator(".graphiql-response").getByText('"data"').first().waitFor();
}
