/** Scopes, and what each one grants. */
export const SCOPES = {
  "activity:read":
    "Activity of people and groups: sessions, messages, projects, skills, connectors, Claude Code.",
  "spend:read": "All amounts of money, including estimates and allocations.",
  "limits:read":
    "Spend limits of people, together with `spend:read`, and rate limits of the Console organization.",
  "identity:read": "People by name, address and id; without it, by pseudonym.",
  "keys:read": "API keys, workspaces and service accounts by name.",
  operate: "State of the gateway itself: datasets, rate limits, detailed health.",
} as const satisfies Record<string, string>;

export type Scope = keyof typeof SCOPES;

const ALL = Object.keys(SCOPES) as readonly Scope[];

/** Who may see what where nothing else is said, as in the product's own dashboard. */
export const ROLES = {
  PRIMARY_OWNER: ALL,
  OWNER: ALL,
  ADMIN: ALL.filter((scope) => scope !== "spend:read"),
  ANALYST: ["activity:read", "spend:read"],
  /** Within the teams that they lead, and nowhere else. */
  LEAD: ["activity:read", "identity:read"],
  /** Only what is their own. */
  MEMBER: [],
  /** Only what its token or claim lists. */
  SERVICE: [],
} as const satisfies Record<string, readonly Scope[]>;

export type Role = keyof typeof ROLES;

/** How people are seen. */
export const IDENTITIES = {
  full: "By name, address and id. Requires the scope identity:read, or being that person.",
  pseudonym: "By pseudonym. A person has the same pseudonym everywhere.",
  none: "Only in groups of at least MIN_PEOPLE people, never one by one.",
} as const satisfies Record<string, string>;

export type Identity = keyof typeof IDENTITIES;

/** Operator's setting of how callers see people. */
export interface IdentityPolicy {
  /** How each role sees them, where that is not what its scopes come to. */
  readonly byRole: { readonly [R in Role]?: Identity };
  /** How many people a group is of at the least that is shown to who does not see them one by one. */
  readonly minPeople: number;
}

/** Who asks, as far as it decides what they see. */
export interface Viewer {
  /** Of the token, or the subject of the JWT; it stands in logs and shares the rate limit under it. */
  readonly name: string;
  readonly role: Role;
  readonly scopes: ReadonlySet<Scope>;
  /** The scopes of a team lead, who holds them within their teams only; empty for other roles. */
  readonly teamScopes: ReadonlySet<Scope>;
  /** Ids or names of teams that a lead has by their token, beside those that they manage by the operator's list. */
  readonly teams: ReadonlySet<string>;
  /** The verified address; null where there is none. */
  readonly email: string | null;
  /** Names and ids of the documents they may run, and nothing else then; null: no such list. */
  readonly documents: ReadonlySet<string> | null;
  /** Names of the organizations that they may read; null: all. */
  readonly organizations: ReadonlySet<string> | null;
  /** How they see people. */
  readonly identity: Identity;
  /** Minimum number of people in a group that the viewer sees: 0 unless they see only groups. */
  readonly minPeople: number;
}

/** The viewer where the gateway does not authenticate callers. */
export const VIEWER_OF_ALL: Viewer = {
  name: "",
  role: "PRIMARY_OWNER",
  scopes: new Set(ALL),
  teamScopes: new Set(),
  teams: new Set(),
  email: null,
  documents: null,
  organizations: null,
  identity: "full",
  minPeople: 0,
};

/** Who sees nothing: a request that came in some other way than through the door. */
export const VIEWER_OF_NOTHING: Viewer = {
  ...VIEWER_OF_ALL,
  role: "SERVICE",
  scopes: new Set(),
  documents: new Set(),
  organizations: new Set(),
  identity: "none",
  minPeople: Number.POSITIVE_INFINITY,
};

/** True if a viewer may read an organization, and know that it exists. */
export function mayReadOrganization({ organizations }: Viewer, name: string): boolean {
  return organizations?.has(name) ?? true;
}

/** Permissions beside scopes. */
const OTHERS = {
  /** To be a member who asks for what is theirs. */
  own: ({ role }) => role === "MEMBER",
  /** To read one's own figures beside any others: a team lead reads them as a member does, see `asMember`. */
  self: ({ role }) => role === "MEMBER" || role === "LEAD",
  /** To lead teams, and see figures of them and of their people, as far as the scopes of a lead go. */
  ofTeam: ({ teamScopes }) => teamScopes.has("activity:read"),
  peopleOfTeam: ({ identity, teamScopes }) => identity !== "none" && teamScopes.has("activity:read"),
  spendOfTeam: ({ teamScopes }) => teamScopes.has("spend:read"),
  limitsOfTeam: ({ identity, teamScopes }) =>
    identity !== "none" && teamScopes.has("spend:read") && teamScopes.has("limits:read"),
  /** To learn in how many teams people are, those of others included. */
  allTeams: ({ scopes }) => scopes.has("activity:read") || scopes.has("spend:read"),
  namesOfTeam: ({ identity, teamScopes }) => identity === "full" && teamScopes.has("identity:read"),
  /** To see people by pseudonym. */
  pseudonyms: ({ identity }) => identity === "pseudonym",
  /** To see people one by one, and with that what they do, or what they cost. */
  individuals: ({ identity }) => identity !== "none",
  people: ({ identity, scopes }) => identity !== "none" && scopes.has("activity:read"),
  spenders: ({ identity, scopes }) => identity !== "none" && scopes.has("spend:read"),
  /** To see what one person may spend, which is an amount and a limit. */
  limits: ({ identity, scopes }) =>
    identity !== "none" && scopes.has("spend:read") && scopes.has("limits:read"),
  /** Nothing at all. */
  anybody: () => true,
} as const satisfies Record<string, (viewer: Viewer) => boolean>;

