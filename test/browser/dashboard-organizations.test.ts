import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { daysFrom, formatDayWithYear, formatNumber } from "../../src/web/charts/format.ts";
import { gatewayOfThree } from "../organizations/three.ts";
import { revisedArchive } from "../recorded/revised-archive.ts";
import { violationsOf } from "./accessibility.ts";
import { isMissing, launched } from "./chromium.ts";
import { Opened, settled } from "./opened-dashboard.ts";

/** One browser for all gateways: what a page keeps is kept by its context. */
let browser: Browser;
beforeAll(async () => {
  if (!isMissing) browser = await launched();
});
afterAll(() => browser?.close());

describe.skipIf(isMissing)("the dashboard of an organization", () => {
  const ALL = ["/", "/d/claude-ai", "/d/claude-code", "/d/spend", "/d/people", "/d/teams", "/d/limits"];
  const openAll = async (opened: Opened) => {
    for (const path of ALL) await (await opened.page(path)).context().close();
  };

  test("of 1,000 people takes at most 60 upstream requests cold, and 8 warm, with the teams of a file", async () => {
    const teams = join(mkdtempSync(join(tmpdir(), "teams-")), "teams.csv");
    writeFileSync(teams, "email,team\nanders.bose@ternplover.example,Maps\n");
    const opened = new Opened({ sandbox: { users: 1_000 }, settings: { TEAMS_FILE: teams } });
    await opened.start(browser);
    const { seen, at } = opened.gateway;
    const named = (urls: readonly URL[]) => urls.map(({ pathname, search }) => pathname + search).join("\n");
    await openAll(opened);
    const cold = seen.slice();
    expect(cold.length, named(cold)).toBeLessThanOrEqual(60);
    at("2026-11-22T12:30:00Z");
    await openAll(opened);
    const warm = seen.slice(cold.length);
    expect(warm.length, named(warm)).toBeLessThanOrEqual(8);
    expect(opened.complaints).toEqual([]);
    await opened.stop();
  });

  test("marks the days of spend that were revised, from what to what and when, without upstream requests", async () => {
    const opened = new Opened({ sandbox: { users: 60 }, archive: await revisedArchive({ users: 60 }) });
    await opened.start(browser);
    const { data } = await opened.gateway.ask(
      "{ revisions(range: { period: LAST_30_DAYS }) { nodes { day observedAt before { net { usd } } after { net { usd } } } } }",
    );
    type Revision = Record<"day" | "observedAt", string> &
      Record<"before" | "after", { net: { usd: string } }>;
    const days = [...Map.groupBy(data.revisions.nodes as Revision[], ({ day }) => day).values()];
    const amount = ({ net }: Revision["before"]) => formatNumber(net.usd, "usd").exact;
    const sentences = days.map((ofDay) => {
      const [first, last] = [ofDay[0], ofDay.at(-1)] as [Revision, Revision];
      const steps = ofDay.length === 1 ? "" : `, in ${ofDay.length} steps`;
      return `Revised from ${amount(first.before)} to ${amount(last.after)} on ${formatDayWithYear(last.observedAt.slice(0, 10))}${steps}`;
    });
    expect(sentences.filter((each) => each.endsWith(" steps")).length).toBeGreaterThan(0);
    const page = await opened.page("/d/spend?period=LAST_30_DAYS");
    const panel = page.getByRole("region", { name: "Spend by day" });
    await panel.locator(".chart-revision").first().waitFor();
    expect(await panel.locator(".chart-revision").count()).toBe(days.length);
    const chart = panel.getByRole("group");
    const marked = `Revised since first recorded: ${days.length} of 30.`;
    expect(await chart.getAttribute("aria-label")).toContain(marked);
    await chart.focus();
    const steps = daysFrom("2026-10-23", days[0]?.[0]?.day ?? "");
    for (let i = 0; i <= steps; i++) await page.keyboard.press("ArrowRight");
    expect(await panel.locator(".chart-values").innerText()).toContain(sentences[0]);
    expect(await violationsOf(page)).toEqual([]);
    await panel.getByRole("button", { name: /^Table/ }).click();
    expect(await panel.locator("tbody th .ranking-detail").allTextContents()).toEqual(sentences.toReversed());
    expect(opened.complaints).toEqual([]);
    await opened.stop();
  });

  test("says in a panel that takes too much what to do", async () => {
    const opened = new Opened({ sandbox: { users: 60 }, settings: { MAX_UPSTREAM_REQUESTS: "10" } });
    await opened.start(browser);
    const page = await opened.page("/d/claude-code?period=LAST_MONTH");
    const panel = page.getByRole("region", { name: "Claude Code by day" });
    expect(await panel.locator(".failure").innerText()).toBe(
      "This takes more upstream requests than one answer may. Choose a shorter period or a group, or take the CSV, which may make more.",
    );
    await page.getByLabel("Period").selectOption("LAST_7_DAYS");
    await settled(page);
    expect(await page.locator(".failure").count()).toBe(0);
    await opened.stop();
  });

  test("asks again when the gateway said so, a few times, and not after the reader has left", async () => {
    const opened = new Opened({ sandbox: { users: 20 } });
    await opened.start(browser);
    const page = await opened.page("/");
    await page.clock.install();
    let [asked, refusals] = [0, 2];
    await page.route("**/q/CostByDay?*", (route) => {
      asked++;
      if (refusals-- <= 0) return route.continue();
      const message = "The upstream requests of this minute are used up; retry in 30 seconds.";
      const errors = [{ message, extensions: { code: "UPSTREAM_BUDGET_EXHAUSTED", retryAfter: 30 } }];
      return route.fulfill({ contentType: "application/json", body: JSON.stringify({ errors }) });
    });
    const failure = page.getByRole("region", { name: "Spend by day" }).locator(".failure p");
    const later = async (times: number) => {
      const before = asked;
      await page.clock.fastForward(15_000); // the clock runs on beside it
      expect(asked).toBe(before);
      await page.clock.fastForward(16_000);
      await page.evaluate(() => fetch("/healthz")); // an attempt would be before it
      await expect.poll(() => asked).toBe(before + times);
      await settled(page);
    };
    await page.getByLabel("Period").selectOption("LAST_MONTH");
    await failure.filter({ hasText: "retry in 30 seconds. This page tries again by itself." }).waitFor();
    await later(1);
    await later(1);
    await failure.waitFor({ state: "detached" });

    refusals = Number.POSITIVE_INFINITY;
    await page.getByLabel("Period").selectOption("LAST_30_DAYS");
    await failure.waitFor();
    for (const times of [1, 1, 1, 1, 1, 1]) await later(times);
    await failure.filter({ hasText: "This page has tried several times." }).waitFor();
    await later(0);

    await page.getByLabel("Period").selectOption("MONTH_TO_DATE");
    await failure.filter({ hasText: "by itself" }).waitFor();
    await page.getByRole("link", { name: "People", exact: true }).click();
    await page.getByRole("region", { name: "Seats idle for 31 days" }).waitFor();
    await later(0);
    await opened.stop();
  });

  test("reads on by itself where one answer is not enough, a few times", async () => {
    const opened = new Opened({ sandbox: { users: 20 } });
    await opened.start(browser);
    const page = await opened.page("/");
    let [asked, timeouts] = [0, 2];
    await page.route("**/q/CostByDay?*", (route) => {
      asked++;
      if (timeouts-- <= 0) return route.continue();
      const errors = [
        { message: "The operation took longer than allowed.", extensions: { code: "OPERATION_TIMEOUT" } },
      ];
      return route.fulfill({ contentType: "application/json", body: JSON.stringify({ errors }) });
    });
    const failure = page.getByRole("region", { name: "Spend by day" }).locator(".failure p");
    await page.getByLabel("Period").selectOption("LAST_MONTH");
    await expect.poll(() => asked).toBe(3);
    await failure.waitFor({ state: "detached" });

    timeouts = Number.POSITIVE_INFINITY;
    await page.getByLabel("Period").selectOption("LAST_30_DAYS");
    await failure.filter({ hasText: "This page has tried several times." }).waitFor();
    expect(await failure.innerText()).toContain("What was read is kept; a shorter period takes less.");
    expect(asked).toBe(3 + 7);
    await opened.stop();
  });

  test("with more than 100 teams shows all of them, or says which it shows", async () => {
    const teams = join(mkdtempSync(join(tmpdir(), "teams-")), "teams.csv");
    const lines = Array.from({ length: 130 }, (_, i) => `person-${i}@ternplover.example,Team ${i}`);
    writeFileSync(teams, ["email,team", ...lines, ""].join("\n"));
    for (const [limits, text, count] of [
      [{}, "132 rows.", 132],
      [{ MAX_FIRST: "120" }, "The first 120 of 132 are shown; the file has all.", 120],
    ] as const) {
      const opened = new Opened({ sandbox: { users: 60 }, settings: { TEAMS_FILE: teams, ...limits } });
      await opened.start(browser);
      const page = await opened.page("/d/teams");
      const panel = page.getByRole("region", { name: "Teams", exact: true });
      await panel.getByText(text).waitFor();
      expect(await panel.locator("tbody tr").count()).toBe(count);
      const { data } = await opened.gateway.ask(
        "{ teams(range: { last: { days: 7 } }, orderBy: { field: COST }, first: 3) { nodes { name } } }",
      );
      const [first, second, third] = data.teams.nodes;
      expect((await panel.locator("tbody th").allInnerTexts()).slice(0, 3)).toEqual(
        [first, second, third].map(({ name }) => expect.stringContaining(name ?? "without")),
      );
      await opened.stop();
    }
  });

  test.each([0, 1])("of %i people looks right, and no panel fails", async (users) => {
    const opened = new Opened({ sandbox: { users } });
    await opened.start(browser);
    for await (const { path, page } of opened.pages(ALL)) {
      expect(await page.locator(".failure").allTextContents(), path).toEqual([]);
      expect(await page.locator("main").innerText(), path).not.toMatch(/NaN|Infinity|undefined|null/);
      if (users === 0) expect(await violationsOf(page), path).toEqual([]);
    }
    expect(opened.complaints).toEqual([]);
    await opened.stop();
  });

  test("says in each panel what failed, and shows no figure for it", async () => {
    const opened = new Opened({ routes: {} });
    await opened.start(browser);
    // Without budgets, Limits asks upstream on demand alone.
    for await (const { path, page } of opened.pages(ALL.filter((each) => each !== "/d/limits"))) {
      const panels = page.locator(".panel:not(.waiting)");
      expect(await panels.locator(".failure").count(), path).toBeGreaterThan(0);
      expect(await panels.locator(".stat, tbody tr").count(), path).toBe(0);
      expect(
        await panels
          .filter({ hasNot: page.locator(".failure") })
          .locator(".stat, tbody tr, svg")
          .count(),
        path,
      ).toBe(0);
      expect(await violationsOf(page), path).toEqual([]);
    }
    await opened.stop();
  });

  test("says what failed in the panel of it alone, where panels share a document", async () => {
    const opened = new Opened({ sandbox: { users: 20 } });
    await opened.start(browser);
    const page = await opened.page("/");
    await page.route("**/q/DashboardClaudeCode?*", async (route) => {
      const response = await route.fetch();
      const { data } = await response.json();
      const path = ["dashboard", "claudeCode", "leaderboard", "leaders", 0, "user"];
      const errors = [
        { message: "The members are being fetched.", path, extensions: { code: "DIRECTORY_NOT_READY" } },
      ];
      await route.fulfill({ contentType: "application/json", body: JSON.stringify({ data, errors }) });
    });
    await page.getByRole("link", { name: "Claude Code", exact: true }).click();
    await settled(page);
    expect(
      await page
        .getByRole("region")
        .filter({ has: page.locator(".failure") })
        .locator("h2")
        .allInnerTexts(),
    ).toEqual(["Most lines added"]);
    await opened.stop();
  });

  test("of several by name is chosen in the URL, and has no figure of another", async () => {
    const opened = new Opened({}, gatewayOfThree);
    await opened.start(browser);
    const page = await opened.page("/d/spend?period=LAST_MONTH");
    const net = page.getByRole("region", { name: "Spend by day" }).locator(".stat-value");
    const spentBy = async (organization: string) => {
      const query = `{ cost(range: { period: LAST_MONTH }, organization: "${organization}") { total { net { usd } } } }`;
      return Number((await opened.gateway.ask(query)).data.cost.total.net.usd);
    };
    const shown = async () =>
      Number(/[\d,.]+/.exec((await net.getAttribute("title")) ?? "")?.[0].replaceAll(",", ""));
    const picker = page.getByLabel("Organization", { exact: true });
    const amounts = new Set<number>();
    for (const name of ["emea", "us", "platform"]) {
      await picker.selectOption(name);
      await settled(page);
      const amount = await spentBy(name);
      await expect.poll(shown).toBeCloseTo(amount, 1);
      amounts.add(amount);
      const sent = await opened.page(new URL(page.url()).pathname + new URL(page.url()).search);
      expect(await sent.getByLabel("Organization", { exact: true }).inputValue()).toBe(name);
      expect(await sent.locator("main").innerText()).toBe(await page.locator("main").innerText());
      expect(await sent.getByRole("link", { name: "Workbench" }).getAttribute("href")).toBe(
        `/graphql?organization=${name}`,
      );
      await sent.context().close();
    }
    expect(amounts.size).toBe(3);
    await page.goBack();
    await settled(page);
    expect(await picker.inputValue()).toBe("us");
    expect(opened.complaints).toEqual([]);
    await opened.stop();
  });
});
