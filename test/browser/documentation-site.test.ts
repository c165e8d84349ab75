import { execFileSync } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import express from "express";
import { isIntrospectionType, isSpecifiedScalarType } from "graphql";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { schema } from "../../schema/index.ts";
import { isMissing, launched } from "./chromium.ts";

const ROOT = join(import.meta.dirname, "../..");
const SITE = join(ROOT, "dist/site");

describe.skipIf(isMissing)("the site of the documentation", () => {
  let browser: Browser;
  let server: Server;
  let url = "";

  beforeAll(async () => {
    execFileSync("npm", ["run", "docs"], { cwd: ROOT, stdio: "pipe" });
    server = createServer(express().use(express.static(SITE)));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = await launched();
  });

  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  /** Opens a page, and keeps its errors and the hosts that it asks. */
  async function opened(path: string): Promise<{ page: Page; errors: string[]; hosts: Set<string> }> {
    const page = await browser.newPage();
    const errors: string[] = [];
    const hosts = new Set<string>();
    page.on("pageerror", ({ message }) => errors.push(message));
    page.on("console", (message) => void (message.type() === "error" && errors.push(message.text())));
    page.on("request", (request) => hosts.add(new URL(request.url()).origin));
    await page.goto(url + path, { waitUntil: "networkidle" });
    return { page, errors, hosts };
  }

  test("lists every page beside its text, and has one for each type of the schema", () => {
    const home = readFileSync(join(SITE, "index.html"), "utf8");
    for (const file of globSync("docs/**/*.md", { cwd: ROOT, exclude: ["docs/schema/**"] }))
      expect(home).toContain(`href="/${file.replace(".md", ".html")}"`);
    for (const type of Object.values(schema.getTypeMap()))
      if (!isIntrospectionType(type) && !isSpecifiedScalarType(type))
        expect(existsSync(join(SITE, `docs/schema/${type.name}.html`)), type.name).toBe(true);
  });

  test("finds a field by words of its description, without another host", async () => {
    const { page, errors, hosts } = await opened("/");
    await page.getByRole("button", { name: "Search" }).click();
    await page.getByRole("searchbox").fill("rolling counts undercount");
    await page.getByRole("option").first().click();
    await page.waitForURL("**/docs/schema/ActivityDay*");
    await page.getByRole("heading", { name: "dailyActiveUsers" }).waitFor();
    expect(errors).toEqual([]);
    expect([...hosts]).toEqual([url]);
    await page.close();
  });

  test("leads from a field to its type, and from the type back to what has it", async () => {
    const { page, errors } = await opened("/docs/schema/Query.html");
    await page.getByRole("link", { name: "ActivityDay", exact: true }).first().click();
    await page.getByRole("link", { name: "Query.activity", exact: true }).click();
    await page.waitForURL("**/docs/schema/Query.html#activity");
    expect(errors).toEqual([]);
    await page.close();
  });
});
