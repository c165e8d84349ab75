import { pageSettings } from "./page-settings.ts";

/**
 * The caller's token, kept for this tab only: sessionStorage ends with the tab, and is not sent anywhere by itself. A sign-in that keeps
 * its session in a cookie would replace `signIn` and `authorization`; the rest of the pages asks only whether a caller is signed in.
 */
const KEY = "token";
const listeners = new Set<() => void>();
let token: string | null = stored();
/** True once the gateway has rejected the token, or the lack of one. */
let isRejected = false;

function stored(): string | null {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function keep(value: string | null): void {
  token = value;
  try {
    if (value === null) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, value);
  } catch {
    // A browser that stores nothing keeps the token until the page is closed.
  }
  for (const listener of listeners) listener();
}

/** State of the session: `open` until the gateway rejects a request for its lack of a valid token. */
export type SessionState = "open" | "signed-in" | "token-needed" | "token-rejected";

export function sessionState(): SessionState {
  if (isRejected) return token === null ? "token-needed" : "token-rejected";
  return token === null ? "open" : "signed-in";
}

export function onSessionChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function signIn(value: string): void {
  isRejected = false;
  keep(value.trim().replace(/^bearer\s+/i, ""));
}

export function signOut(): void {
  isRejected = true;
  keep(null);
}

/** Records that the gateway answered 401. */
export function rejectSession(): void {
  if (isRejected) return;
  isRejected = true;
  for (const listener of listeners) listener();
}

/** Headers that authenticate the caller. */
export function authorization(): Readonly<Record<string, string>> {
  if (token === null || pageSettings.tokenHeader === null) return {};
  return { [pageSettings.tokenHeader]: `Bearer ${token}` };
}
