import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { parse } from "csv-parse/sync";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sqliteAlerts } from "../../src/cache/sqlite-alerts.ts";
import { newPath } from "../alerts/world.ts";
import { withBudgets } from "../budgets/files.ts";
import { violationsOf } from "./accessibility.ts";
import { isMissing, launched } from "./chromium.ts";
import { layoutShifts } from "./layout-shifts.ts";
import { linksOf, Opened, PAGES, panelsOf, settled } from "./opened-dashboard.ts";

test("the dashboard is less than 250 kB of scripts and styles, compressed", () => {
  const document = readFileSync(new URL("dashboard.html", PAGES), "utf8");
  const assets = [...document.matchAll(/assets\/[\w.-]+\.(?:js|css)/g)].map(([path]) => path);
  const bytes = assets.map((path) => gzipSync(readFileSync(new URL(path, PAGES))).length);
  expect(assets.length).toBeGreaterThan(3); // its own, and those that it shares with the workbench
  expect(bytes.reduce((sum, each) => sum + each, 0)).toBeLessThan(250_000);
});

/** One browser for all gateways: what a page keeps is kept by its context. */
let browser: Browser;
beforeAll(async () => {
  if (!isMissing) browser = await launched();
});
afterAll(() => browser?.close());

const PAGES_OF_ALL = [
  "/",
  "/d/claude-ai",
  "/d/claude-code",
  "/d/spend",
  "/d/spend?organization=console",
  "/d/people",
  "/d/teams",
  "/d/limits",
];

