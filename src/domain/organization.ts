import type { Instant } from "./day.ts";

/** One company often has two organizations, with separate keys and separate ids for the same person. */
export type OrganizationKind = "ENTERPRISE" | "CONSOLE";

/** An organization with figures, by the name that clients and operators use. */
export interface NamedOrganization {
  readonly name: string;
  readonly kind: OrganizationKind;
  /** Id by which the reports of its parent name it, a UUID; null: the operator states none. */
  readonly id: string | null;
  /** Its newer reports are those of its child organizations. */
  readonly isParent: boolean;
  /** Name of its parent organization; null: the operator states none. */
  readonly parent: string | null;
  /** Names of its parent, of the parent of that, and so on. */
  readonly ancestors: readonly string[];
}

/** Organizations with people in common: an Enterprise organization, a Console organization, or one of each. */
export interface Tenant {
  /** Distinguishes its ids and cursors from those of other tenants; null where the operator has named no organizations. */
  readonly name: string | null;
  /** Its organizations that may be read, the Enterprise organization first. */
  readonly organizations: readonly NamedOrganization[];
}

/** The organizations of a gateway where the operator has named none, the preferred one first. */
export const ORGANIZATIONS: readonly NamedOrganization[] = [
  { name: "enterprise", kind: "ENTERPRISE", id: null, isParent: false, parent: null, ancestors: [] },
  { name: "console", kind: "CONSOLE", id: null, isParent: false, parent: null, ancestors: [] },
];

/** True if a text is the id of an organization as upstream's newer reports have it. */
export function isOrganizationId(text: string): boolean {
  return /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text);
}

/** Returns the name that requests an organization of a tenant. */
export function organizationName(
  { organizations }: Pick<Tenant, "organizations">,
  kind: OrganizationKind,
): string {
  return organizations.find((each) => each.kind === kind)?.name ?? kind.toLowerCase();
}

/** Names of the organizations of tenants. */
export function organizationNames(tenants: readonly Tenant[]): readonly string[] {
  return tenants.flatMap(({ organizations }) => organizations.map(({ name }) => name));
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
