/** Part of the gateway and of what it depends on. */
export type Check =
  | "settings"
  | "files"
  | "store"
  | "archive"
  | "issuer"
  | "sign-in"
  | "upstream"
  | "clock"
  | "enterprise"
  | "console";

/** A word that stays the same when the sentence about it changes. */
export type FindingCode =
  | "OK"
  | "INVALID_SETTING"
  | "HINT"
  | "NO_AUTHENTICATION"
  | "EXPIRED_TOKENS"
  | "NO_KEY"
  | "KEY_REFUSED"
  | "WRONG_ORGANIZATION"
  | "SAME_ORGANIZATION"
  | "WRONG_ID"
  | "MISSING_SCOPE"
  | "NOT_ENROLLED"
  | "HIPAA_READINESS"
  | "NO_USAGE_CREDITS"
  | "NO_ACCESS"
  | "UNPROVEN_ORGANIZATION"
  | "REFUSED"
  | "UNAVAILABLE"
  | "UNREACHABLE"
  | "PROXY"
  | "CLOCK_OFF"
  | "SIMULATED_CLOCK"
  | "STORE_UNUSABLE"
  | "STORE_AWAY"
  | "STORE_AT_RISK"
  | "ISSUER_AWAY"
  | "NOT_CHECKED";

/** State of one thing that was examined. Nothing in it is a key, a name, an address or a place. */
export interface Finding {
  readonly check: Check;
  /** `problem`: something that the settings promise does not work. `warning`: it works otherwise than may be meant. */
  readonly status: "ok" | "warning" | "problem" | "skipped";
  readonly code: FindingCode;
  /** One sentence. */
  readonly text: string;
  /** The way out, as a sentence; null where nothing has to be done. */
  readonly action: string | null;
}

export function ok(check: Check, text: string): Finding {
  return { check, status: "ok", code: "OK", text, action: null };
}

export function warning(check: Check, code: FindingCode, text: string, action: string | null): Finding {
  return { check, status: "warning", code, text, action };
}

export function problem(check: Check, code: FindingCode, text: string, action: string): Finding {
  return { check, status: "problem", code, text, action };
}

export function skipped(check: Check, text: string, action: string | null = null): Finding {
  return { check, status: "skipped", code: "NOT_CHECKED", text, action };
}

/** Capitalizes a message and ends it, with the code of its cause. */
export function sentence(message: string, code = ""): string {
  const text = `${message.charAt(0).toUpperCase()}${message.slice(1).replace(/\.$/, "")}`;
  return `${text}${code === "" ? "" : ` (${code})`}.`;
}
