import { pageSettings } from "./page-settings.ts";

/** A signed-in person, as the gateway describes them to its pages. */
interface SignedIn {
  readonly name: string;
}

/**
 * How the caller of a page authenticates. With a sign-in the browser has a session in a cookie that no script can read; with tokens the
 * caller's token is kept for this tab only, in sessionStorage, which ends with the tab.
 *
 * `open` lasts until the gateway rejects a request for its lack of valid credentials.
 */
export type SessionState =
  | "open"
  | "signed-in"
  | "token-needed"
  | "token-rejected"
  | "sign-in-needed"
  | "session-ended";

const KEY = "token";
const { tokenHeader, signInUrl } = pageSettings;
const listeners = new Set<() => void>();
const callerListeners = new Set<() => void>();
let token: string | null = signInUrl === null ? stored() : null;
let person: SignedIn | null = null;
let isRenewable = false;
/** True once the gateway has rejected the credentials, or the lack of them. */
let isRejected = false;

function stored(): string | null {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function notify(): void {
  for (const listener of listeners) listener();
}

/** Notifies those who keep figures as well: another caller may read others. The name of the caller alone changes none. */
function notifyOfCaller(): void {
  for (const listener of callerListeners) listener();
  notify();
}

function keep(value: string | null): void {
  token = value;
  try {
    if (value === null) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, value);
  } catch {
    // A browser that stores nothing keeps the token until the page is closed.
  }
  notifyOfCaller();
}

export function sessionState(): SessionState {
  if (signInUrl !== null) {
    if (isRejected) return person === null ? "sign-in-needed" : "session-ended";
    return person === null ? "open" : "signed-in";
  }
  if (isRejected) return token === null ? "token-needed" : "token-rejected";
  return token === null ? "open" : "signed-in";
}

/** Name of the person who has signed in; null without a session. */
export function signedInName(): string | null {
  return person?.name ?? null;
}

export function onSessionChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Calls a listener when the caller has changed, or has been rejected. */
export function onCallerChange(listener: () => void): void {
  callerListeners.add(listener);
}

export function signInWithToken(value: string): void {
  isRejected = false;
  keep(value.trim().replace(/^bearer\s+/i, ""));
}

/** Where a person signs in and comes back from to this page; null where the pages ask for a token. */
export function signInLink(): string | null {
  if (signInUrl === null) return null;
  return `${signInUrl}?${new URLSearchParams({ returnTo: location.pathname + location.search + location.hash })}`;
}

/** Other tabs of this browser have the same session. */
const tabs = signInUrl === null ? null : new BroadcastChannel("session");
if (tabs !== null) tabs.onmessage = rejectSession;

/** Forgets the caller. With a sign-in, the page then leaves for the issuer, where people sign out too. */
export async function signOut(): Promise<void> {
  isRejected = true;
  if (signInUrl === null) return keep(null);
  person = null;
  notifyOfCaller(); // a page that the browser goes back to shows no figures
  tabs?.postMessage("ended");
  try {
    const response = await fetch("/sign-in/end", { method: "POST", headers: CSRF });
    const { location: next } = await response.json();
    location.assign(next);
  } catch {
    isRejected = false; // the session goes on, and the page must not say otherwise
    void describe();
  }
}

/** Records that the gateway answered 401. */
function rejectSession(): void {
  if (isRejected) return;
  isRejected = true;
  notifyOfCaller();
}

/** Makes the gateway count the cookie: pages of other origins cannot send this header. */
const CSRF = { "x-csrf": "1" };

/** Headers that authenticate the caller. */
export function authorization(): Readonly<Record<string, string>> {
  if (signInUrl !== null) return CSRF;
  if (token === null || tokenHeader === null) return {};
  return { [tokenHeader]: `Bearer ${token}` };
}

/** Sends a request as the caller. A session that has expired is renewed once, if the issuer lets it be. */
export async function fetchAsCaller(url: string, init: RequestInit = {}): Promise<Response> {
  const send = () => fetch(url, { ...init, headers: { ...init.headers, ...authorization() } });
  const response = await send();
  if (response.status !== 401) return response;
  if (signInUrl === null || !(await renewed())) {
    rejectSession();
    return response;
  }
  const second = await send();
  if (second.status === 401) rejectSession();
  return second;
}

let renewing: Promise<boolean> | null = null;

function renewed(): Promise<boolean> {
  renewing ??= renew().finally(() => {
    renewing = null;
  });
  return renewing;
}

/** Renews the session; false where it cannot be. Tabs take turns, since a refresh token is used once. */
async function renew(): Promise<boolean> {
  try {
    return await navigator.locks.request(
      "session",
      // Another tab may have renewed it.
      async () => (await describe()) || (isRenewable && (await ask("/sign-in/renew", "POST"))),
    );
  } catch {
    return false;
  }
}

/** Learns who is signed in; false where there is no session. */
function describe(): Promise<boolean> {
  return ask("/sign-in/session", "GET");
}

/** Asks for the session, and returns false without one. The page remembers a person after their session has ended, to say so. */
async function ask(path: string, method: "GET" | "POST"): Promise<boolean> {
  const response = await fetch(path, { method, headers: CSRF });
  if (!response.ok) return false;
  const state: { readonly session: SignedIn | null; readonly isRenewable: boolean } = await response.json();
  isRenewable = state.isRenewable;
  if (state.session === null) return false;
  const before = person?.name;
  person = state.session;
  if (before !== undefined && before !== person.name) notifyOfCaller();
  else if (before === undefined) notify();
  return true;
}

// A failure shows in the first question, which is under way by then.
if (signInUrl !== null) void describe().catch(() => {});
