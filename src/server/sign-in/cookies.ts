import { parseCookie, type SetCookie, stringifySetCookie } from "cookie";
import type { RequestHead } from "../http/exchange.ts";

/** Browsers refuse a cookie that is longer with its name and attributes (RFC 6265, 6.1). */
const MAX_LENGTH = 4_000;

/** Path of everything that signs people in. */
export const SIGN_IN_PATH = "/sign-in";

/**
 * The cookies of the pages. None can be read by scripts. Over https their names carry the prefixes that keep other hosts of the site from
 * setting them (RFC 6265bis, 4.1.3); a browser refuses these prefixes over http, which is for loopback alone.
 */
export class Cookies {
  /** The session of a signed-in person. No request that another site begins carries it. */
  readonly session: CookieKind;
  /** A sign-in under way. The redirect of the issuer carries it. */
  readonly signIn: CookieKind;
  /** Tokens that renew and end a session at the issuer. Only the paths of sign-in receive it. */
  readonly renewal: CookieKind;

  constructor(origin: URL) {
    const secure = origin.protocol === "https:";
    const host = secure ? "__Host-" : "";
    const common = { secure, httpOnly: true, path: "/" };
    this.session = new CookieKind(`${host}analytics-session`, { ...common, sameSite: "strict" });
    this.signIn = new CookieKind(`${host}analytics-sign-in`, { ...common, sameSite: "lax" });
    this.renewal = new CookieKind(`${secure ? "__Secure-" : ""}analytics-renewal`, {
      ...common,
      sameSite: "strict",
      path: SIGN_IN_PATH,
    });
  }
}

class CookieKind {
  readonly #name: string;
  readonly #attributes: Omit<SetCookie, "name" | "value">;

  constructor(name: string, attributes: Omit<SetCookie, "name" | "value">) {
    this.#name = name;
    this.#attributes = attributes;
  }

  /** The value that a request carries; null without one. */
  read(headers: RequestHead["headers"]): string | null {
    const header = headers.get("cookie");
    if (header?.includes(this.#name) !== true) return null;
    const value = parseCookie(header)[this.#name] ?? "";
    return value === "" || value.length > MAX_LENGTH ? null : value;
  }

  /** The header that sets the cookie; null where browsers would refuse it for its length. */
  set(value: string, maxAgeMs: number): string | null {
    const header = this.#header(value, Math.max(0, Math.floor(maxAgeMs / 1_000)));
    return header.length > MAX_LENGTH ? null : header;
  }

  clear(): string {
    return this.#header("", 0);
  }

  #header(value: string, maxAge: number): string {
    return stringifySetCookie({ name: this.#name, value, maxAge, ...this.#attributes });
  }
}
