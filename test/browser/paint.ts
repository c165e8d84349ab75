import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import type { Browser, Response } from "playwright-core";
import { gateway } from "../gateway.ts";
import { launched } from "./chromium.ts";
import { layoutShifts } from "./layout-shifts.ts";

/** Prints how soon the pages paint, how much they move, and how much they load: `npm run paint`, after `npm run build`. */
const PAGES = [
  ["Dashboard, first visit", "/", "first"],
  ["Dashboard, again", "/", "again"],
  ["Workbench, first visit", "/graphql", "first"],
  ["Workbench, again", "/graphql", "again"],
] as const;

const ROUNDS = 5;

interface Visit {
  readonly firstMs: number;
  readonly largestMs: number;
  readonly shift: number;
  /** Scripts and styles, compressed. */
  readonly bytes: number;
}

async function visited(browser: Browser, url: string, visit: "first" | "again"): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  const shiftsOf = await layoutShifts(page);
  await page.addInitScript(() => {
    const paints = { largest: 0 };
    Object.assign(window, { paints });
    new PerformanceObserver((list) => {
      for (const { startTime } of list.getEntries()) paints.largest = startTime;
    }).observe({ type: "largest-contentful-paint", buffered: true });
  });
  const bodies: Promise<Buffer>[] = [];
  const load = async () => {
    await page.goto(url);
    await page.locator(".panel, .graphiql-query-editor .view-lines").first().waitFor();
    await page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null);
    await page.waitForLoadState("networkidle");
  };
  const collect = (response: Response) => {
    if (/\/assets\/.*\.(?:js|css)$/.test(response.url())) bodies.push(response.body());
  };
  page.on("response", collect);
  await load();
  page.off("response", collect);
  const sizes = (await Promise.all(bodies)).map((body) => gzipSync(body).length);
  if (visit === "again") await load();
  const shifts = await shiftsOf();
  const { firstMs, largestMs } = await page.evaluate(() => ({
    firstMs: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.NaN,
    largestMs: (window as unknown as { paints: { largest: number } }).paints.largest,
  }));
  await context.close();
  const sum = (values: readonly number[]) => values.reduce((total, each) => total + each, 0);
  return { firstMs, largestMs, shift: sum(shifts), bytes: sum(sizes) };
}

const { app } = gateway({ sandbox: { users: 250 }, pages: new URL("../../dist/web/", import.meta.url) });
const server = createServer(app.handle);
await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
const { port } = server.address() as AddressInfo;
const browser = await launched();
process.stdout.write("| page | first paint | largest paint | layout shift | scripts and styles, gzip |\n");
process.stdout.write("| --- | --- | --- | --- | --- |\n");
for (const [name, path, visit] of PAGES) {
  const visits: Visit[] = [];
  for (let i = 0; i < ROUNDS; i++)
    visits.push(await visited(browser, `http://127.0.0.1:${port}${path}`, visit));
  const median = (of: (visit: Visit) => number) => visits.map(of).toSorted((a, b) => a - b)[ROUNDS >> 1] ?? 0;
  const cells = [
    `${Math.round(median(({ firstMs }) => firstMs))} ms`,
    `${Math.round(median(({ largestMs }) => largestMs))} ms`,
    median(({ shift }) => shift).toFixed(3),
    `${Math.round(median(({ bytes }) => bytes) / 1_000)} kB`,
  ];
  process.stdout.write(`| ${[name, ...cells].join(" | ")} |\n`);
}
await browser.close();
server.closeAllConnections();
server.close();
await app.dispose();
