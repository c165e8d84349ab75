import { parseSetCookie, type SetCookie } from "cookie";
import type { App } from "../../src/app.ts";

const ORIGIN = "http://127.0.0.1:4000";

/** The headers that a browser adds to a request of a page of the gateway. */
export const OWN = { "sec-fetch-site": "same-origin", "x-csrf": "1" } as const;

/** A browser as far as sign-in needs one: it keeps cookies, and follows redirects by hand. */
export class Visitor {
  readonly cookies = new Map<string, SetCookie>();
  readonly #app: () => App;

  /** `app` can change from request to request, as replicas do. */
  constructor(app: () => App) {
    this.#app = app;
  }

  async send(path: string, init: RequestInit = {}): Promise<Response> {
    const url = new URL(path, ORIGIN);
    const headers = new Headers(init.headers);
    const sent = [...this.cookies.values()].filter(({ path: at = "/" }) => url.pathname.startsWith(at));
    if (sent.length > 0 && !headers.has("cookie"))
      headers.set("cookie", sent.map(({ name, value }) => `${name}=${value}`).join("; "));
    const response = await this.#app().fetch(url.href, { ...init, headers });
    for (const each of response.headers.getSetCookie()) {
      const cookie = parseSetCookie(each);
      if (cookie.maxAge === 0) this.cookies.delete(cookie.name);
      else this.cookies.set(cookie.name, cookie);
    }
    return response;
  }

  /** A navigation: the page of a link that is followed, or of a redirect. */
  open(path: string): Promise<Response> {
    return this.send(path, {
      headers: { accept: "text/html", "sec-fetch-site": "none", "sec-fetch-mode": "navigate" },
    });
  }

  /** Begins to sign in, and returns what the issuer sends the browser back to. */
  async begin(path = "/sign-in"): Promise<URL> {
    const started = await this.open(path);
    const location = started.headers.get("location");
    if (location === null) throw new Error(`no redirect but ${started.status}: ${await started.text()}`);
    const authorized = await fetch(location, { redirect: "manual" });
    return new URL(authorized.headers.get("location") ?? "");
  }

  async signIn(path?: string): Promise<Response> {
    const back = await this.begin(path);
    return this.open(back.pathname + back.search);
  }

  /** A question of a page of the gateway. */
  async ask(query: string, headers: Record<string, string> = OWN) {
    const response = await this.send("/graphql", {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ query }),
    });
    return { status: response.status, headers: response.headers, body: await response.json() };
  }

  async post(path: string): Promise<Response> {
    return this.send(path, { method: "POST", headers: OWN });
  }
}
