import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { BUILT_PAGES } from "../../src/server/http/built-pages.ts";
import type { Environment } from "../../src/settings/settings.ts";
import { gateway } from "../gateway.ts";
import { oneToken } from "../one-token.ts";
import { isMissing, launched } from "./chromium.ts";

const { token: TOKEN, settings: GUARDED } = oneToken("ada", "OWNER");

const SECRET = "@ternplover.example";
const QUERY = "{ users(range: { last: { days: 7 } }, first: 1) { nodes { email } } }";

/** What a page can do to the gateway without its reader; each returns what it could read. */
const WAYS = [
  "a POST without CORS",
  "a POST without CORS that says it is JSON",
  "a POST of JSON",
  "a POST of JSON with credentials",
  "a POST of JSON with somebody's token",
  "a POST as text",
  "a POST as a form",
  "a POST of a file",
  "a beacon",
  "a GET",
  "a GET without CORS",
  "a GET with credentials",
  "a GET of a document by name",
  "a GET of a file",
  "an old request",
  "an event source",
  "an image",
  "a script",
  "a style sheet",
  "a video",
  "a prefetch",
  "a module",
  "a worker",
  "a web socket",
  "a form that is sent into a frame",
  "a form by GET into a frame",
  "a form of text that is JSON",
  "a frame of an answer",
  "a frame of the workbench",
  "an object",
] as const;
type Way = (typeof WAYS)[number];

