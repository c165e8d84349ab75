import { randomBytes } from "node:crypto";
import { decodeJwt } from "jose";
import type { Instant } from "../../domain/day.ts";
import { type Caller, type IdentityPolicy, seeing } from "../../domain/viewer.ts";
import type { SignInConfig } from "../../settings/sign-in.ts";
import { type AuthenticateSession, IssuerUnavailable } from "../auth/authenticator.ts";
import type { CheckedToken, CheckToken } from "../auth/jwt.ts";
import { SealedTexts } from "../auth/sealed-texts.ts";
import { type Exchange, Reply } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import type { Route } from "../http/routes.ts";
import { Cookies, SIGN_IN_PATH } from "./cookies.ts";
import { type Attempt, type IssuedTokens, SignInDeclined, type SignInIssuer } from "./issuer.ts";
import { type Message, messagePage } from "./message-page.ts";
import { isOwnRequest } from "./own-request.ts";
import { returnPath } from "./return-path.ts";
import { type Session, sessionOf, sessionPayload } from "./session.ts";

export interface SignInOptions {
  readonly config: SignInConfig;
  readonly issuer: SignInIssuer;
  /** Checks an access token as one that a bearer sends. */
  readonly checkAccessToken: CheckToken;
  /** Checks an ID token of our client. */
  readonly checkIdToken: CheckToken;
  /** Audiences of access tokens for the gateway. */
  readonly audiences: readonly string[];
  readonly identity: IdentityPolicy;
  /** Settings by which claims become callers. A session does not outlast them. */
  readonly claimSettings: string;
  readonly now: () => Instant;
}

/** Sign-in of people on the pages. */
export interface PageSignIn {
  readonly routes: readonly Route[];
  readonly authenticate: AuthenticateSession;
  /** Where the pages send people who sign in. */
  readonly url: string;
  readonly discover: () => Promise<void>;
}

/** A sign-in takes this long at the most. */
const ATTEMPT_MS = 10 * 60_000;

const MAX_LABEL = 100;