export type Permissions = Record<Scope | keyof typeof OTHERS, boolean>;

/** The scopes that are part of what is asked. */
export function scopesOfPermission(permission: keyof Permissions): readonly Scope[] {
  if (["people", "ofTeam", "peopleOfTeam", "allTeams"].includes(permission)) return ["activity:read"];
  if (permission === "spenders" || permission === "spendOfTeam") return ["spend:read"];
  if (permission === "namesOfTeam") return ["identity:read"];
  if (permission === "limits" || permission === "limitsOfTeam") return ["spend:read", "limits:read"];
  return isScope(permission) ? [permission] : [];
}

/** They are requested with every field of an operation. */
const known = new WeakMap<Viewer, Permissions>();

export function permissionsOf(viewer: Viewer): Permissions {
  return known.getOrInsertComputed(viewer, workedOut);
}

/** Returns the permissions that some field of an operation has: of a team lead also those of a member, below their own person. */
export function permissionsSomewhere(viewer: Viewer): Permissions {
  const permissions = permissionsOf(viewer);
  return permissions.self && !permissions.own ? { ...permissions, own: true } : permissions;
}

/** Viewers with equal permissions share them, so that they can be compared by identity. There are few combinations. */
const distinct = new Map<string, Permissions>();

function workedOut(viewer: Viewer): Permissions {
  const scopes = ALL.map((scope) => [scope, viewer.scopes.has(scope)]);
  const others = Object.entries(OTHERS).map(([name, isHeld]) => [name, isHeld(viewer)]);
  const permissions: Permissions = Object.fromEntries([...scopes, ...others]);
  return distinct.getOrInsertComputed(JSON.stringify(permissions), () => permissions);
}

/** True if a group of so many people is shown to the viewer; what is not known can be one. */
export function isShownOf({ minPeople }: Viewer, people: number | null): boolean {
  return (people ?? 0) >= minPeople;
}

export function isRole(text: unknown): text is Role {
  return typeof text === "string" && Object.hasOwn(ROLES, text);
}

export function isScope(text: unknown): text is Scope {
  return typeof text === "string" && Object.hasOwn(SCOPES, text);
}

/** The scopes of a role; listed ones take their place. */
export function scopesOf(role: Role, listed: readonly Scope[] | null): ReadonlySet<Scope> {
  return new Set<Scope>(listed ?? ROLES[role]);
}

export function isIdentity(text: unknown): text is Identity {
  return typeof text === "string" && Object.hasOwn(IDENTITIES, text);
}

/** A caller as their token states them, before the operator's policy says how they see people. */
export type Caller = Omit<Viewer, "identity" | "minPeople" | "teamScopes">;

/**
 * Returns the viewer with their identity: as stated for them, else for their role, else by their scopes. A member sees only
 * themselves, and a lead holds their scopes within their teams only. Viewers who see pseudonyms never see names, whatever their scopes.
 */
export function seeing(
  caller: Caller,
  stated: Identity | undefined,
  { byRole, minPeople }: IdentityPolicy,
): Viewer {
  const viewer = { ...caller, teamScopes: NONE };
  if (viewer.role === "MEMBER") return { ...viewer, identity: "full", minPeople: 0 };
  const mayName = viewer.scopes.has("identity:read");
  const wanted = stated ?? byRole[viewer.role] ?? "full";
  const identity = wanted === "full" && !mayName ? "pseudonym" : wanted;
  const held = identity === "full" ? viewer.scopes : viewer.scopes.difference(NAMING);
  const scopes = viewer.role === "LEAD" ? { scopes: NONE, teamScopes: held } : { scopes: held };
  return { ...viewer, ...scopes, identity, minPeople: identity === "none" ? minPeople : 0 };
}

/** Returns a viewer as one who reads their own figures and nothing else. */
export function asMember(viewer: Viewer): Viewer {
  return {
    ...viewer,
    role: "MEMBER",
    scopes: NONE,
    teamScopes: NONE,
    teams: new Set(),
    identity: "full",
    minPeople: 0,
  };
}

const NONE: ReadonlySet<Scope> = new Set();

const NAMING: ReadonlySet<Scope> = new Set<Scope>(["identity:read"]);
