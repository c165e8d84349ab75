/** What can be permitted, and what it opens. */
export const SCOPES = {
  "activity:read":
    "What people and groups do: sessions, messages, projects, skills, connectors, Claude Code.",
  "spend:read": "Everything in money, estimates and allocations included.",
  "identity:read": "Names and addresses of people, and what can be found by them.",
  "keys:read": "API keys, workspaces and service accounts by name.",
  operate: "How the gateway itself stands: datasets, allowances, health in detail.",
} as const satisfies Record<string, string>;

export type Scope = keyof typeof SCOPES;

const ALL = Object.keys(SCOPES) as readonly Scope[];

/** Who may see what where nothing else is said, as in the product's own dashboard. */
export const ROLES = {
  PRIMARY_OWNER: ALL,
  OWNER: ALL,
  ADMIN: ALL.filter((scope) => scope !== "spend:read"),
  ANALYST: ["activity:read", "spend:read"],
  /** Only what is their own. */
  MEMBER: [],
  /** Only what its token or claim lists. */
  SERVICE: [],
} as const satisfies Record<string, readonly Scope[]>;

export type Role = keyof typeof ROLES;

/** Who asks, as far as it decides what they see. */
export interface Viewer {
  /** Of the token, or the subject of the JWT; it stands in logs and shares the allowance under it. */
  readonly name: string;
  readonly role: Role;
  readonly scopes: ReadonlySet<Scope>;
  /** The verified address; null where there is none. */
  readonly email: string | null;
  /** Names and ids of the documents they may run, and nothing else then; null: no such list. */
  readonly documents: ReadonlySet<string> | null;
}

/** Where nobody is asked who they are. */
export const ANYBODY: Viewer = {
  name: "",
  role: "PRIMARY_OWNER",
  scopes: new Set(ALL),
  email: null,
  documents: null,
};

/** Who sees nothing: a request that came in some other way than through the door. */
export const NOBODY: Viewer = { ...ANYBODY, role: "SERVICE", scopes: new Set(), documents: new Set() };

/** What can be asked of a viewer: a scope, to be a member who asks for what is theirs, or nothing at all. */
export type Permits = Record<Scope | "own" | "anybody", boolean>;

export function permitsOf({ scopes, role }: Viewer): Permits {
  const held = Object.fromEntries(ALL.map((scope) => [scope, scopes.has(scope)])) as Record<Scope, boolean>;
  return { ...held, own: role === "MEMBER", anybody: true };
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
