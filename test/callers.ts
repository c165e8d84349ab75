import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Identity,
  type Permissions,
  permissionsOf,
  permissionsSomewhere,
  type Role,
  SCOPES,
  type Scope,
  scopesOf,
  seeing,
  type Viewer,
} from "../src/domain/viewer.ts";
import { sha256 } from "../src/server/auth/tokens.ts";
import type { Environment } from "../src/settings/settings.ts";
import { type Answer, type GatewayOptions, gateway } from "./gateway.ts";

export interface Caller {
  readonly role: Role;
  readonly scopes?: readonly Scope[];
  readonly identity?: Identity;
}

const WITH_ONE_SCOPE = (Object.keys(SCOPES) as Scope[]).map((scope): [string, Caller] => [
  `SERVICE-${scope.replace(":", "-")}`,
  { role: "SERVICE", scopes: [scope] },
]);

/** Every kind of caller, by the name that is their token as well. */
export const CALLERS: Readonly<Record<string, Caller>> = {
  OWNER: { role: "OWNER" },
  ADMIN: { role: "ADMIN" },
  ANALYST: { role: "ANALYST" },
  LEAD: { role: "LEAD" },
  "LEAD with spend": {
    role: "LEAD",
    scopes: ["activity:read", "spend:read", "limits:read", "identity:read"],
  },
  "LEAD by pseudonym": { role: "LEAD", identity: "pseudonym" },
  "LEAD of groups": { role: "LEAD", identity: "none" },
  MEMBER: { role: "MEMBER" },
  SERVICE: { role: "SERVICE", scopes: [] },
  "OWNER by pseudonym": { role: "OWNER", identity: "pseudonym" },
  "OWNER of groups": { role: "OWNER", identity: "none" },
  "ADMIN of groups": { role: "ADMIN", identity: "none" },
  ...Object.fromEntries(WITH_ONE_SCOPE),
};

export const NAMES = Object.keys(CALLERS);

export const MIN_PEOPLE = 5;

export function viewerOf(name: string): Viewer {
  const { role, scopes, identity } = CALLERS[name] as Caller;
  const viewer = {
    name,
    role,
    scopes: scopesOf(role, scopes ?? null),
    teams: new Set<string>(),
    email: null,
    documents: null,
    organizations: null,
  };
  return seeing(viewer, identity, { byRole: {}, minPeople: MIN_PEOPLE });
}

export function permissionsFor(name: string): Permissions {
  return permissionsOf(viewerOf(name));
}

/** The permissions that some field of an operation of a caller has. */
export function permissionsSomewhereFor(name: string): Permissions {
  return permissionsSomewhere(viewerOf(name));
}

export interface GuardedOptions extends Omit<GatewayOptions, "settings"> {
  readonly settings?: Environment;
  /** Of the member, and of team leads. */
  readonly email?: string;
  /** Names of the organizations that all callers are limited to. */
  readonly organizations?: readonly string[];
}

/** The way to a field is as long as it happens to be, and each is asked for. */
const UNBOUNDED = { MAX_DEPTH: "50", MAX_ROWS: "10000000", CALLER_OPERATIONS_PER_MINUTE: "1000000" };

/** A gateway with a token for each caller. */
export function guarded({ settings = {}, email, organizations, ...options }: GuardedOptions = {}) {
  const path = join(folder, `${crypto.randomUUID()}.json`);
  const tokens = Object.entries(CALLERS).map(([name, caller]) => ({
    name,
    ...caller,
    ...(organizations === undefined ? {} : { organizations }),
    sha256: sha256(tokenOf(name)).toString("hex"),
    ...(caller.role === "MEMBER" || caller.role === "LEAD"
      ? { email: email ?? "nobody@ternplover.example" }
      : {}),
  }));
  writeFileSync(path, JSON.stringify(tokens));
  const opened = gateway({
    sandbox: { users: 30 },
    ...options,
    settings: { AUTH: "tokens", TOKENS_FILE: path, ...UNBOUNDED, ...settings },
  });
  const headersOf = (name: string) => ({
    "content-type": "application/json",
    authorization: `Bearer ${tokenOf(name)}`,
  });
  const textAs = async (name: string, query: string, variables: object = {}, operationName?: string) => {
    const response = await opened.app.fetch("http://gateway.test/graphql", {
      method: "POST",
      headers: headersOf(name),
      body: JSON.stringify({ query, variables, operationName }),
    });
    return response.text();
  };
  return {
    ...opened,
    headersOf,
    textAs,
    askAs: async (...asked: Parameters<typeof textAs>) => JSON.parse(await textAs(...asked)) as Answer,
    fileAs: (name: string, file: string) =>
      opened.app.fetch(`http://gateway.test/export/${file}`, { headers: headersOf(name) }),
  };
}

/** Spaces are no part of tokens. */
function tokenOf(name: string): string {
  return name.replaceAll(" ", "-");
}

const folder = mkdtempSync(join(tmpdir(), "callers-"));

export const codesOf = ({ errors }: Answer) => [...new Set(errors?.map(({ extensions }) => extensions.code))];
export const messagesOf = ({ errors }: Answer) => (errors ?? []).map(({ message }) => message).join("\n");
