import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { gateway } from "../gateway.ts";
import { violationsOf } from "./accessibility.ts";
import { isMissing, launched } from "./chromium.ts";
import { layoutShifts } from "./layout-shifts.ts";

/** As `npm run build` writes it. */
const BUILT = new URL("../../dist/web/", import.meta.url);

/** Monaco and the tabs of GraphiQL. */
const NOT_OURS = [".monaco-editor", ".graphiql-session-header"];

const PATIENT = { timeout: 60_000 };

describe.skipIf(isMissing)("the workbench in a browser", () => {
  const { app } = gateway({ sandbox: { users: 60 }, pages: BUILT });
  const server = createServer(app.handle);
  let origin: string;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  /** Requests to other hosts than the gateway, which no name leads to; those that the page's policy stops are not made. */
  let foreign: string[];
  /** What the console of the page says is wrong. */
  let complaints: string[];

  beforeAll(async () => {
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = await launched("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1");
    // One for all tests, so that scripts are fetched and compiled once; interception would make it fetch them each time.
    context = await browser.newContext({ viewport: { width: 1600, height: 1000 } });
    context.on("request", (request) => {
      const { origin: of, protocol, href } = new URL(request.url());
      if (of !== origin && !["data:", "blob:"].includes(protocol)) foreign.push(href);
    });
    context.on("requestfailed", (request) => {
      if (/csp/i.test(request.failure()?.errorText ?? ""))
        foreign = foreign.filter((each) => each !== request.url());
    });
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
    page = await context.newPage();
    const debuggerOf = await context.newCDPSession(page);
    await debuggerOf.send("Storage.clearDataForOrigin", { origin, storageTypes: "local_storage" });
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(`${origin}/graphql`);
    await page.locator(".graphiql-tab").first().waitFor();
  });

  afterEach(async () => {
    await Promise.all(context.pages().map((each) => each.close()));
    expect(foreign).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test("opens on one tab, with the query to begin with", async () => {
    expect(await page.title()).toBe("Workbench – Claude analytics");
    expect(await tabs(page)).toEqual(["PeopleThisWeek"]);
  });

  test("paints its frame before its script is there, and moves nothing afterwards", async () => {
    const fresh = await context.newPage();
    const shifts = await layoutShifts(fresh);
    const { promise: isPainted, resolve: release } = Promise.withResolvers<void>();
    await fresh.route("**/assets/workbench-*.js", async (route) => {
      await isPainted;
      await route.fallback();
    });
    await fresh.goto(`${origin}/graphql`, { waitUntil: "commit" });
    await fresh.getByRole("heading", { name: "Library" }).waitFor();
    await fresh.getByText("Loading …").waitFor();
    release();
    await fresh.locator(".graphiql-query-editor .view-lines").first().waitFor();
    expect(await shifts()).toEqual([]);
  });

  test("has the theme that its reader has chosen before its script is there", async () => {
    await page.getByRole("button", { name: /Colours/ }).click();
    await page.getByRole("button", { name: /Colours/ }).click();
    const fresh = await context.newPage();
    await fresh.route("**/assets/workbench-*.js", (route) => route.abort());
    await fresh.goto(`${origin}/graphql`);
    expect(await fresh.evaluate(() => getComputedStyle(document.body).colorScheme)).toBe("dark");
    const ground = (selector: string) =>
      fresh.locator(selector).evaluate((element) => getComputedStyle(element).backgroundColor);
    expect(await ground(".graphiql-container")).toBe(await ground("body"));
    expect(complaints.splice(0).join()).not.toContain("Policy");
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
    expect(await page.locator(".answer-line").textContent()).toMatch(/^(No|\d+) upstream requests?/);
  });

  test("finds a question of the library by a synonym, and opens it in a tab", async () => {
    await openQuestion(page, "Adoption", "DAU");
    expect(await tabs(page)).toEqual(["PeopleThisWeek", "Adoption"]);
    await run(page);
    expect(await page.locator(".graphiql-response").textContent()).toContain("dailyActiveUsers");
  });

  test("opens a question that is chosen before the editor is there", async () => {
    const fresh = await context.newPage();
    const { promise: isChosen, resolve: release } = Promise.withResolvers<void>();
    await fresh.route("**/assets/monaco-editor-*.js", async (route) => {
      await isChosen;
      await route.fallback();
    });
    await fresh.goto(`${origin}/graphql`);
    await fresh.getByLabel("Search the library").fill("TopSpenders");
    await fresh.getByRole("button", { name: /^TopSpenders/ }).click();
    release();
    await vi.waitFor(
      async () => expect(await tabs(fresh)).toEqual(["PeopleThisWeek", "TopSpenders"]),
      PATIENT,
    );
    await fresh
      .locator(".graphiql-query-editor .view-lines")
      .getByText("TopSpenders", { exact: true })
      .waitFor();
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
    await openQuestion(page, "CostByDay");
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

  test("lays out a part of a page of a thousand people, and the rest when it is wanted", async () => {
    const query = `query Wide { users(range: { last: { days: 7 } }, first: 1000) { nodes {
      ${Array.from({ length: 24 }, (_, i) => `address${i}: email`).join(" ")} } } }`;
    const names = Object.fromEntries(Array.from({ length: 24 }, (_, i) => [`address${i}`, `person ${i}`]));
    const body = JSON.stringify({ data: { users: { nodes: Array.from({ length: 1_000 }, () => names) } } });
    await page.route("**/graphql", (route) =>
      route.request().postData()?.includes("query Wide") === true
        ? route.fulfill({ contentType: "application/json", body })
        : route.fallback(),
    );
    await page.evaluate(
      (hash) => {
        location.hash = hash;
      },
      String(new URLSearchParams({ query })),
    );
    await vi.waitFor(async () => expect(await tabs(page)).toContain("Wide"), PATIENT);
    await run(page);
    await page.getByRole("tab", { name: "Table" }).click();
    const rows = page.getByRole("tabpanel", { name: "Table" }).locator("tbody tr");
    await rows.first().waitFor();
    expect(await rows.count()).toBe(416);
    await page.getByText("1,000 rows; the first 416 are shown").waitFor();
    await page.getByRole("button", { name: "Show 416 more rows" }).click();
    await page.getByRole("button", { name: "Show 168 more rows" }).click();
    expect(await rows.count()).toBe(1_000);
  });

  test("draws an answer by day as a chart, and saves it as SVG and PNG", async () => {
    await openQuestion(page, "CostByDay");
    await run(page);
    await page.getByRole("tab", { name: "Chart" }).click();
    const view = page.getByRole("tabpanel", { name: "Chart" });
    await view.getByRole("group", { name: /cost: net.usd.* to .*Newest values/ }).waitFor();
    expect(await view.locator(".chart-legend").textContent()).toContain("Other");
    await page.setViewportSize({ width: 1280, height: 720 });
    await view.locator(".chart-frame").focus();
    for (let i = 0; i < 14; i++) {
      await page.keyboard.press("ArrowRight");
      const room = await view.locator(".chart-values").evaluate((values) => {
        const box = values.getBoundingClientRect();
        const frame = values.parentElement?.getBoundingClientRect() ?? box;
        return [box.left - frame.left, frame.right - box.right];
      });
      expect(Math.min(...room), `beside the values of day ${i}: ${room}`).toBeGreaterThan(-1);
    }
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

  test("saves a ranking as SVG and PNG", async () => {
    await openQuestion(page, "CostByModel");
    await run(page);
    await page.getByRole("tab", { name: "Chart" }).click();
    const view = page.getByRole("tabpanel", { name: "Chart" });
    await view.getByRole("table").waitFor();
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

  test("builds a query by keyboard, says what it costs, and opens it in a tab of its name", async () => {
    await page.getByLabel("Show Builder").press("Enter");
    await page.getByLabel("Figures").selectOption("cost");
    await page.getByRole("checkbox", { name: "Model", exact: true }).press("Space");
    await page.getByLabel("Over time").selectOption("WEEK");
    await page.getByLabel("Days").selectOption("LAST_MONTH");
    await page.getByText("1 Oct – 31 Oct 2026").waitFor();
    await page.getByLabel("Largest groups").fill("2");
    await page.locator(".builder-cost", { hasText: /upstream request/ }).waitFor();
    await page.getByRole("button", { name: "Run", exact: true }).press("Enter");
    await page.locator(".graphiql-response").getByText('"data"').first().waitFor();
    expect(await tabs(page)).toEqual(["PeopleThisWeek", "CostByModelPerWeek"]);
    await page.getByRole("tab", { name: "Chart" }).click();
    const view = page.getByRole("tabpanel", { name: "Chart" });
    await view.getByLabel("Bars").selectOption("grouped");
    await view.getByRole("group", { name: /cost: net.usd.* to / }).waitFor();
  });

  test("does not offer what the gateway cannot answer, and says why", async () => {
    await page.getByLabel("Show Builder").click();
    await page.getByLabel("Figures").selectOption("cost");
    expect(await page.getByRole("checkbox", { name: "Workspace" }).count()).toBe(0);
    await page.getByRole("group", { name: "Split by" }).getByText("not available here").click();
    await page.getByText("Only the Console organization has it.").waitFor();
    await page.getByLabel("Organization").selectOption("console");
    await page.getByRole("checkbox", { name: "Workspace" }).check();
    await page.getByRole("button", { name: "Open in the editor" }).click();
    expect(await tabs(page)).toContain("CostByWorkspace");
  });

  test("finds what the schema says by a synonym, and builds a query with it", async () => {
    await page.getByLabel("Show Documentation Explorer").click();
    const search = page.getByLabel("Search the schema");
    for (const [words, name] of [
      ["csv", "Query.cost"],
      ["per commit", "ClaudeCodeGroup.estimatedPerCommit"],
      ["MTD", "Period.MONTH_TO_DATE"],
      ["daily active", "ActivityDay.dailyActiveUsers"],
      ["DAU", "ActivityDay.dailyActiveUsers"],
    ] as const) {
      await search.fill(words);
      await page.locator(".question-name", { hasText: name }).first().waitFor();
    }
    await page.getByRole("button", { name: /^ActivityDay.dailyActiveUsers/ }).click();
    await page.getByRole("button", { name: "Build a query with it" }).click();
    await page.getByRole("checkbox", { name: "Daily active users", checked: true }).waitFor();
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.locator(".graphiql-response").getByText("dailyActiveUsers").first().waitFor();
  });

  test("shows the manual of the schema", async () => {
    await page.getByLabel("Show Documentation Explorer").click();
    const manual = page.locator(".graphiql-doc-explorer");
    await manual.getByText("Query", { exact: true }).first().click();
    await manual.getByText("claudeCodeRecords").first().waitFor();
  });

  test("renames a saved query, and takes the queries to another browser as a file", async () => {
    await page.getByLabel("Name for the open query").fill("Mine");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByRole("button", { name: "Rename Mine" }).click();
    await page.getByLabel("New name of Mine").fill("Ours");
    await page.getByLabel("New name of Mine").press("Enter");
    await page.getByText("Renamed to Ours.").waitFor();
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Export", exact: true }).click(),
    ]);
    const content = await readFile(await file.path());
    const other = await browser.newContext();
    const fresh = await other.newPage();
    await fresh.goto(`${origin}/graphql`);
    const read = async (buffer: Buffer) => {
      const [chooser] = await Promise.all([
        fresh.waitForEvent("filechooser"),
        fresh.getByRole("button", { name: "Import" }).click(),
      ]);
      await chooser.setFiles({ name: "queries.json", mimeType: "application/json", buffer });
    };
    await read(Buffer.from("{}"));
    await fresh.getByText("This file holds no saved queries.").waitFor();
    await read(content);
    await fresh.getByText("1 imported.").waitFor();
    await fresh.getByRole("button", { name: "Ours", exact: true }).click();
    expect(await tabs(fresh)).toContain("PeopleThisWeek");
    await other.close();
  });

  test.each(["dark", "light"] as const)(
    "takes all colours of the system's %s scheme at once",
    async (colorScheme) => {
      await page.emulateMedia({ colorScheme: colorScheme === "dark" ? "light" : "dark" });
      await page.emulateMedia({ colorScheme });
      const isLight = await page.evaluate(() =>
        [".graphiql-container", ".pane h2"].map((selector, i) => {
          const style = getComputedStyle(document.querySelector(selector) ?? document.body);
          return Number(/\d+/.exec(i === 0 ? style.backgroundColor : style.color)?.[0]) > 127;
        }),
      );
      expect(isLight).toEqual([colorScheme === "light", colorScheme === "dark"]);
    },
  );

  test.each(["light", "dark"] as const)("has nothing that axe-core finds, in %s", async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    const found: string[] = [];
    const check = async (place: string) =>
      found.push(...(await violationsOf(page, NOT_OURS)).map((each) => `${place}: ${each}`));
    await check("library");
    await page.getByLabel("Show Documentation Explorer").click();
    await page.getByLabel("Search the schema").fill("spend");
    await page.locator(".question-name").first().waitFor();
    await check("schema");
    await page.getByLabel("Show Builder").click();
    await page.getByLabel("Figures").selectOption("cost");
    await page.getByRole("group", { name: "Split by" }).getByText("not available here").click();
    await page.getByRole("checkbox", { name: "Product", exact: true }).check();
    await page.getByLabel("Over time").selectOption("DAY");
    await page.locator(".builder-cost", { hasText: /upstream request/ }).waitFor();
    await check("builder");
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.locator(".graphiql-response").getByText('"data"').first().waitFor();
    for (const view of ["Table", "Chart"]) {
      await page.getByRole("tab", { name: view }).click();
      await page.getByRole("tabpanel", { name: view }).waitFor();
      await check(view);
    }
    expect(found).toEqual([]);
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
    await vi.waitFor(() => expect(foreign).toEqual([]), PATIENT);
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

/** Opens a question of the library in a tab. Until the editor shows it, the query of the tab before would run. */
async function openQuestion(page: Page, name: string, search = name): Promise<void> {
  await page.getByLabel("Search the library").fill(search);
  await page.getByRole("button", { name: new RegExp(`^${name}`) }).click();
  await vi.waitFor(async () => expect(await tabs(page)).toContain(name), PATIENT);
  await page.locator(".graphiql-query-editor .view-lines").getByText(name, { exact: true }).first().waitFor();
}