/** Runs in the page. */
async function attempt({ way, url, query, token }: { way: Way; url: string; query: string; token: string }) {
  const json = JSON.stringify({ query });
  const get = `${url}/graphql?query=${encodeURIComponent(query)}`;
  const type = (value: string) => ({ "content-type": value });
  const read = (target: string, init: RequestInit = {}) =>
    fetch(target, init).then(
      (response) => response.text(),
      (fault) => `refused: ${fault}`,
    );
  const post = (init: RequestInit) => read(`${url}/graphql`, { method: "POST", ...init });
  /** What becomes of an element, and what can be read of it. */
  const element = (name: string, attributes: Record<string, string>) =>
    new Promise<string>((resolve) => {
      const made = document.createElement(name);
      const seen = () => {
        try {
          const inner = (made as HTMLIFrameElement).contentDocument;
          resolve(`loaded ${inner?.body?.textContent ?? ""}`);
        } catch (fault) {
          resolve(`refused: ${fault}`);
        }
      };
      made.addEventListener("load", seen);
      made.addEventListener("loadeddata", seen);
      made.addEventListener("error", () => resolve("refused"));
      setTimeout(seen, 1_500);
      for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
      document.body.append(made);
    });
  const form = async (attributes: Record<string, string>, fields: Record<string, string>) => {
    const frame = document.createElement("iframe");
    frame.name = `f${Math.random()}`;
    document.body.append(frame);
    const made = document.createElement("form");
    for (const [key, value] of Object.entries({
      action: `${url}/graphql`,
      target: frame.name,
      ...attributes,
    }))
      made.setAttribute(key, value);
    for (const [name, value] of Object.entries(fields)) {
      const field = document.createElement("input");
      field.name = name;
      field.value = value;
      made.append(field);
    }
    document.body.append(made);
    const done = new Promise((resolve) => {
      frame.addEventListener("load", resolve);
      setTimeout(resolve, 1_500);
    });
    made.submit();
    await done;
    try {
      return `loaded ${frame.contentDocument?.body?.textContent ?? ""}`;
    } catch (fault) {
      return `refused: ${fault}`;
    }
  };
  switch (way) {
    case "a POST without CORS":
      return post({ mode: "no-cors", credentials: "include", body: json });
    case "a POST without CORS that says it is JSON":
      return post({ mode: "no-cors", credentials: "include", headers: type("application/json"), body: json });
    case "a POST of JSON":
      return post({ headers: type("application/json"), body: json });
    case "a POST of JSON with credentials":
      return post({ credentials: "include", headers: type("application/json"), body: json });
    case "a POST of JSON with somebody's token":
      return post({
        headers: { ...type("application/json"), authorization: `Bearer ${token}` },
        body: json,
      });
    case "a POST as text":
      return post({ credentials: "include", headers: type("text/plain"), body: json });
    case "a POST as a form":
      return post({ credentials: "include", body: new URLSearchParams({ query }) });
    case "a POST of a file": {
      const body = new FormData();
      body.set("operations", json);
      body.set("map", "{}");
      return post({ credentials: "include", body });
    }
    case "a beacon":
      return `sent ${navigator.sendBeacon(`${url}/graphql`, json)}`;
    case "a GET":
      return read(get);
    case "a GET without CORS":
      return read(get, { mode: "no-cors", credentials: "include" });
    case "a GET with credentials":
      return read(get, { credentials: "include" });
    case "a GET of a document by name":
      return read(`${url}/q/PeopleThisWeek`, { mode: "no-cors", credentials: "include" });
    case "a GET of a file":
      return read(`${url}/export/users.csv?range.last.days=7`, { mode: "no-cors", credentials: "include" });
    case "an old request":
      return new Promise<string>((resolve) => {
        const request = new XMLHttpRequest();
        request.onloadend = () => resolve(`${request.status} ${request.responseText}`);
        request.withCredentials = true;
        request.open("POST", `${url}/graphql`);
        request.send(json);
      });
    case "an event source":
      return new Promise<string>((resolve) => {
        const source = new EventSource(get, { withCredentials: true });
        source.onmessage = ({ data }) => resolve(String(data));
        source.onerror = () => {
          source.close();
          resolve("refused");
        };
      });
    case "an image":
      return element("img", { src: get });
    case "a script":
      return element("script", { src: get });
    case "a style sheet":
      return element("link", { rel: "stylesheet", href: get });
    case "a video":
      return element("video", { src: get });
    case "a prefetch":
      return element("link", { rel: "prefetch", href: get });
    case "a module":
      return element("script", { type: "module", crossorigin: "use-credentials", src: get });
    case "a worker":
      return new Promise<string>((resolve) => {
        try {
          const worker = new Worker(get);
          worker.onerror = () => resolve("refused");
          worker.onmessage = ({ data }) => resolve(String(data));
        } catch (fault) {
          resolve(`refused: ${fault}`);
        }
      });
    case "a web socket":
      return new Promise<string>((resolve) => {
        const socket = new WebSocket(get.replace("http", "ws"), "graphql-transport-ws");
        socket.onmessage = ({ data }) => resolve(String(data));
        socket.onclose = () => resolve("refused");
      });
    case "a form that is sent into a frame":
      return form({ method: "POST" }, { query });
    case "a form by GET into a frame":
      return form({ method: "GET" }, { query });
    case "a form of text that is JSON":
      return form({ method: "POST", enctype: "text/plain" }, { [`${json.slice(0, -1)},"x":"`]: '"}' });
    case "a frame of an answer":
      return element("iframe", { src: get });
    case "a frame of the workbench":
      return element("iframe", { src: `${url}/graphql` });
    case "an object":
      return element("object", { data: get });
  }
}

interface Listening {
  readonly server: Server;
  readonly port: number;
}

async function listen(server: Server): Promise<Listening> {
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return { server, port: (server.address() as AddressInfo).port };
}

