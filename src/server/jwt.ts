import { errors, type JWTPayload } from "jose";
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
import { causeCodeOf } from "../errors.ts";
import { type Authenticate, IssuerUnavailable, type Proven } from "./authenticate.ts";
import type { VerifyToken } from "./issuer-keys.ts";

export interface JwtOptions {
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
const ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
];

/**
 * Returns who a signed token is of, or why it is of nobody: the claim that is wrong, or what else is. Throws IssuerUnavailable.
 */
export function jwtTokens(
  { issuer, audience, roleClaim, identity, now }: JwtOptions,
  verify: VerifyToken,
): Authenticate {
  return async (token) => {
    try {
      const { payload } = await verify(token, {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        clockTolerance: TOLERANCE_SECONDS,
        currentDate: new Date(now()),
        requiredClaims: ["exp", "sub"],
      });
      return viewerOf(payload, roleClaim, identity);
    } catch (fault) {
      if (fault instanceof IssuerUnavailable) throw fault;
      // A key that cannot be used is the issuer's fault, not the token's.
      if (!(fault instanceof errors.JOSEError) || fault instanceof errors.JWKSInvalid)
        throw new IssuerUnavailable(causeCodeOf(fault));
      return { reason: "claim" in fault ? `claim ${fault.claim}` : fault.code };
    }
  };
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
