import { isRole, isScope, ROLES, type Role, type Scope } from "./viewer.ts";

/** The payload of a token with a valid signature. Its values may be anything. */
export type Claims = Readonly<Record<string, unknown>>;

/** Where an issuer puts what the gateway needs to know. Of a list of claims, each counts. */
export interface ClaimNames {
  /** The first that is text names the caller. */
  readonly nameClaims: readonly string[];
  readonly roleClaims: readonly string[];
  /** The issuer's names of roles or groups, and ours; null: the issuer uses ours. */
  readonly roleMap: ReadonlyMap<string, Role> | null;
  readonly scopeClaims: readonly string[];
  readonly emailClaim: string;
  /** Lists the organizations that the caller may read; null: they may read all. */
  readonly organizationsClaim: string | null;
  /** Lists the teams of a team lead, by id or name; null: no claim does. */
  readonly teamsClaim: string | null;
  /** True if every address counts as verified of which the issuer does not say that it is not. */
  readonly vouchesForEmail: boolean;
}

/**
 * Returns the value of a claim: the one of this name, dots and all, else the one that its parts lead to (`realm_access.roles`). A part
 * may have dots in it as well.
 */
export function claimIn(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  for (let dot = name.lastIndexOf("."); dot > 0; dot = name.lastIndexOf(".", dot - 1)) {
    const outer = Object.hasOwn(claims, name.slice(0, dot)) ? claims[name.slice(0, dot)] : undefined;
    if (typeof outer !== "object" || outer === null || Array.isArray(outer)) continue;
    const inner = claimIn(outer as Claims, name.slice(dot + 1));
    if (inner !== undefined) return inner;
  }
  return undefined;
}

/** The name of the caller; null where no claim has one. */
export function nameIn(claims: Claims, { nameClaims }: ClaimNames): string | null {
  const values = nameClaims.map((name) => claimIn(claims, name));
  return values.find((value): value is string => typeof value === "string" && value !== "") ?? null;
}

/** The address that the issuer says is the caller's, by the claim of the same name with `_verified` at its end; null without one. */
export function emailIn(claims: Claims, { emailClaim, vouchesForEmail }: ClaimNames): string | null {
  const email = claimIn(claims, emailClaim);
  const verified = claimIn(claims, `${emailClaim}_verified`);
  // Some issuers write the boolean as text.
  const isVerified = verified === undefined ? vouchesForEmail : verified === true || verified === "true";
  return typeof email === "string" && email !== "" && isVerified ? email : null;
}

/** The highest role among the names in the role claims, or how many names there were that are none. */
export function roleIn(claims: Claims, names: ClaimNames): Role | { readonly unknown: number } {
  const { roleClaims, roleMap, emailClaim } = names;
  // An address that its holder may have chosen must not make them an owner.
  const given = roleClaims.flatMap((name) =>
    textsIn(name === emailClaim ? emailIn(claims, names) : claimIn(claims, name)),
  );
  const roles = given.map((name) => (roleMap === null ? ownRole(name) : roleMap.get(roleKey(name))));
  return HIGHEST_FIRST.find((role) => roles.includes(role)) ?? { unknown: given.length };
}

const HIGHEST_FIRST = Object.keys(ROLES) as readonly Role[];

/** A name as it is looked up in a map of roles: exactly, but for the letter case of an address. */
export function roleKey(name: string): string {
  return name.includes("@") ? name.toLowerCase() : name;
}

/** A role by one of our own names, in whichever case. */
export function ownRole(name: string): Role | undefined {
  const role = name.toUpperCase().replaceAll("-", "_");
  return isRole(role) ? role : undefined;
}

/** The scopes of this gateway in the scope claims, which are text with blanks or lists. */
export function scopesIn(claims: Claims, { scopeClaims }: ClaimNames): readonly Scope[] {
  return scopeClaims.flatMap((name) =>
    textsIn(claimIn(claims, name)).flatMap((text) => text.split(/\s+/).filter(isScope)),
  );
}

/** The organizations that the caller may read: null where tokens are not limited; none where theirs lacks the claim. */
export function organizationsIn(
  claims: Claims,
  { organizationsClaim }: ClaimNames,
): ReadonlySet<string> | null {
  if (organizationsClaim === null) return null;
  return new Set(textsIn(claimIn(claims, organizationsClaim)).flatMap((text) => text.split(/[\s,]+/)));
}

/** The teams that a lead has by claim, in names that may hold spaces and commas: a list, or one of them as text. */
export function teamsIn(claims: Claims, { teamsClaim }: ClaimNames): ReadonlySet<string> {
  return new Set(teamsClaim === null ? [] : textsIn(claimIn(claims, teamsClaim)));
}

function textsIn(claim: unknown): readonly string[] {
  return [claim].flat().filter((each) => typeof each === "string");
}
