import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BUILT_PICTURES } from "../../src/server/charts/pictures.ts";
import { gateway } from "../gateway.ts";
import { memoryArchive } from "../memory-archive.ts";
import { oneToken } from "../one-token.ts";
import { isMissing, launched } from "./chromium.ts";

const { token, settings } = oneToken("ada", "OWNER");
const DOCUMENTS = [
  "CostByDay",
  "CostByModel",
  "SpendToDate",
  "DashboardUsage",
  "ClaudeCodeByPerson",
  "ClaudeCodeByDay",
];

const listening = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

/** What a picture is in a page: its size, once it is drawn; 0 where it is not. */
async function drawnWidth(browser: Browser, wiki: string, picture: string): Promise<number> {
  const page = await browser.newPage();
  await page.goto(wiki);
  const width = await page.evaluate(
    (source) =>
      new Promise<number>((resolve) => {
        const image = new Image();
        image.onload = () => resolve(image.naturalWidth);
        image.onerror = () => resolve(0);
        image.src = source;
      }),
    picture,
  );
  await page.close();
  return width;
}

describe.skipIf(isMissing)("in a wiki of another origin", () => {
  let browser: Browser;
  const servers: Server[] = [];
  let [wiki, url] = ["", ""];

  beforeAll(async () => {
    const { app } = gateway({
      sandbox: { users: 60 },
      pages: new URL("../../dist/web/", import.meta.url),
      pictures: BUILT_PICTURES,
      archive: memoryArchive(),
      settings: { ...settings, LINK_KEYS: "k".repeat(40), CACHE_URL: "sqlite:unused.db" },
    });
    servers.push(createServer(app.handle));
    servers.push(
      createServer((_, response) => void response.setHeader("content-type", "text/html").end("<p>")),
    );
    const [gatewayServer, wikiServer] = servers;
    if (gatewayServer === undefined || wikiServer === undefined)
      throw new Error("two servers are made above");
    [url, wiki] = [await listening(gatewayServer), await listening(wikiServer)];
    browser = await launched();
  });
  afterAll(async () => {
    await browser?.close();
    for (const server of servers) server.close().closeAllConnections();
  });

  const linkTo = async (document: string) => {
    const response = await fetch(`${url}/links`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ document, days: 1 }),
    });
    const made: { readonly url: string } = await response.json();
    return `${url}${made.url}`;
  };

  test.each(DOCUMENTS)("the picture of %s is shown by its link, and is well-formed XML", async (name) => {
    const link = await linkTo(name);
    expect(await drawnWidth(browser, wiki, link)).toBe(800);
    const page = await browser.newPage();
    const faults: string[] = [];
    page.on("console", (message) => void faults.push(message.text()));
    page.on("pageerror", (fault) => void faults.push(String(fault)));
    await page.goto(link);
    expect(await page.evaluate(() => document.querySelector("parsererror")?.textContent ?? null)).toBeNull();
    expect(await page.evaluate(() => document.documentElement.localName)).toBe("svg");
    expect(faults).toEqual([]);
    await page.close();
  });

  test("the workbench copies a link to the chart it shows, and names people only where its reader wants that", async () => {
    const context = await browser.newContext();
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await context.addInitScript((value) => sessionStorage.setItem("token", value), token);
    const chartOf = async (name: string) => {
      const page = await context.newPage();
      await page.goto(`${url}/graphql#document=${name}`);
      await page.locator(".graphiql-tab-button", { hasText: name }).waitFor();
      await page.locator(".graphiql-query-editor .view-lines").first().waitFor();
      await page.locator(".graphiql-execute-button").click();
      await page.locator(".graphiql-response").getByText('"data"').first().waitFor();
      await page.getByRole("tab", { name: "Chart" }).click();
      return page;
    };
    const models = await chartOf("CostByModel");
    await models.getByRole("button", { name: "Copy picture link" }).click();
    await models.getByText(/^Link copied. Anyone who has it sees this picture until 22 Dec 2026.$/).waitFor();
    const link = await models.evaluate(() => navigator.clipboard.readText());
    expect(link).toMatch(/\/chart\/CostByModel\.svg\?link=/);
    expect(await drawnWidth(browser, wiki, link)).toBe(800);

    const spenders = await chartOf("TopSpenders");
    await spenders.getByRole("button", { name: "Copy picture link" }).click();
    await spenders.getByText("links do that only if you want it").waitFor();
    await spenders.getByRole("button", { name: "Copy a link that names people" }).click();
    await spenders.getByText("Link copied.").waitFor();
    const named = await spenders.evaluate(() => navigator.clipboard.readText());
    expect(await drawnWidth(browser, wiki, named)).toBe(800);
    await context.close();
  });

  test("the picture without a link is not shown", async () => {
    expect(await drawnWidth(browser, wiki, `${url}/chart/CostByModel.svg`)).toBe(0);
  });
});
