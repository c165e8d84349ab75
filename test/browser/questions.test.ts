import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { parse } from "csv-parse/sync";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gateway } from "../gateway.ts";
import { isMissing, launched } from "./chromium.ts";

const PAGES = new URL("../../dist/web/", import.meta.url);

/** Most actions that a question may take, from the first page of the dashboard on. */
const MOST_ACTIONS = 5;

/** A reader with a mouse and a keyboard, who has never been here, and whose actions are counted. */
class Reader {
  readonly page: Page;
  clicks = 0;
  /** Values typed or chosen from a list. */
  choices = 0;

  constructor(page: Page) {
    this.page = page;
  }

  async open(page: string): Promise<void> {
    this.clicks++;
    await this.page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: page }).click();
    await this.settled();
  }

  async press(button: Locator): Promise<void> {
    this.clicks++;
    await button.click();
    await this.settled();
  }

  /** Chooses from a list: it opens at a click, and its value is typed. */
  async choose(list: string, label: string): Promise<void> {
    this.choices++;
    await this.page.getByLabel(list, { exact: true }).selectOption({ label });
    await this.settled();
  }

  async type(field: string, text: string): Promise<void> {
    this.choices++;
    await this.page.getByLabel(field, { exact: true }).fill(text);
  }

  /** Follows a link to a file, and returns its text. */
  async save(link: Locator): Promise<string> {
    this.clicks++;
    const [file] = await Promise.all([this.page.waitForEvent("download"), link.click()]);
    return readFileSync(await file.path(), "utf8");
  }

  panel(title: string): Locator {
    return this.page.getByRole("region", { name: title, exact: true });
  }

  /** Waits until every panel has its answer. */
  async settled(): Promise<void> {
    await this.page.locator(".panel").first().waitFor();
    await this.page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null);
  }
}

/** Rows of a table, each with the text of its head and every digit of its cells. */
function rowsOf(table: Locator): Promise<{ head: string; detail: string; cells: string[] }[]> {
  return table.locator("tbody tr").evaluateAll((rows) =>
    rows.map((row) => {
      const head = row.querySelector("th");
      const cells = [...row.querySelectorAll<HTMLElement>("td.numeric")];
      return {
        head: (head?.querySelector(".ranking-label") ?? head)?.textContent ?? "",
        detail: head?.querySelector(".ranking-detail")?.textContent ?? "",
        cells: cells.map((cell) => cell.title || (cell.textContent ?? "")),
      };
    }),
  );
}

/** Every digit of a number with its definition. */
function statOf(panel: Locator, label: string): Promise<string | null> {
  return panel
    .locator(".stat", { has: panel.page().getByRole("button", { name: label, exact: true }) })
    .locator(".stat-value")
    .getAttribute("title");
}

const usd = (amount: string | null) => {
  if (amount === null) return "not available";
  const [whole = "", part = ""] = amount.split(".");
  const cents = part.replace(/0+$/, "").padEnd(2, "0");
  return `$${whole.replaceAll(/\B(?=(\d{3})+$)/g, ",")}.${cents}`;
};
const count = (value: number | null) => (value === null ? "not available" : value.toLocaleString("en-US"));
const share = (value: string | null) =>
  value === null
    ? "not available"
    : new Intl.NumberFormat("en-US", { style: "percent", maximumFractionDigits: 10 }).format(
        value as Intl.StringNumericLiteral,
      );