describe.skipIf(isMissing)("a page of another origin in a browser (25)", () => {
  let browser: Browser;
  let hostile: Listening;
  const closing: (() => unknown)[] = [];

  beforeAll(async () => {
    const page = "<!doctype html><meta charset=utf-8><title>hostile</title><body></body>";
    hostile = await listen(
      createServer((_request, response) => response.setHeader("content-type", "text/html").end(page)),
    );
    // Names that somebody lets point to this computer.
    browser = await launched("--host-resolver-rules=MAP *.example 127.0.0.1");
  });

  afterAll(async () => {
    await browser?.close();
    hostile?.server.closeAllConnections();
    hostile?.server.close();
  });

  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  /** A gateway, and a page of another origin beside it whose reader has a cookie for both. */
  async function beside(settings: Environment, hostilePage?: (port: number) => string) {
    const opened = gateway({
      sandbox: { users: 20 },
      settings: { ALLOWED_HOSTS: "", ...settings },
      pages: BUILT_PAGES,
    });
    const taken: IncomingMessage[] = [];
    const { server, port } = await listen(
      createServer((request, response) => {
        taken.push(request);
        opened.app.handle(request, response);
      }),
    );
    const context = await browser.newContext();
    await context.addCookies([
      { name: "authorization", value: `Bearer%20${TOKEN}`, domain: "127.0.0.1", path: "/" },
    ]);
    const page = await context.newPage();
    await page.goto(hostilePage?.(port) ?? `http://127.0.0.1:${hostile.port}/`);
    closing.push(
      () => context.close(),
      () => server.closeAllConnections(),
      () => server.close(),
      () => opened.app.dispose(),
    );
    return { ...opened, url: `http://127.0.0.1:${port}`, port, page, context, taken };
  }

  // Another port is of the same site, and its page is sent cookies; another host is not of it.
  const SITES: [string, ((port: number) => string) | undefined][] = [
    ["the same site", undefined],
    ["another site", () => `http://hostile.example:${hostile.port}/`],
  ];

  describe.each(SITES)("of %s", (_site, at) => {
    test.each([
      ["without authentication", {}],
      ["that asks for tokens", GUARDED],
    ])(
      "reads nothing of a gateway %s, and spends no upstream request, in any of the ways a page has",
      async (_which, settings) => {
        const { url, page, seen, taken } = await beside(settings, at);
        // The token that a page knows already is no secret of it; that it cannot use one either is asked of the open gateway.
        const ways = WAYS.filter((way) => !("AUTH" in settings && way.includes("token")));
        for (const way of ways) {
          const told = String(await page.evaluate(attempt, { way, url, query: QUERY, token: TOKEN }));
          expect(told, way).not.toContain(SECRET);
          expect(told, way).not.toMatch(/"data"|"errors"|<title>/);
          expect(
            seen.map(({ pathname }) => pathname),
            way,
          ).toEqual([]);
        }
        expect(taken.length).toBeGreaterThan(15); // they did arrive, or were asked for by preflight
        process.stdout.write(`25: ${ways.length} ways, ${taken.length} requests, ${seen.length} upstream\n`);
      },
    );
  });

  test("reads what it may where its origin is listed, so that these tests could fail", async () => {
    const { url, page, seen } = await beside({ ALLOWED_ORIGINS: `http://127.0.0.1:${hostile.port}` });
    const told = await page.evaluate(attempt, {
      way: "a POST of JSON" as Way,
      url,
      query: QUERY,
      token: TOKEN,
    });
    expect(told).toContain(SECRET);
    expect(seen.length).toBeGreaterThan(0);
    const traced = await page.evaluate(async (target) => {
      const response = await fetch(`${target}/graphql`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "apollographql-client-name": "dashboard",
          "apollographql-client-version": "1.0",
          traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
          tracestate: "a=b",
          baggage: "a=b",
          "sentry-trace": "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1",
          "x-requested-with": "XMLHttpRequest",
        },
        body: JSON.stringify({ query: "{ __typename }" }),
      });
      return { status: response.status, isNamed: response.headers.has("x-request-id") };
    }, url);
    expect(traced).toEqual({ status: 200, isNamed: true });
  });

  test("with a name that leads to the gateway is of one origin with it, and is answered for nothing", async () => {
    const { page, port, seen } = await beside({}, (port) => `http://evil.example:${port}/healthz`);
    const url = `http://evil.example:${port}`;
    for (const way of [
      "a POST of JSON",
      "a GET",
      "a GET of a file",
      "an old request",
      "a frame of the workbench",
    ] as const) {
      const told = await page.evaluate(attempt, { way, url, query: QUERY, token: TOKEN });
      expect(told, way).not.toContain(SECRET);
    }
    expect(seen).toEqual([]);
    const any = await beside({ ALLOWED_HOSTS: "*" }, (port) => `http://evil.example:${port}/healthz`);
    const told = await any.page.evaluate(attempt, {
      way: "a POST of JSON" as Way,
      url: `http://evil.example:${any.port}`,
      query: QUERY,
      token: TOKEN,
    });
    expect(told).toContain(SECRET);
  });

  test("cannot put the workbench into a frame (26)", async () => {
    const { url, page } = await beside({});
    const complaints: string[] = [];
    page.on("console", (message) => complaints.push(message.text()));
    await page.evaluate(attempt, { way: "a frame of the workbench" as Way, url, query: QUERY, token: TOKEN });
    expect(complaints.join("\n")).toMatch(/frame-ancestors/);
    for (const frame of page.frames().slice(1))
      expect(
        await frame
          .locator(".graphiql-tab")
          .count()
          .catch(() => 0),
      ).toBe(0);
  });
});

