import { createHash } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sqliteAlerts } from "../../src/cache/sqlite-alerts.ts";
import { newPath } from "../alerts/world.ts";
import { withBudgets } from "../budgets/files.ts";
import { gateway } from "../gateway.ts";
import { violationsOf } from "./accessibility.ts";
import { isMissing, launched } from "./chromium.ts";
import { linksOf, Opened, panelsOf, settled } from "./opened-dashboard.ts";

/** One browser for all gateways: what a page keeps is kept by its context. */
let browser: Browser;
beforeAll(async () => {
  if (!isMissing) browser = await launched();
});
afterAll(() => browser?.close());

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
    await opened.start(browser);
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
