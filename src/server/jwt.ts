import {
  createRemoteJWKSet,
  customFetch,
  errors,
  type FetchImplementation,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from "jose";
import type { Instant } from "../domain/day.ts";
import {
  type IdentityPolicy,
  isRole,
  isScope,
  type Role,
  scopesOf,
  seeing,
  type Viewer,
} from "../domain/viewer.ts";
import { ISSUER_PAUSE, IssuerUnavailable, type Proven } from "./authenticate.ts";

export interface JwtOptions {
  /** Where the issuer publishes its keys. */
  readonly jwksUrl: URL;
  readonly issuer: string;
  readonly audience: string;
  /** The claim that names the role. */
  readonly roleClaim: string;
  readonly identity: IdentityPolicy;
  readonly now: () => Instant;
}

/** How far the issuer's clock may be off. */
const TOLERANCE_SECONDS = 30;

/** Signatures by a key pair alone: a shared secret would let whoever checks tokens make them, and `none` everybody. */
const ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"];

/** While its keys cannot be had, each token would ask for them anew, and anybody can send those. */
function unhurried(): FetchImplementation {
  let next = Number.NEGATIVE_INFINITY;
  return (url, options) => {
    if (performance.now() < next)
      throw new IssuerUnavailable("the keys of the issuer were asked for just now");
    next = performance.now() + ISSUER_PAUSE * 1_000;
    return fetch(url, options);
  };
}

/**
 * Who a signed token is of, or the claim that is wrong with it, or what else is: forged, expired, of another issuer.
 * The issuer's keys are kept, and fetched again when a token names one that is not among them.
 */
export function jwtTokens(
  options: JwtOptions,
  keys: JWTVerifyGetKey = createRemoteJWKSet(options.jwksUrl, { [customFetch]: unhurried() }),
) {
  const { issuer, audience, roleClaim, identity, now } = options;
  return async (token: string): Promise<Proven> => {
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        clockTolerance: TOLERANCE_SECONDS,
        currentDate: new Date(now()),
        requiredClaims: ["exp", "sub"],
      });
      return viewerOf(payload, roleClaim, identity);
    } catch (fault) {
      if (isRefusal(fault)) return { reason: "claim" in fault ? `claim ${fault.claim}` : fault.code };
      throw fault instanceof IssuerUnavailable ? fault : new IssuerUnavailable(whyUnavailable(fault));
    }
  };
}

/** What jose says of the answer for the keys, else the code of what kept it from coming. */
function whyUnavailable(fault: unknown): string {
  if (fault instanceof errors.JOSEError) return fault.message;
  const { cause }: { cause?: { readonly code?: unknown } } = fault instanceof Error ? (fault as object) : {};
  return String(cause?.code ?? "unknown reason");
}

function isRefusal(fault: unknown): fault is errors.JOSEError {
  const isOfTheIssuer = fault instanceof errors.JWKSTimeout || fault instanceof errors.JWKSInvalid;
  return fault instanceof errors.JOSEError && !isOfTheIssuer && fault.code !== "ERR_JOSE_GENERIC";
}

/**
 * A token without a name that is text, without a known role, or with no list where documents are, is nobody's: a claim that is wrong
 * must not open anything.
 */
function viewerOf(payload: JWTPayload, roleClaim: string, policy: IdentityPolicy): Proven {
  const role = roleOf(payload[roleClaim]);
  const documents = documentsOf(payload.documents);
  const { sub, email, email_verified: isVerified }: Readonly<Record<string, unknown>> = payload;
  if (typeof sub !== "string" || sub === "") return { reason: "claim sub" };
  if (role === null) return { reason: `claim ${roleClaim}` };
  if (documents === "wrong") return { reason: "claim documents" };
  const listed = typeof payload.scope === "string" ? payload.scope.split(" ").filter(isScope) : null;
  const viewer = {
    name: sub,
    role,
    scopes: scopesOf(role, role === "SERVICE" ? (listed ?? []) : null),
    // What an issuer does not vouch for may be whatever its user wrote there.
    email: typeof email === "string" && isVerified === true ? email : null,
    documents,
  };
  return seeing(viewer, undefined, policy);
}

function documentsOf(claim: unknown): Viewer["documents"] | "wrong" {
  if (claim === undefined) return null;
  const isList = Array.isArray(claim) && claim.every((each) => typeof each === "string");
  return isList ? new Set<string>(claim) : "wrong";
}

/** Issuers write one role or several, in whichever case; of several the first that is known holds. */
function roleOf(claim: unknown): Role | null {
  const named = (Array.isArray(claim) ? claim : [claim]).map((each) =>
    typeof each === "string" ? each.toUpperCase().replaceAll("-", "_") : null,
  );
  return named.find(isRole) ?? null;
}