/** OpenID Connect for the pages: sign-in, renewal, sign-out. The browser keeps the session, so that any replica can answer. */
export function createSignIn(options: SignInOptions): PageSignIn {
  const { config, issuer, identity, now } = options;
  const { publicUrl } = config;
  const cookies = new Cookies(publicUrl);
  const sealed = new SealedTexts({
    secrets: config.sessionKeys,
    settings: options.claimSettings,
    now,
  });

  async function sessionIn(headers: Exchange["head"]["headers"]): Promise<Session | null> {
    const text = cookies.session.read(headers);
    if (text === null) return null;
    const { payload } = await sealed.open("session", text);
    return payload && sessionOf(payload);
  }

  function authenticate(headers: Exchange["head"]["headers"]) {
    if (!isOwnRequest(headers, publicUrl)) return null;
    return sessionIn(headers).then((session) =>
      session === null
        ? { reason: cookies.session.read(headers) === null ? "no session" : "session ended or not ours" }
        : seeing(session.caller, undefined, identity),
    );
  }

  /** Sends a person to the issuer. */
  async function start({ head, record }: Exchange): Promise<Reply> {
    const query = new URL(head.url).searchParams;
    const returnTo = returnPath(query.get("returnTo"), publicUrl);
    const attempt: Attempt = { state: random(), nonce: random(), verifier: random() };
    try {
      const url = await issuer.authorizationUrl(attempt, { asksAgain: query.has("again") });
      const text = await sealed.seal("sign-in", { ...attempt, returnTo }, now() + ATTEMPT_MS);
      const cookie = cookies.signIn.set(text, ATTEMPT_MS);
      if (cookie === null) throw new Error("a path that is bounded does not fit into a cookie");
      return redirect(url.href, [cookie]);
    } catch (fault) {
      if (!(fault instanceof IssuerUnavailable)) throw fault;
      return declined({ record }, UNAVAILABLE, fault.message, returnTo);
    }
  }

  /** Takes a person back from the issuer, and begins their session. */
  async function finish({ head, record }: Exchange): Promise<Reply> {
    const text = cookies.signIn.read(head.headers);
    const begun = text === null ? null : (await sealed.open<Begun>("sign-in", text)).payload;
    const { search, searchParams } = new URL(head.url);
    if (begun === null) return declined({ record }, STALE, "no sign-in under way", "/");
    const { returnTo, ...secrets } = begun;
    // The sign-in under way is another one. It stays: a page of another site may have caused this.
    if (searchParams.get("state") !== secrets.state) return declined({ record }, STALE, "state", returnTo);
    try {
      const tokens = await issuer.exchange(search, secrets);
      const begins = await sessionFrom(tokens, now() + config.sessionMs, null);
      if ("reason" in begins)
        return declined({ record }, begins.isForeign ? NO_ACCESS : FAILED, begins.reason, returnTo);
      record.viewer = seeing(begins.session.caller, undefined, identity);
      return redirect(returnTo, [...begins.cookies, cookies.signIn.clear()]);
    } catch (fault) {
      if (fault instanceof IssuerUnavailable)
        return declined({ record }, UNAVAILABLE, fault.message, returnTo);
      if (!(fault instanceof SignInDeclined)) throw fault;
      return declined({ record }, fault.isDenied ? DENIED : FAILED, fault.message, returnTo);
    }
  }

  /** Makes a session of the issuer's tokens, until `endsAt` at the most. */
  async function sessionFrom(
    tokens: IssuedTokens,
    endsAt: Instant,
    before: Renewal | null,
  ): Promise<
    | { readonly session: Session; readonly cookies: readonly string[] }
    | { readonly reason: string; readonly isForeign: boolean }
  > {
    const idToken = tokens.idToken === null ? null : await options.checkIdToken(tokens.idToken);
    if (idToken !== null && "reason" in idToken)
      return { reason: `ID token: ${idToken.reason}`, isForeign: false };
    const subject = idToken === null ? before?.subject : idToken.claims.sub;
    if (typeof subject !== "string" || (before !== null && subject !== before.subject))
      return { reason: "ID token: claim sub", isForeign: false };
    const [kind, credential] = isFor(options.audiences, tokens.accessToken)
      ? (["access token", await options.checkAccessToken(tokens.accessToken)] as const)
      : (["ID token", idToken] as const);
    if (credential === null) return { reason: "no token for the gateway", isForeign: false };
    if ("reason" in credential) return { reason: `${kind}: ${credential.reason}`, isForeign: false };
    const { caller, expiresAt } = credential;
    if ("reason" in caller) return { reason: `${kind}: ${caller.reason}`, isForeign: true };
    const label = idToken === null ? (before?.label ?? caller.name) : labelOf(idToken, caller);
    const session = { caller, label, endsAt, expiresAt: Math.min(expiresAt, endsAt) };
    const text = await sealed.seal("session", sessionPayload(session), session.expiresAt);
    const cookie = cookies.session.set(text, session.expiresAt - now());
    if (cookie === null) return { reason: `${kind}: its claims do not fit into a cookie`, isForeign: true };
    const kept = {
      refreshToken: tokens.refreshToken ?? before?.refreshToken ?? null,
      idToken: tokens.idToken ?? before?.idToken ?? null,
      subject,
      label,
      endsAt,
    };
    return { session, cookies: [cookie, await renewalCookie(kept)] };
  }

  /** The cookie with the tokens of the issuer, or with as many of them as fit into one: those that renew before those that end. */
  async function renewalCookie(kept: Renewal): Promise<string> {
    for (const fewer of [kept, { ...kept, idToken: null }, { ...kept, refreshToken: null }]) {
      if (fewer.refreshToken === null && fewer.idToken === null) continue;
      const cookie = cookies.renewal.set(
        await sealed.seal("renewal", fewer, kept.endsAt),
        kept.endsAt - now(),
      );
      if (cookie !== null) return cookie;
    }
    return cookies.renewal.clear();
  }

  async function renewalIn(headers: Exchange["head"]["headers"]): Promise<Renewal | null> {
    const text = cookies.renewal.read(headers);
    return text === null ? null : (await sealed.open<Renewal>("renewal", text)).payload;
  }

  /** Says to a page who is signed in, until when, and whether it can renew the session. */
  async function describe({ head }: Exchange): Promise<Reply> {
    if (!isOwnRequest(head.headers, publicUrl)) throw notOurs();
    const renewal = await renewalIn(head.headers);
    return stateReply(await sessionIn(head.headers), renewal?.refreshToken != null, []);
  }

  /** Renews a session by the refresh token that its browser keeps. */
  async function renew({ head, record }: Exchange): Promise<Reply> {
    if (!isOwnRequest(head.headers, publicUrl)) throw notOurs();
    const before = await renewalIn(head.headers);
    if (before?.refreshToken == null) return stateReply(null, false, []);
    const rejected = (reason: string) => {
      record.codes.add("UNAUTHENTICATED");
      record.reason = reason;
      return stateReply(null, false, [cookies.session.clear(), cookies.renewal.clear()]);
    };
    try {
      const tokens = await issuer.refresh(before.refreshToken);
      const begins = await sessionFrom(tokens, before.endsAt, before);
      if ("reason" in begins) return rejected(begins.reason);
      record.viewer = seeing(begins.session.caller, undefined, identity);
      return stateReply(begins.session, true, begins.cookies);
    } catch (fault) {
      if (fault instanceof SignInDeclined) return rejected(fault.message);
      if (!(fault instanceof IssuerUnavailable)) throw fault;
      throw new HttpError("AUTHENTICATION_UNAVAILABLE", "The session cannot be renewed now; retry later.", {
        reason: fault.message,
      });
    }
  }

  /** Ends the session, and says where the page goes from there: to the issuer, if people sign out there too. */
  async function end({ head, record }: Exchange): Promise<Reply> {
    if (!isOwnRequest(head.headers, publicUrl)) throw notOurs();
    const session = await sessionIn(head.headers);
    if (session !== null) record.viewer = seeing(session.caller, undefined, identity);
    const renewal = await renewalIn(head.headers);
    const isSignedIn = session !== null || renewal !== null;
    const url = isSignedIn
      ? await issuer.endSessionUrl(renewal?.idToken ?? null).catch((fault: unknown) => {
          if (!(fault instanceof IssuerUnavailable)) throw fault;
          return null;
        })
      : null;
    return json({ location: url?.href ?? "/" }, [cookies.session.clear(), cookies.renewal.clear()]);
  }

  /** A page that says why there is no session. */
  function declined(
    { record }: Pick<Exchange, "record">,
    { code, asksAgain, ...message }: Decline,
    reason: string,
    returnTo: string,
  ): Reply {
    record.codes.add(code);
    record.reason = reason;
    const query = new URLSearchParams({ returnTo, ...(asksAgain && { again: "" }) });
    return messagePage({ ...message, href: `${SIGN_IN_PATH}?${query}` }, record.id);
  }

  return {
    routes: [
      route(SIGN_IN_PATH, "GET", null, start),
      route(`${SIGN_IN_PATH}/callback`, "GET", "sign-in", finish),
      route(`${SIGN_IN_PATH}/session`, "GET", null, describe),
      route(`${SIGN_IN_PATH}/renew`, "POST", null, renew),
      route(`${SIGN_IN_PATH}/end`, "POST", "sign-out", end),
    ],
    authenticate,
    url: new URL(SIGN_IN_PATH, publicUrl).href,
    discover: () => issuer.discover(),
  };
}