describe.skipIf(isMissing)("the workbench of a gateway that asks for tokens (26)", () => {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  async function opened() {
    const { app, seen } = gateway({ sandbox: { users: 20 }, settings: GUARDED, pages: BUILT_PAGES });
    const { server, port } = await listen(createServer(app.handle));
    const browser = await launched();
    closing.push(
      () => app.dispose(),
      () => server.close(),
      () => server.closeAllConnections(),
      () => browser.close(),
    );
    const context = await browser.newContext({ viewport: { width: 1600, height: 1000 } });
    const page = await context.newPage();
    const url = `http://127.0.0.1:${port}/graphql`;
    await page.goto(url);
    const dialog = page.getByRole("dialog", { name: "Sign in" });
    await dialog.waitFor();
    return { seen, context, page, url, dialog };
  }

  /** Runs the query of the open tab and waits for `text` in its answer. */
  async function answeredWith(page: Page, text: string): Promise<void> {
    const answer = page.locator(".graphiql-response").getByText(text).first();
    // GraphiQL reads a tab's operation a moment after it is opened: a click within that moment is repeated.
    await vi.waitFor(
      async () => {
        await page.locator(".graphiql-execute-button").click();
        await answer.waitFor({ timeout: 2_000 });
      },
      { timeout: 30_000 },
    );
  }

  test("asks with the token typed into its dialog, and keeps it for its tab alone", async () => {
    const { seen, context, page, url, dialog } = await opened();
    const field = dialog.getByLabel("Your token");
    expect(await field.getAttribute("type")).toBe("password");
    await field.fill("wrong");
    await page.keyboard.press("Enter");
    await page.getByText("The gateway does not accept this token").waitFor();
    expect(await field.inputValue()).toBe("");
    expect(seen).toEqual([]);
    await field.fill(`Bearer ${TOKEN}`);
    await page.keyboard.press("Enter");
    await dialog.waitFor({ state: "hidden" });
    await answeredWith(page, '"messages"');
    expect(seen.length).toBeGreaterThan(0);
    await page.waitForTimeout(1_500); // GraphiQL stores what it does a moment later
    expect(await kept(page, context)).not.toContain(TOKEN);
    expect(await kept(page, context)).toContain("PeopleThisWeek"); // its queries are kept
    expect(await page.content()).not.toContain(TOKEN);
    await page.reload();
    await answeredWith(page, '"messages"');
    const other = await context.newPage();
    await other.goto(url);
    await other.getByRole("dialog", { name: "Sign in" }).waitFor();
  });

  test("keeps focus in its dialog, and Cancel leaves the refusal to be seen", async () => {
    const { page, dialog } = await opened();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("token");
    await page.keyboard.press("Enter"); // without a token nothing is sent
    expect(await dialog.isVisible()).toBe(true);
    for (const key of ["Tab", "Tab", "Shift+Tab"]) {
      await page.keyboard.press(key);
      expect(await page.evaluate(() => document.activeElement?.closest("dialog")?.className), key).toBe(
        "dialog",
      );
    }
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await dialog.waitFor({ state: "hidden" });
    await answeredWith(page, "UNAUTHENTICATED");
  });
});

/** All that a browser keeps of a page for longer than its tab. */
async function kept(page: Page, context: BrowserContext): Promise<string> {
  const stored = await page.evaluate(async () => {
    const databases = await indexedDB.databases();
    const caches = "caches" in window ? await window.caches.keys() : [];
    return JSON.stringify([{ ...localStorage }, databases, caches, location.href, history.state]);
  });
  return stored + JSON.stringify(await context.cookies());
}
