import {
  createLocalJWKSet,
  errors,
  type JSONWebKeySet,
  type JWK,
  type JWTVerifyOptions,
  type JWTVerifyResult,
  jwtVerify,
} from "jose";
import { type Dispatcher, fetch } from "undici";
import { Outage, type OutageSubject } from "../../errors.ts";
import { ISSUER_PAUSE, IssuerUnavailable } from "./authenticator.ts";
import { boundedText, failureReason, ISSUER_TIMEOUT_MS, UnusableAnswer } from "./issuer-response.ts";

export interface IssuerKeysOptions {
  /** Where the issuer publishes its keys. */
  readonly url: URL;
  /** How its host is reached. */
  readonly dispatcher: Dispatcher;
  /** Milliseconds since some moment. */
  readonly elapsedMs: () => number;
  /** Called with an Outage, once for each time the issuer cannot be read. */
  readonly onFault: (fault: unknown) => void;
  readonly onRecovery: (about: OutageSubject, seconds: number) => void;
}

/** Returns the claims of a token; throws what jose says is wrong with it, or IssuerUnavailable. */
export type VerifyToken = (token: string, expected: JWTVerifyOptions) => Promise<JWTVerifyResult>;

/** Keys are read again after this time, so that one the issuer has withdrawn is dropped. */
const FRESH_MS = 10 * 60_000;

/** While the issuer cannot be read, known keys are used for this long. */
const KEPT_MS = 24 * 60 * 60_000;

/** Two reads are this far apart: every forged token asks for one. */
const PAUSE_MS = ISSUER_PAUSE * 1_000;

/**
 * Verifies tokens by the keys that an issuer publishes. Known keys stay in use while the issuer cannot be read, for a day; every
 * successful read replaces them all. A token that no known key fits makes the keys be read again.
 */
export function issuerKeys({
  url,
  dispatcher,
  elapsedMs,
  onFault,
  onRecovery,
}: IssuerKeysOptions): VerifyToken {
  const about = { host: url.host };
  let known: { readonly find: ReturnType<typeof createLocalJWKSet>; readonly readAt: number } | null = null;
  let requestedAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<boolean> | null = null;
  let outage: { readonly since: number; readonly reason: string } | null = null;

  async function read(): Promise<boolean> {
    try {
      const keys = await fetchKeys(url, dispatcher);
      known = { find: createLocalJWKSet(keys), readAt: elapsedMs() };
      if (outage !== null) onRecovery(about, Math.round((elapsedMs() - outage.since) / 1_000));
      outage = null;
      return true;
    } catch (fault) {
      const reason = failureReason(fault);
      if (outage === null) onFault(outageOf(reason, known !== null, about, fault));
      outage = { since: outage?.since ?? elapsedMs(), reason };
      return false;
    } finally {
      requestedAt = elapsedMs();
      reading = null;
    }
  }

  /** True if the keys have been read anew; a read that is under way is joined. */
  function reread(): Promise<boolean> {
    if (reading === null && elapsedMs() < requestedAt + PAUSE_MS) return Promise.resolve(false);
    reading ??= read();
    return reading;
  }

  async function current(): Promise<ReturnType<typeof createLocalJWKSet>> {
    const age = known === null ? Number.POSITIVE_INFINITY : elapsedMs() - known.readAt;
    if (age >= KEPT_MS) await reread();
    // No caller waits for an issuer that has just failed while there are keys.
    else if (age >= FRESH_MS && outage !== null) void reread();
    else if (age >= FRESH_MS) await reread();
    if (known !== null && elapsedMs() - known.readAt < KEPT_MS) return known.find;
    throw new IssuerUnavailable(outage?.reason ?? "the keys of the issuer have not been read yet");
  }

  return async (token, expected) => {
    const find = await current();
    try {
      return await verify(token, find, expected);
    } catch (fault) {
      // The issuer may have replaced the key, under another id or under none.
      const isUnknown = fault instanceof errors.JWKSNoMatchingKey;
      if (!isUnknown && !(fault instanceof errors.JWSSignatureVerificationFailed)) throw fault;
      if (await reread()) return verify(token, await current(), expected);
      if (isUnknown && outage !== null) throw new IssuerUnavailable(outage.reason);
      throw fault;
    }
  };
}

/** Tries each key that fits: a token may name none, and an issuer may publish one twice. */
async function verify(
  token: string,
  find: ReturnType<typeof createLocalJWKSet>,
  expected: JWTVerifyOptions,
): Promise<JWTVerifyResult> {
  try {
    return await jwtVerify(token, find, expected);
  } catch (fault) {
    if (!(fault instanceof errors.JWKSMultipleMatchingKeys)) throw fault;
    for await (const key of fault) {
      try {
        return await jwtVerify(token, key, expected);
      } catch (wrong) {
        if (!(wrong instanceof errors.JWSSignatureVerificationFailed)) throw wrong;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

/** Reads the keys of an issuer by one request; throws `UnusableAnswer` for an answer that holds none. */
export async function fetchKeys(url: URL, dispatcher: Dispatcher): Promise<JSONWebKeySet> {
  const response = await fetch(url, {
    dispatcher,
    headers: { accept: "application/json, application/jwk-set+json" },
    redirect: "manual",
    signal: AbortSignal.timeout(ISSUER_TIMEOUT_MS),
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new UnusableAnswer(`status ${response.status}`);
  }
  const set = parsed(await boundedText(response));
  if (!isKeySet(set)) throw new UnusableAnswer("no JSON Web Key Set");
  return { keys: set.keys.map(withoutAlias) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isKeySet(set: unknown): set is JSONWebKeySet {
  const keys = typeof set === "object" && set !== null && "keys" in set ? set.keys : null;
  return Array.isArray(keys) && keys.every((key) => typeof key === "object" && key !== null);
}

/** `EdDSA` and `Ed25519` (RFC 9864) are one algorithm with this curve, and token and key may each use either name. */
function withoutAlias(key: JWK): JWK {
  if (key.crv !== "Ed25519") return key;
  const { alg: _, ...rest } = key;
  return rest;
}

function outageOf(reason: string, hasKeys: boolean, about: OutageSubject, cause: unknown): Outage {
  const consequence = hasKeys
    ? "the previous keys stay in use for at most one day"
    : "no caller can authenticate until they can";
  const code = cause instanceof UnusableAnswer ? "UNUSABLE_KEYS" : reason;
  const detail = cause instanceof UnusableAnswer ? ` (${reason})` : "";
  return new Outage(
    `the keys of the issuer cannot be read from JWT_JWKS_URL${detail}; ${consequence}`,
    code,
    about,
    cause,
  );
}
