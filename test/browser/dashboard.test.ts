import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { parse } from "csv-parse/sync";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sqliteAlerts } from "../../src/cache/sqlite-alerts.ts";
import { daysFrom, formatDayWithYear, formatNumber } from "../../src/web/charts/format.ts";
import { newPath } from "../alerts/world.ts";
import { withBudgets } from "../budgets/files.ts";
import { type GatewayOptions, gateway } from "../gateway.ts";
import { gatewayOfThree } from "../organizations/three.ts";
import { revisedArchive } from "../recorded/revised-archive.ts";
import { violationsOf } from "./accessibility.ts";
import { isMissing, launched } from "./chromium.ts";
import { layoutShifts } from "./layout-shifts.ts";

const ROOT = new URL("../../", import.meta.url);
const PAGES = new URL("dist/web/", ROOT);

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

/** A gateway that listens, with its dashboard in a browser, and all that is wrong with what the browser does. */
class Opened {
  readonly gateway: Pick<ReturnType<typeof gateway>, "app" | "ask" | "seen" | "at">;
  readonly #server: Server;
  readonly #contexts: BrowserContext[] = [];
  /** Messages of the console, requests to other hosts, and the like. */
  readonly complaints: string[] = [];

  constructor(options: GatewayOptions, open: (options: GatewayOptions) => Opened["gateway"] = gateway) {
    this.gateway = open({ pages: PAGES, ...options });
    this.#server = createServer(this.gateway.app.handle);
  }

  async start(): Promise<void> {
    await new Promise<void>((ready) => this.#server.listen(0, "127.0.0.1", ready));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#contexts.map((context) => context.close()));
    this.#server.closeAllConnections();
    this.#server.close();
    await this.gateway.app.dispose();
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** A page of a caller with a token, who has signed in; without a token, of any caller. */
  async page(path: string, token: string | null = null): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    this.#contexts.push(context);
    // Requests are watched and not intercepted: interception makes a browser send no-cache, which asks past freshness.
    context.on("request", (request) => {
      const { origin, href } = new URL(request.url());
      if (origin !== this.origin && !href.startsWith("data:") && !href.startsWith("blob:"))
        this.complaints.push(`a request to ${href}`);
    });
    const page = await context.newPage();
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type()) && !/ 401 /.test(message.text()))
        this.complaints.push(message.text());
    });
    page.on("pageerror", (error) => this.complaints.push(error.message));
    await page.goto(this.origin + path);
    if (token !== null) {
      await page.getByLabel("Your token").fill(token);
      await page.keyboard.press("Enter");
      await page.getByRole("navigation", { name: "Pages" }).waitFor(); // until then the form is still there
    }
    await settled(page);
    return page;
  }

  /** Opens one path after the other in a page. */
  async *pages(paths: readonly string[]): AsyncGenerator<{ readonly path: string; readonly page: Page }> {
    const page = await this.page(paths[0] ?? "/");
    for (const path of paths) {
      if (path !== paths[0]) {
        await page.goto(this.origin + path);
        await settled(page);
      }
      yield { path, page };
    }
    await page.context().close();
  }
}

/** Waits until every panel has its answer. */
async function settled(page: Page): Promise<void> {
  await page.locator("h1").first().waitFor();
  await page.locator(".panel, .empty, .sign-in").first().waitFor();
  await page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null);
}

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
const panelsOf = (page: Page) => page.locator(".panel h2").allTextContents();
const linksOf = (page: Page) => page.locator("nav a").allTextContents();

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
  beforeAll(() => opened.start());
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

const TOKENS = [
  { name: "owner", role: "OWNER" },
  { name: "admin", role: "ADMIN" },
  { name: "analyst", role: "ANALYST" },
  { name: "of-groups", role: "OWNER", identity: "none" },
  { name: "lead", role: "LEAD" },
  { name: "lead-with-spend", role: "LEAD", scopes: ["activity:read", "identity:read", "spend:read"] },
  { name: "member", role: "MEMBER", email: "" },
];

