import type { JWTPayload } from "jose";
import type { Instant } from "../../domain/day.ts";
import { type Caller, isRole, isScope } from "../../domain/viewer.ts";

/** A signed-in person, as their browser keeps it. The tokens of the issuer are not part of it. */
export interface Session {
  readonly caller: Caller;
  /** Name for the person's own eyes. */
  readonly label: string;
  /** When the person has to sign in again, however often the session is renewed. */
  readonly endsAt: Instant;
  /** When the token expires that the session was made from. */
  readonly expiresAt: Instant;
}

/** The session as a payload; its expiry is stated beside it. */
export function sessionPayload({ caller, label, endsAt }: Session): JWTPayload {
  const { name, role, scopes, teams, email, documents, organizations } = caller;
  return {
    sub: name,
    role,
    scopes: [...scopes],
    ...(teams.size > 0 && { teams: [...teams] }),
    ...(email !== null && { email }),
    ...(documents !== null && { documents: [...documents] }),
    ...(organizations !== null && { organizations: [...organizations] }),
    label,
    end: endsAt,
  };
}

/** The session of a payload that this gateway sealed. Null: another version sealed it. */
export function sessionOf({
  sub,
  role,
  scopes,
  teams,
  email,
  documents,
  organizations,
  label,
  end,
  exp = 0,
}: JWTPayload): Session | null {
  if (typeof sub !== "string" || sub === "" || !isRole(role) || typeof end !== "number") return null;
  const isList = (value: unknown) => value === undefined || isTexts(value);
  if (!isTexts(scopes) || !isList(teams) || !isList(documents) || !isList(organizations)) return null;
  return {
    caller: {
      name: sub,
      role,
      scopes: new Set(scopes.filter(isScope)),
      teams: new Set(isTexts(teams) ? teams : []),
      email: typeof email === "string" ? email : null,
      documents: isTexts(documents) ? new Set(documents) : null,
      organizations: isTexts(organizations) ? new Set(organizations) : null,
    },
    label: typeof label === "string" ? label : sub,
    endsAt: end,
    expiresAt: exp * 1_000,
  };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}
