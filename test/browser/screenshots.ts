import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "playwright-core";
import { gateway } from "../gateway.ts";
import { launched } from "./chromium.ts";

/** Writes the pictures of the documentation: `npm run screenshots`, after `npm run build`. */
const ROOT = new URL("../../", import.meta.url);

const PICTURES = [
  ["dashboard.png", "/", "light", showDashboard, 920],
  ["dashboard-spend.png", "/d/spend?period=LAST_30_DAYS", "dark", showDashboard, 920],
  ["workbench.png", "/graphql", "light", showWorkbench, 720],
] as const;

async function showDashboard(page: Page): Promise<void> {
  await page.locator(".panel").first().waitFor();
  await page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null);
}

/** The builder, with the query that it made and the chart of its answer. */
async function showWorkbench(page: Page): Promise<void> {
  await page.locator(".graphiql-query-editor .view-lines").first().waitFor();
  await page.getByLabel("Show Builder").click();
  await page.getByLabel("Figures").selectOption("cost");
  await page.getByRole("checkbox", { name: "Model", exact: true }).check();
  await page.getByLabel("Over time").selectOption("DAY");
  await page.getByLabel("Largest groups").fill("3");
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.locator(".graphiql-response").getByText('"data"').first().waitFor();
  await page.getByRole("tab", { name: "Chart" }).click();
  await page.locator(".chart-svg").waitFor();
  await page.locator(".builder-cost", { hasText: /upstream request/ }).waitFor();
  await page.getByRole("heading", { name: "Build a query" }).scrollIntoViewIfNeeded();
}

const { app } = gateway({ sandbox: { users: 250 }, pages: new URL("dist/web/", ROOT) });
const server = createServer(app.handle);
await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
const { port } = server.address() as AddressInfo;
const browser = await launched();
for (const [name, path, colorScheme, show, height] of PICTURES) {
  const page = await browser.newPage({ viewport: { width: 1280, height }, colorScheme });
  await page.goto(`http://127.0.0.1:${port}${path}`);
  await show(page);
  const file = new URL(`docs/images/${name}`, ROOT).pathname;
  await page.screenshot({ path: file });
  await page.close();
}
await browser.close();
server.closeAllConnections();
server.close();
await app.dispose();