const LEAD = "lead@ternplover.example";

/** A list of two teams. One has the lead as its manager, and a person who joined it two days ago. */
function teamsFile(emails: readonly string[]): string {
  const file = join(mkdtempSync(join(tmpdir(), "teams-")), "teams.csv");
  const lines = emails.map((email, i) =>
    i % 2 === 0 ? `${email},Atlas,${LEAD},${i === 0 ? "2026-11-20" : ""}` : `${email},Birch,boss@x.example,`,
  );
  writeFileSync(file, ["email,team,manager,from", ...lines].join("\n"));
  return file;
}

function tokensFile(email: string): string {
  const file = join(mkdtempSync(join(tmpdir(), "tokens-")), "tokens.json");
  const entries = TOKENS.map((each) => ({
    ...each,
    ...(each.role === "MEMBER" ? { email } : {}),
    ...(each.role === "LEAD" ? { email: LEAD } : {}),
    sha256: createHash("sha256").update(`token-of-${each.name}`).digest("hex"),
  }));
  writeFileSync(file, JSON.stringify(entries), { mode: 0o600 });
  return file;
}

interface Person {
  readonly name: string;
  readonly email: string;
}

describe.skipIf(isMissing)("the dashboard of a caller with a token", () => {
  let opened: Opened;
  let people: readonly Person[];
  let person: Person;

  beforeAll(async () => {
    const { ask } = gateway({ sandbox: { users: 60 } });
    const { data } = await ask("{ users(range: { last: { days: 7 } }, first: 60) { nodes { name email } } }");
    people = data.users.nodes.filter(({ email }: Person) => email !== null);
    [person] = people as [Person];
    opened = new Opened({
      sandbox: { users: 60 },
      settings: {
        AUTH: "tokens",
        TOKENS_FILE: tokensFile(person.email),
        TEAMS_FILE: teamsFile(people.map(({ email }) => email)),
        ...withBudgets([
          { name: "Atlas this month", team: "Atlas", amountUsd: 1_000 },
          { name: "Everything", amountUsd: 1_000 },
        ]),
      },
      alertStore: sqliteAlerts({ path: newPath() }),
    });
    await opened.start();
  });
  afterAll(() => opened.stop());

  test("asks for the token, keeps it for the tab, and forgets it on sign-out", async () => {
    const page = await opened.page("/");
    expect(await violationsOf(page)).toEqual([]);
    await page.getByLabel("Your token").fill("mistyped");
    await page.keyboard.press("Enter");
    await page.getByText("does not accept this token").waitFor();
    await page.getByLabel("Your token").fill("token-of-owner");
    await page.keyboard.press("Enter");
    await settled(page);
    expect(await panelsOf(page)).toContain("Spend by day");
    await page.reload();
    await settled(page);
    expect(await panelsOf(page)).toContain("Spend by day");
    const kept = await page.evaluate(() =>
      JSON.stringify([{ ...localStorage }, location.href, document.cookie]),
    );
    expect(kept).not.toContain("token-of-owner");
    const spend = page.getByRole("region", { name: "Spend by day" });
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      spend.getByRole("button", { name: /^CSV/ }).click(),
    ]);
    expect(file.suggestedFilename()).toBe("cost.csv");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Your token").waitFor();
    expect(await page.evaluate(() => JSON.stringify({ ...sessionStorage }))).not.toContain("owner");
    await page.context().close();
  });

  test("shows an admin no amount, on any page", async () => {
    const page = await opened.page("/", "token-of-admin");
    expect(await linksOf(page)).toEqual([
      "Overview",
      "Claude.ai",
      "Claude Code",
      "People",
      "Teams",
      "Limits",
    ]);
    for (const name of await linksOf(page)) {
      await page.getByRole("link", { name, exact: true }).click();
      await settled(page);
      const text = await page.locator("main").innerText();
      expect(text).not.toMatch(/\$|FORBIDDEN/);
      expect(text.replace(/Your role is admin.*/, "")).not.toMatch(/spend|cost/i);
      expect(text).toContain("without the scope spend:read");
      expect(await violationsOf(page)).toEqual([]);
    }
    await page.context().close();
  });

  test("shows an analyst people by pseudonym", async () => {
    const page = await opened.page("/d/people", "token-of-analyst");
    const text = await page.locator("main").innerText();
    expect(text).toContain("People are shown by pseudonym.");
    expect(await page.locator(".table-frame tbody tr").count()).toBeGreaterThan(5);
    expect(text).not.toContain("ternplover.example");
    expect(text).not.toContain(person.name);
    await page.context().close();
  });

  test("lists no person for a caller who sees groups only", async () => {
    const page = await opened.page("/d/people", "token-of-of-groups");
    expect(await linksOf(page)).toEqual(["Overview", "Claude.ai", "Claude Code", "Spend", "Teams", "Limits"]);
    expect(await page.locator("main").innerText()).toContain(
      "The page People is not among those you may read.",
    );
    for (const name of await linksOf(page)) {
      await page.getByRole("link", { name, exact: true }).click();
      await settled(page);
      const text = await page.locator("main").innerText();
      expect(text).not.toMatch(/ternplover|FORBIDDEN|Incomplete/);
    }
    await page.context().close();
  });

  test("shows members their own figures and nothing else", async () => {
    const page = await opened.page("/", "token-of-member");
    expect(await linksOf(page)).toEqual(["My figures"]);
    expect(await panelsOf(page)).toEqual(["Activity", "Spend", "Spend limits"]);
    expect(await page.locator("main").innerText()).toContain(person.name);
    expect(await page.locator(".failure").count()).toBe(0);
    expect(await violationsOf(page)).toEqual([]);
    await page.context().close();
  });

  test("shows team leads their teams, the people of these and beside it their own figures", async () => {
    for (const [name, panels] of [
      ["lead", ["Teams", "People"]],
      ["lead-with-spend", ["Teams", "People", "Spend by person", "Budgets"]],
    ] as const) {
      const page = await opened.page("/", `token-of-${name}`);
      expect(await linksOf(page)).toEqual(["Teams", "My figures"]);
      expect(await panelsOf(page)).toEqual(panels);
      const text = await page.locator("main").innerText();
      expect(text).toContain("Your role is lead, so you see the teams that you lead and your own figures.");
      expect(text).toContain("People who joined within the period");
      expect(text).not.toMatch(/Birch|Everything|FORBIDDEN|Incomplete|Not shown/);
      for (const [i, { email }] of people.entries()) expect(text.includes(email), email).toBe(i % 2 === 0);
      expect(text.includes("$")).toBe(name !== "lead");
      expect(await page.locator(".failure").count()).toBe(0);
      expect(await violationsOf(page)).toEqual([]);
      await page.context().close();
    }
  });

  test("makes no error in the console", () => expect(opened.complaints).toEqual([]));
});

describe.skipIf(isMissing)("the dashboard of an organization", () => {
  const ALL = ["/", "/d/claude-ai", "/d/claude-code", "/d/spend", "/d/people", "/d/teams", "/d/limits"];
  const openAll = async (opened: Opened) => {
    for (const path of ALL) await (await opened.page(path)).context().close();
  };

  test("of 1,000 people takes at most 60 upstream requests cold, and 8 warm, with the teams of a file", async () => {
    const teams = join(mkdtempSync(join(tmpdir(), "teams-")), "teams.csv");
    writeFileSync(teams, "email,team\nanders.bose@ternplover.example,Maps\n");
    const opened = new Opened({ sandbox: { users: 1_000 }, settings: { TEAMS_FILE: teams } });
    await opened.start();
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
    await opened.start();
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
    await opened.start();
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
    await opened.start();
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
    await opened.start();
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
      await opened.start();
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
    await opened.start();
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
    await opened.start();
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
    await opened.start();
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
    await opened.start();
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
