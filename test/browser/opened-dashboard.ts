import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { type GatewayOptions, gateway } from "../gateway.ts";

/** The built pages. */
export const PAGES = new URL("../../dist/web/", import.meta.url);

/** A gateway that listens, with its dashboard in a browser, and all that is wrong with what the browser does. */
export class Opened {
  readonly gateway: Pick<ReturnType<typeof gateway>, "app" | "ask" | "seen" | "at">;
  readonly #server: Server;
  #browser: Browser | null = null;
  readonly #contexts: BrowserContext[] = [];
  /** Messages of the console, requests to other hosts, and the like. */
  readonly complaints: string[] = [];

  constructor(options: GatewayOptions, open: (options: GatewayOptions) => Opened["gateway"] = gateway) {
    this.gateway = open({ pages: PAGES, ...options });
    this.#server = createServer(this.gateway.app.handle);
  }

  async start(browser: Browser): Promise<void> {
    this.#browser = browser;
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
    if (this.#browser === null) throw new Error("it is not started");
    const context = await this.#browser.newContext({ viewport: { width: 1280, height: 800 } });
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
export async function settled(page: Page): Promise<void> {
  await page.locator("h1").first().waitFor();
  await page.locator(".panel, .empty, .sign-in").first().waitFor();
  await page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null);
}

export const panelsOf = (page: Page) => page.locator(".panel h2").allTextContents();
export const linksOf = (page: Page) => page.locator("nav a").allTextContents();