/** A sign-in under way, as its browser keeps it. */
interface Begun extends Attempt {
  readonly returnTo: string;
}

/** Tokens of the issuer that the browser keeps for the paths of sign-in. */
interface Renewal {
  readonly refreshToken: string | null;
  readonly idToken: string | null;
  /** Of the ID token; a renewed session is of the same person. */
  readonly subject: string;
  readonly label: string;
  readonly endsAt: Instant;
}

function route(
  path: string,
  method: "GET" | "POST",
  kind: Route["kind"],
  respond: (exchange: Exchange) => Promise<Reply>,
): Route {
  return {
    path,
    description: null,
    kind,
    access: "open",
    check(_head, { incoming }) {
      if (incoming.method === method) return;
      throw new HttpError("BAD_REQUEST", `Use ${method}.`, { status: 405, headers: { allow: method } });
    },
    respond,
  };
}

/** As many bits as RFC 7636, 7.1, recommends. */
function random(): string {
  return randomBytes(32).toString("base64url");
}

/** Tells whether an access token is a JWT for one of these audiences. Nothing of it is checked yet. */
function isFor(audiences: readonly string[], accessToken: string): boolean {
  try {
    return [decodeJwt(accessToken).aud].flat().some((each) => each !== undefined && audiences.includes(each));
  } catch {
    return false; // an issuer may write access tokens as it likes
  }
}