describe.skipIf(isMissing)("a question of analysts", () => {
  const { app, ask } = gateway({ sandbox: { users: 60 }, pages: PAGES });
  const server = createServer(app.handle);
  const counted: string[] = [];
  let browser: Browser;

  beforeAll(async () => {
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    browser = await launched();
  });

  afterAll(async () => {
    await browser?.close();
    server.closeAllConnections();
    server.close();
    await app.dispose();
    process.stdout.write(`${["clicks  choices  question", ...counted].join("\n")}\n`);
  });

  /** Answers a question in a profile without history, from the first page on, and counts what the reader does. */
  async function answered(question: string, answer: (reader: Reader) => Promise<void>): Promise<void> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const reader = new Reader(page);
    await reader.settled();
    await answer(reader);
    const { clicks, choices } = reader;
    counted.push(`${String(clicks).padStart(6)}  ${String(choices).padStart(7)}  ${question}`);
    expect(clicks + choices).toBeLessThanOrEqual(MOST_ACTIONS);
    await context.close();
  }

  async function data(query: string) {
    const { data, errors } = await ask(query);
    expect(errors).toBeUndefined();
    return data;
  }

  test("month-to-date spend by model beside last month's is answered by the page Spend", () =>
    answered("Month-to-date spend by model beside last month's", async (reader) => {
      await reader.open("Spend");
      await reader.choose("Period", "Month to date");
      const { cost } = await data(`{ cost(range: { period: MONTH_TO_DATE }, bucket: NONE, groupBy: [MODEL],
        compare: MONTH_BEFORE) { nodes { model net { usd } comparison { net { before { usd } } } } } }`);
      const rows = await rowsOf(reader.panel("Spend by model"));
      expect(rows.length).toBeGreaterThan(3);
      expect(rows.map(({ head, cells: [net, before] }) => [head, net, before])).toEqual(
        cost.nodes.map((row: { model: string | null; net: Usd; comparison: { net: { before: Usd } } }) => [
          row.model ?? "Without model",
          usd(row.net.usd),
          usd(row.comparison.net.before.usd),
        ]),
      );
      await reader.panel("Spend by model").getByText("Before: 1 Oct – 22 Oct 2026").waitFor();
    }));

  test("the top 10 spenders of the last quarter with email and team are answered by the page Spend", () =>
    answered("Top 10 spenders of the last quarter with email and team", async (reader) => {
      await reader.open("Spend");
      await reader.choose("Period", "Last quarter");
      await reader.press(reader.page.getByRole("button", { name: "Teams of top spenders" }));
      const { cost } = await data(`{ cost(range: { period: LAST_QUARTER }, bucket: NONE, groupBy: [USER],
        first: 10) { nodes { name email net { usd } user { teams { name } } } } }`);
      const rows = await rowsOf(reader.panel("Top spenders"));
      expect(rows).toHaveLength(10);
      expect(rows.map(({ head, detail, cells: [net] }) => [head, detail, net])).toEqual(
        cost.nodes.map(
          (row: { name: string; email: string; net: Usd; user: { teams: { name: string }[] } }) => [
            row.name,
            `${row.email} · ${row.user.teams.map(({ name }) => name).join(", ") || "no team"}`,
            usd(row.net.usd),
          ],
        ),
      );
    }));

  test("daily, weekly and monthly active people of the last 60 days are answered by the first page", () =>
    answered("DAU, WAU and MAU of the last 60 days", async (reader) => {
      await reader.choose("Period", "Custom range");
      await reader.type("First day", "2026-09-23");
      await reader.type("Last day", "2026-11-21");
      await reader.press(reader.page.getByRole("button", { name: "Apply" }));
      await reader.press(reader.page.getByRole("button", { name: "Table of Active people" }));
      const { activity } =
        await data(`{ activity(range: { between: { from: "2026-09-23", until: "2026-11-22" } }) {
        date dailyActiveUsers weeklyActiveUsers monthlyActiveUsers } }`);
      expect(activity.length).toBeGreaterThan(55);
      const rows = await rowsOf(reader.panel("Active people"));
      expect(rows.map(({ cells }) => cells)).toEqual(
        activity
          .toReversed()
          .map((day: Record<string, number>) =>
            [day.monthlyActiveUsers, day.weeklyActiveUsers, day.dailyActiveUsers].map((each) =>
              count(each ?? null),
            ),
          ),
      );
    }));

  test("the acceptance rate by tool last month is answered by the page Claude Code", () =>
    answered("Acceptance rate by tool last month", async (reader) => {
      await reader.open("Claude Code");
      await reader.choose("Period", "Last month");
      const { dashboard } = await data(`{ dashboard { claudeCode { byDay(range: { period: LAST_MONTH }) {
        toolActions { tool acceptanceRate accepted rejected } days { toolActions { tool accepted rejected } } } } } }`);
      const { toolActions, days } = dashboard.claudeCode.byDay;
      expect(days).toHaveLength(31);
      expect(toolActions.length).toBeGreaterThan(2);
      for (const { tool, acceptanceRate, accepted, rejected } of toolActions) {
        const label = tool.charAt(0).toUpperCase() + tool.slice(1).replaceAll("_", " ");
        expect(await statOf(reader.panel("Acceptance rate by tool"), label)).toBe(share(acceptanceRate));
        const ofDays = days.flatMap(({ toolActions: ofDay }: { toolActions: { tool: string }[] }) =>
          ofDay.filter((each) => each.tool === tool),
        );
        const sum = (name: string) =>
          ofDays.reduce((total: number, each: Record<string, number>) => total + (each[name] ?? 0), 0);
        expect([accepted, rejected]).toEqual([sum("accepted"), sum("rejected")]);
      }
    }));

  test("seats that did nothing for 30 days are answered by the page People", () =>
    answered("Seats that did nothing for 30 days", async (reader) => {
      await reader.open("People");
      await reader.choose("Period", "Last 30 days");
      const { idleSeats } = await data(
        "{ idleSeats(days: 30, first: 12) { totalCount members nodes { name email } } }",
      );
      const panel = reader.panel("Seats idle for 30 days");
      expect(await statOf(panel, "Idle")).toBe(count(idleSeats.totalCount));
      expect((await rowsOf(panel)).map(({ head }) => head)).toEqual(
        idleSeats.nodes.map(({ name, email }: { name: string | null; email: string }) => name ?? email),
      );
    }));

  test("the adoption of a connector by team is answered by the page Teams", () =>
    answered("Adoption of a connector by team", async (reader) => {
      await reader.open("Teams");
      await reader.choose("Connector", "calendar");
      const { connectors, activityByGroup } = await data(`{
        connectors(range: { period: LAST_7_DAYS }, orderBy: { field: USERS }) {
          nodes { name byGroup { groupId groupName users } } }
        activityByGroup(range: { period: LAST_7_DAYS }) { groupId users } }`);
      const { byGroup } = connectors.nodes.find(({ name }: { name: string }) => name === "calendar");
      const rows = await rowsOf(reader.panel("Adoption of a connector"));
      expect(rows.length).toBeGreaterThan(5);
      expect(rows.map(({ head, detail, cells: [users] }) => [head, detail, users])).toEqual(
        byGroup
          .slice(0, 10)
          .map(({ groupId, groupName, users }: { groupId: string; groupName: string; users: number }) => {
            const active = activityByGroup.find((each: { groupId: string }) => each.groupId === groupId);
            return [groupName ?? "Without a group", `of ${active?.users ?? "–"} active people`, count(users)];
          }),
      );
    }));

  test("the cache-hit rate by model is answered by the page Spend", () =>
    answered("Cache-hit rate by model", async (reader) => {
      await reader.open("Spend");
      await reader.press(reader.page.getByRole("button", { name: "Show tokens and cache reads" }));
      const { usage } = await data(`{ usage(range: { period: LAST_7_DAYS }, bucket: NONE, groupBy: [MODEL]) {
        nodes { model tokens { totalTokens cacheReadShare } } } }`);
      expect(await rowsOf(reader.panel("Tokens by model"))).toEqual(
        usage.nodes.map(
          ({
            model,
            tokens,
          }: {
            model: string;
            tokens: { totalTokens: number; cacheReadShare: string };
          }) => ({
            head: model ?? "Without model",
            detail: "",
            cells: [count(tokens.totalTokens), share(tokens.cacheReadShare)],
          }),
        ),
      );
    }));

  test("the cost per commit is answered by the page Claude Code", () =>
    answered("Cost per commit", async (reader) => {
      await reader.open("Claude Code");
      const { claudeCode } = await data(`{ claudeCode(range: { period: LAST_7_DAYS }, bucket: NONE) {
        nodes { commits estimatedPerCommit { usd } } total { commits estimatedPerCommit { usd } } } }`);
      expect(claudeCode.nodes[0]).toEqual(claudeCode.total);
      const shown = await statOf(reader.panel("Claude Code by day"), "Cost per commit");
      expect(shown).toBe(usd(claudeCode.total.estimatedPerCommit.usd));
    }));

  test("Console spend by workspace and API key is answered by the page Spend", () =>
    answered("Console spend by workspace and API key", async (reader) => {
      await reader.open("Spend");
      await reader.choose("Organization", "Console (API)");
      const { byWorkspace, byKey } = await data(`{
        byWorkspace: cost(range: { period: LAST_7_DAYS }, bucket: NONE, groupBy: [WORKSPACE],
          organization: "console") { nodes { workspace { name isDefault } net { usd } } }
        byKey: cost(range: { period: LAST_7_DAYS }, bucket: NONE, groupBy: [WORKSPACE, API_KEY],
          organization: "console", first: 10) { nodes { workspace { name isDefault } apiKey { name } net { usd } } } }`);
      type Row = { workspace: { name: string | null } | null; apiKey?: { name: string } | null; net: Usd };
      const workspaceOf = ({ workspace }: Row) =>
        workspace === null ? "Without workspace" : (workspace.name ?? "Default workspace");
      expect(
        (await rowsOf(reader.panel("Spend by workspace"))).map(({ head, cells: [net] }) => [head, net]),
      ).toEqual(byWorkspace.nodes.map((row: Row) => [workspaceOf(row), usd(row.net.usd)]));
      const rows = await rowsOf(reader.panel("Spend by API key"));
      expect(rows.length).toBeGreaterThan(3);
      expect(rows.map(({ head, detail, cells: [net] }) => [head, detail, net])).toEqual(
        byKey.nodes.map((row: Row) => [
          row.apiKey == null ? "Without a key" : row.apiKey.name,
          workspaceOf(row),
          usd(row.net.usd),
        ]),
      );
    }));

  test("last month's spend as a file for finance is answered by the page Spend", () =>
    answered("Last month's spend as a file for finance", async (reader) => {
      await reader.open("Spend");
      await reader.choose("Period", "Last month");
      const text = await reader.save(
        reader.panel("Spend by day").getByRole("link", { name: "CSV of Spend by day" }),
      );
      const lines: Record<string, string>[] = parse(text, { columns: true });
      const { cost } = await data(`{ cost(range: { period: LAST_MONTH }, bucket: DAY, groupBy: [PRODUCT],
        first: 1000) { nodes { from product net { usd } } } }`);
      const column = Object.keys(lines[0] ?? {}).find((name) => /^net.*usd$/i.test(name)) ?? "net";
      expect(lines.map((line) => [line.product, line[column]])).toEqual(
        cost.nodes.map((row: { product: string | null; net: Usd }) => [row.product ?? "", row.net.usd]),
      );
    }));
});

interface Usd {
  readonly usd: string;
}
