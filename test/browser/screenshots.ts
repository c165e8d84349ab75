import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gateway } from "../gateway.ts";
import { launched } from "./chromium.ts";

/** Writes the pictures of the documentation: `npm run screenshots`, after `npm run build`. */
const ROOT = new URL("../../", import.meta.url);

const PICTURES = [
  ["dashboard.png", "/", "light"],
  ["dashboard-spend.png", "/d/spend?period=LAST_30_DAYS", "dark"],
] as const;

const { app } = gateway({ sandbox: { users: 250 }, pages: new URL("dist/web/", ROOT) });
const server = createServer(app.handle);
await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
const { port } = server.address() as AddressInfo;
const browser = await launched();
for (const [name, path, colorScheme] of PICTURES) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 920 }, colorScheme });
  await page.goto(`http://127.0.0.1:${port}${path}`);
  await page.locator(".panel").first().waitFor();
  await page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null);
  const file = new URL(`docs/images/${name}`, ROOT).pathname;
  await page.screenshot({ path: file });
  await page.close();
}
await browser.close();
server.closeAllConnections();
server.close();
await app.dispose();