function labelOf({ claims }: CheckedToken, { name }: Caller): string {
  const texts = [claims.name, claims.preferred_username, claims.email];
  const label = texts.find((each): each is string => typeof each === "string" && each.trim() !== "");
  return (label ?? name).slice(0, MAX_LABEL);
}

function redirect(location: string, cookies: readonly string[]): Reply {
  return new Reply(303, ["location", location, ...setting(cookies), "content-length", "0"], null);
}

function json(value: object, cookies: readonly string[]): Reply {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  return new Reply(
    200,
    [
      ...["content-type", "application/json; charset=utf-8", "content-length", String(bytes.length)],
      ...setting(cookies),
    ],
    bytes,
  );
}

function stateReply(session: Session | null, isRenewable: boolean, cookies: readonly string[]): Reply {
  const signedIn =
    session === null ? null : { name: session.label, expiresAt: new Date(session.expiresAt).toISOString() };
  return json({ session: signedIn, isRenewable }, cookies);
}

function setting(cookies: readonly string[]): readonly string[] {
  return cookies.flatMap((each) => ["set-cookie", each]);
}

function notOurs(): HttpError {
  return new HttpError("BAD_REQUEST", "Only the pages of the gateway may ask this.", { status: 403 });
}

interface Decline extends Omit<Message, "href"> {
  readonly code: "UNAUTHENTICATED" | "FORBIDDEN" | "AUTHENTICATION_UNAVAILABLE";
  /** The issuer asks for an account again, so that another one can be chosen. */
  readonly asksAgain: boolean;
}

const STALE: Decline = {
  code: "UNAUTHENTICATED",
  status: 401,
  title: "This sign-in is no longer valid",
  text: "It took longer than ten minutes, was used before, or was begun again in another tab.",
  label: "Sign in",
  asksAgain: false,
};

const DENIED: Decline = {
  code: "UNAUTHENTICATED",
  status: 401,
  title: "You did not sign in",
  text: "Sign-in was cancelled, or your identity provider does not let you use this gateway.",
  label: "Try again",
  asksAgain: true,
};

const FAILED: Decline = {
  code: "UNAUTHENTICATED",
  status: 401,
  title: "Sign-in did not work",
  text: "The gateway could not use the answer of your identity provider. If it happens again, send the number below to the operator of the gateway.",
  label: "Try again",
  asksAgain: false,
};

const NO_ACCESS: Decline = {
  code: "FORBIDDEN",
  status: 403,
  title: "Your account has no access",
  text: "You are signed in at your identity provider, but your account has no role in this gateway. Ask its operator for one, with the number below.",
  label: "Use another account",
  asksAgain: true,
};

const UNAVAILABLE: Decline = {
  code: "AUTHENTICATION_UNAVAILABLE",
  status: 503,
  title: "Sign-in is not available",
  text: "The gateway cannot reach your identity provider. Sessions that have begun go on; try again in a minute.",
  label: "Try again",
  asksAgain: false,
};
