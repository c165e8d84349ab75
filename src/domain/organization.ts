import type { Instant } from "./day.ts";

/** One company often has two organizations, with separate keys and separate ids for the same person. */
export type OrganizationKind = "ENTERPRISE" | "CONSOLE";

/** An organization with figures, by the name that clients and operators use. */
export interface NamedOrganization {
  readonly name: string;
  readonly kind: OrganizationKind;
}

/** The organizations there can be, the preferred one first. */
export const ORGANIZATIONS: readonly NamedOrganization[] = [
  { name: "enterprise", kind: "ENTERPRISE" },
  { name: "console", kind: "CONSOLE" },
];

/** The name that requests an organization. */
export function organizationName(kind: OrganizationKind): string {
  return ORGANIZATIONS.find((each) => each.kind === kind)?.name ?? kind.toLowerCase();
}

export interface Organization {
  readonly organizationId: string;
  readonly name: string;
}

/** A current member of one organization. */
export interface Member {
  readonly userId: string;
  readonly email: string;
  readonly name: string;
  readonly role: string;
  readonly addedAt: Instant;
}

export interface WorkspaceRow {
  readonly workspaceId: string;
  readonly name: string;
  readonly isDefault: boolean;
  readonly createdAt: Instant;
  readonly archivedAt: Instant | null;
}

export interface ApiKeyRow {
  readonly apiKeyId: string;
  readonly name: string;
  readonly status: string;
  /** Null: not tied to a workspace. */
  readonly workspaceId: string | null;
  readonly createdBy: { readonly type: string; readonly id: string } | null;
  /** The principal of the key; null where it is bound to none. `type` can be one that is not known yet, which has neither id. */
  readonly principal: {
    readonly type: string;
    readonly userId: string | null;
    readonly serviceAccountId: string | null;
  } | null;
  readonly createdAt: Instant;
  readonly expiresAt: Instant | null;
}

/** The one address that each further address of a person stands for, both lower-cased. */
export type Aliases = ReadonlyMap<string, string>;

/**
 * Returns the key of a person who is given by address alone. Letter case is ignored, an alias equals the address it stands for,
 * and nothing else is normalized.
 */
export function emailKey(email: string, aliases: Aliases): string {
  const key = email.toLowerCase();
  return aliases.get(key) ?? key;
}