describe.skipIf(isMissing)("the dashboard", () => {
  const budgets = [
    { name: "Everything", amountUsd: 1 },
    { name: "Opus", model: "claude-opus-4-8", amountUsd: 1_000_000 },
  ];
  const opened = new Opened({
    sandbox: { users: 60 },
    settings: withBudgets(budgets),
    alertStore: sqliteAlerts({ path: newPath() }),
  });
  beforeAll(() => opened.start(browser));
  afterAll(() => opened.stop());

  test("shows the figures of the organization, each panel with its query and its file", async () => {
    const page = await opened.page("/");
    expect(await linksOf(page)).toEqual([
      "Overview",
      "Claude.ai",
      "Claude Code",
      "Spend",
      "People",
      "Teams",
      "Limits",
    ]);
    expect(await panelsOf(page)).toContain("Active people");
    const spend = page.getByRole("region", { name: "Spend by day" });
    expect(await spend.locator(".stat-value").innerText()).toMatch(/^\$[\d,.]+/);
    expect(await spend.locator("footer").innerText()).toContain("As of 22 Nov");
    const query = new URL(
      (await spend.getByRole("link", { name: /^Query/ }).getAttribute("href")) ?? "",
      opened.origin,
    );
    const fragment = new URLSearchParams(query.hash.slice(1));
    expect([query.pathname, fragment.get("document")]).toEqual(["/graphql", "CostByDay"]);
    expect(JSON.parse(fragment.get("variables") ?? "")).toMatchObject({ range: { period: "LAST_7_DAYS" } });
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      spend.getByRole("link", { name: /^CSV/ }).click(),
    ]);
    expect(readFileSync(await file.path(), "utf8")).toContain("net");
    await page.context().close();
  });

  test("saves the rows that a panel shows, where the gateway has no file of them", async () => {
    const page = await opened.page("/?period=LAST_7_DAYS");
    const panel = page.getByRole("region", { name: "Active people", exact: true });
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      panel.getByRole("button", { name: /^CSV/ }).click(),
    ]);
    expect(file.suggestedFilename()).toBe("active-people.csv");
    const { data } = await opened.gateway.ask(
      "{ activity(range: { period: LAST_7_DAYS }) { date dailyActiveUsers } }",
    );
    const rows: Record<string, string>[] = parse(readFileSync(await file.path(), "utf8"), { columns: true });
    expect(
      rows.map(({ date, dailyActiveUsers }) => ({ date, dailyActiveUsers: Number(dailyActiveUsers) })),
    ).toEqual(data.activity);
    await page.context().close();
  });

  test("shows budgets, the people closest to their limit, and the busiest minute of rate limits", async () => {
    const page = await opened.page("/d/limits");
    expect(await panelsOf(page)).toEqual([
      "Budgets",
      "Spend limits, closest first",
      "Rate limits, busiest minute",
    ]);
    await page.getByRole("button", { name: "Show the people closest to their limit" }).click();
    await page.getByRole("button", { name: "Show rate limits" }).click();
    await settled(page);
    const { data } = await opened.gateway.ask(
      "{ budgets { name state } spendLimits(filter: {states: [BELOW, REACHED, UNKNOWN]}, first: 25) { nodes { period user { email } } } }",
    );
    const rows = (name: string) => page.getByRole("region", { name, exact: true }).locator("tbody tr");
    const budgets = await rows("Budgets").allInnerTexts();
    expect(budgets.map((text) => text.split("\n")[0])).toEqual(
      data.budgets.map(({ name }: { name: string }) => name),
    );
    expect(budgets[0]).toContain("Used up");
    expect(await rows("Spend limits, closest first").count()).toBe(data.spendLimits.nodes.length);
    expect(await rows("Rate limits, busiest minute").count()).toBeGreaterThan(3);
    expect(await page.getByLabel("Period").count()).toBe(0);
    expect(await violationsOf(page)).toEqual([]);
    await page.context().close();
  });

  test("says that a page does not exist, and which one it shows", async () => {
    const page = await opened.page("/d/budgets");
    await page.getByText("There is no page “budgets”; this one is Overview.").waitFor();
    await page.getByLabel("Period").selectOption("LAST_MONTH");
    await settled(page);
    expect(new URL(page.url()).pathname).toBe("/d/budgets");
    await page.getByRole("navigation").getByRole("link", { name: "Overview" }).click();
    await settled(page);
    expect(new URL(page.url()).pathname).toBe("/");
    expect(await page.getByText("There is no page").count()).toBe(0);
    await page.context().close();
  });

  test("keeps the period in its URL, which can be sent, and goes back to the one before", async () => {
    const page = await opened.page("/d/spend");
    await page.getByLabel("Period").selectOption("LAST_MONTH");
    await settled(page);
    expect(new URL(page.url()).search).toBe("?period=LAST_MONTH");
    const value = await page.getByRole("region", { name: "Spend by day" }).locator(".stat-value").innerText();
    const other = await opened.page("/d/spend?period=LAST_MONTH");
    expect(await other.getByRole("region", { name: "Spend by day" }).locator(".stat-value").innerText()).toBe(
      value,
    );
    await page.goBack();
    await settled(page);
    expect(await page.getByLabel("Period").inputValue()).toBe("LAST_7_DAYS");
    await page.getByLabel("Period").selectOption("CUSTOM");
    await page.getByLabel("First day").fill("2026-11-02");
    await page.getByLabel("Last day").fill("2026-11-08");
    await page.getByRole("button", { name: "Apply" }).click();
    await settled(page);
    expect(new URL(page.url()).search).toBe("?from=2026-11-02&until=2026-11-09");
    await other.context().close();
    await page.context().close();
  });

  test("defines a number on hover and on focus", async () => {
    const page = await opened.page("/");
    const term = page.getByRole("button", { name: "Weekly active" });
    const definition = page.getByText("Different people active in the 7 days that end with the day.");
    expect(await definition.isVisible()).toBe(false);
    await term.hover();
    await definition.waitFor({ state: "visible" });
    await page.mouse.move(0, 0);
    await definition.waitFor({ state: "hidden" });
    await page.keyboard.press("Tab");
    for (let i = 0; i < 40 && !(await definition.isVisible()); i++) await page.keyboard.press("Tab");
    expect(await definition.isVisible()).toBe(true);
    const outline = await page.evaluate(
      () => getComputedStyle(document.activeElement as Element).outlineStyle,
    );
    expect(outline).toBe("solid");
    await page.context().close();
  });

  test("reads the values of a chart by keyboard, and shows them as a table", async () => {
    const page = await opened.page("/");
    const spend = page.getByRole("region", { name: "Spend by day" });
    await spend.getByRole("group").focus();
    await page.keyboard.press("End");
    await spend.getByText("Sat 21 Nov 2026").waitFor();
    await page.keyboard.press("ArrowLeft");
    await spend.getByText("Fri 20 Nov 2026").waitFor();
    await spend.getByRole("button", { name: /^Table/ }).click();
    expect(await spend.locator("tbody tr").count()).toBe(7);
    await page.context().close();
  });

  test.each(PAGES_OF_ALL)(
    "has on %s the query and the rows of each panel, and no violation of accessibility rules, in light and dark, 1280 and 1920 wide",
    async (path) => {
      const page = await opened.page(path);
      for (const name of await panelsOf(page)) {
        const panel = page.getByRole("region", { name, exact: true });
        expect(await panel.getByRole("link", { name: `Query of ${name}` }).count(), name).toBe(1);
        // An on-demand panel has the rows once it has an answer.
        if ((await panel.locator("button:text-matches('^Show ')").count()) === 0)
          expect(await panel.getByText("CSV", { exact: false }).count(), name).toBe(1);
      }
      for (const [colorScheme, width] of [
        ["light", 1280],
        ["dark", 1920],
      ] as const) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 800 });
        expect(await violationsOf(page)).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      }
      expect(await page.locator(".failure").allTextContents()).toEqual([]);
      await page.context().close();
    },
  );

  test("says which days there are, where the period has others", async () => {
    const early = await opened.page("/d/spend?period=LAST_365_DAYS");
    expect(await early.getByRole("region", { name: "Spend by week" }).locator(".failure").innerText()).toBe(
      "These figures begin on 1 Jan 2026. Choose a period that begins then or later.",
    );
    await early.context().close();
    const late = await opened.page("/?from=2026-11-22&until=2026-11-23");
    expect(
      await late.getByRole("region", { name: "Active people", exact: true }).locator(".failure").innerText(),
    ).toBe("The newest day with these figures is 21 Nov 2026. Choose an earlier period.");
    await late.context().close();
    const compared = await opened.page("/d/spend?period=YEAR_TO_DATE");
    expect(
      await compared.getByRole("region", { name: "Spend by week" }).locator(".failure").innerText(),
    ).toBe("Incomplete: the period before is not compared, since these figures begin on 1 Jan 2026.");
    await compared.context().close();
  });

  test("says that a period which is not complete is compared so far", async () => {
    for (const [period, note] of [
      ["MONTH_TO_DATE", /^[+\u2212][\d.]+% from \$[\d,.]+, so far$/],
      ["LAST_7_DAYS", /^[+\u2212][\d.]+% from \$[\d,.]+$/],
    ] as const) {
      const page = await opened.page(`/d/spend?period=${period}`);
      const spend = page.getByRole("region", { name: "Spend by day" });
      expect(await spend.locator(".stat-note").first().innerText()).toMatch(note);
      await page.context().close();
    }
  });

  test("prints all rows of a page, and no panel that was not loaded", async () => {
    const page = await opened.page("/d/people");
    await page.emulateMedia({ media: "print" });
    const hidden = await page
      .locator(".table-frame")
      .evaluateAll((frames) => frames.map(({ scrollHeight, clientHeight }) => scrollHeight - clientHeight));
    expect(hidden.filter((pixels) => pixels > 0)).toEqual([]);
    await page.context().close();
    const spend = await opened.page("/d/spend");
    await spend.emulateMedia({ media: "print" });
    expect(await spend.getByRole("region", { name: "Top spenders" }).isVisible()).toBe(true);
    expect(await spend.locator(".panel.waiting").isVisible()).toBe(false);
    await spend.context().close();
  });

  test("filters every figure of a page by the chosen group, or shows none of it", async () => {
    const { data } = await opened.gateway.ask("{ groups(first: 1) { nodes { groupId } } }");
    const page = await opened.page(`/d/claude-ai?group=${data.groups.nodes[0].groupId}`);
    expect(await panelsOf(page)).toEqual(["Top skills", "Top connectors", "Top projects"]);
    await page.getByRole("link", { name: "Spend", exact: true }).click();
    // A page is settled before it is left, too: what follows a click is awaited itself.
    await expect.poll(() => panelsOf(page)).toEqual(["Spend by day", "Spend by model", "Top spenders"]);
    await page.getByRole("link", { name: "Overview", exact: true }).click();
    const whole = await opened.page("/");
    const figures = await whole.locator("main").innerText();
    await expect.poll(() => page.locator("main").innerText()).toBe(figures);
    expect(page.url()).not.toContain("group");
    await whole.context().close();
    await page.context().close();
  });

  test("moves nothing once its figures arrive", async () => {
    const context = await (await opened.page("/")).context();
    const page = await context.newPage();
    const shiftsOf = await layoutShifts(page);
    for (const path of ["/", "/d/claude-code", "/d/spend", "/d/people"]) {
      await page.goto(opened.origin + path);
      await settled(page);
      const shifts = await shiftsOf();
      expect(
        shifts.reduce((sum, each) => sum + each, 0),
        path,
      ).toBeLessThan(0.02);
    }
    await context.close();
  });

  test("makes no request to another host, and no error in the console", () => {
    expect(opened.complaints).toEqual([]);
  });
});
