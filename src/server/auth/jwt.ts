import { errors } from "jose";
import {
  type ClaimNames,
  type Claims,
  emailIn,
  nameIn,
  organizationsIn,
  roleIn,
  scopesIn,
  teamsIn,
} from "../../domain/claims.ts";
import type { Instant } from "../../domain/day.ts";
import {
  type Caller,
  type IdentityPolicy,
  type Role,
  type Scope,
  scopesOf,
  seeing,
  type Viewer,
} from "../../domain/viewer.ts";
import { causeCodeOf } from "../../errors.ts";
import { type Authenticate, IssuerUnavailable } from "./authenticator.ts";
import type { VerifyToken } from "./issuer-keys.ts";

export interface JwtOptions extends ClaimNames {
  /** One of these must be the issuer. */
  readonly issuers: readonly string[];
  /** One of these must be among the audiences. */
  readonly audiences: readonly string[];
  readonly now: () => Instant;
}

interface Rejection {
  /** For the operator; it holds nothing of the token. */
  readonly reason: string;
}

/** A token with a valid signature, of an issuer and for an audience that the operator lists. */
export interface CheckedToken {
  readonly claims: Claims;
  readonly expiresAt: Instant;
  /** The caller it names, or the claim that keeps it from naming one. */
  readonly caller: Caller | Rejection;
}

/** Checks a token, or returns the reason it is rejected: the wrong claim, or another fault. Throws IssuerUnavailable. */
export type CheckToken = (token: string) => Promise<CheckedToken | Rejection>;

/** How far the issuer's clock may be off. */
const TOLERANCE_SECONDS = 30;

/** Signatures by a key pair alone: with a shared secret every verifier could issue tokens, and with `none` every caller could. */
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

/** Checks signed tokens: of bearers, and of people who sign in on the pages. */
export function jwtCheck(options: JwtOptions, verify: VerifyToken): CheckToken {
  const { issuers, audiences, now } = options;
  return async (token) => {
    try {
      const { payload } = await verify(token, {
        issuer: [...issuers],
        audience: [...audiences],
        algorithms: ALGORITHMS,
        clockTolerance: TOLERANCE_SECONDS,
        currentDate: new Date(now()),
        requiredClaims: ["exp"],
      });
      return { claims: payload, expiresAt: (payload.exp ?? 0) * 1_000, caller: callerOf(payload, options) };
    } catch (fault) {
      if (fault instanceof IssuerUnavailable) throw fault;
      // A key that cannot be used is the issuer's fault, not the token's.
      if (!(fault instanceof errors.JOSEError) || fault instanceof errors.JWKSInvalid)
        throw new IssuerUnavailable(causeCodeOf(fault));
      return { reason: "claim" in fault ? `claim ${fault.claim}` : fault.code };
    }
  };
}

/** Returns the viewer of a signed token, or the reason it is rejected. Throws IssuerUnavailable. */
export function jwtTokens(check: CheckToken, identity: IdentityPolicy): Authenticate {
  return async (token) => {
    const checked = await check(token);
    const caller = "reason" in checked ? checked : checked.caller;
    return "reason" in caller ? caller : seeing(caller, undefined, identity);
  };
}

/**
 * A token without a name, without a known role, or without the list of documents that it needs is rejected: a wrong claim must
 * not grant anything.
 */
function callerOf(claims: Claims, names: ClaimNames): Caller | Rejection {
  const role = roleIn(claims, names);
  const documents = documentsOf(claims.documents);
  const name = nameIn(claims, names);
  if (name === null) return { reason: `claim ${names.nameClaims.join(" or ")}` };
  if (typeof role !== "string") {
    const claim = `claim ${names.roleClaims.join(" or ")}`;
    if (role.unknown === 0) return { reason: claim };
    const known = names.roleMap === null ? "a role" : "in JWT_ROLE_MAP";
    return { reason: `${claim}: none of its names (${role.unknown}) is ${known}` };
  }
  if (documents === "wrong") return { reason: "claim documents" };
  const organizations = organizationsIn(claims, names);
  if (organizations?.size === 0) return { reason: `claim ${names.organizationsClaim}` };
  const scopes = scopesOf(role, listedScopes(role, claims, names));
  const teams = teamsIn(claims, names);
  return { name, role, scopes, teams, email: emailIn(claims, names), documents, organizations };
}

/** A service has the listed scopes alone, and a lead in place of those of the role; null: those of the role. */
function listedScopes(role: Role, claims: Claims, names: ClaimNames): readonly Scope[] | null {
  if (role !== "SERVICE" && role !== "LEAD") return null;
  const listed = scopesIn(claims, names);
  return role === "LEAD" && listed.length === 0 ? null : listed;
}

function documentsOf(claim: unknown): Viewer["documents"] | "wrong" {
  if (claim === undefined) return null;
  const isList = Array.isArray(claim) && claim.every((each) => typeof each === "string");
  return isList ? new Set<string>(claim) : "wrong";
}
