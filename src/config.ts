import { type ClaimNames, ownRole, roleKey } from "./domain/claims.ts";
import { type Instant, parseInstant } from "./domain/day.ts";
import type { Roster } from "./domain/team.ts";
import {
  IDENTITIES,
  type IdentityPolicy,
  isIdentity,
  isRole,
  ROLES,
  type Role,
  scopesOf,
} from "./domain/viewer.ts";
import { keyFaults } from "./keys.ts";
import { LIMIT_RANGES, LIMITS, type LimitName, type RequestLimits, type StatedLimit } from "./limits.ts";
import { directHosts, NO_PROXIES, type Proxies, proxyUrl } from "./proxies.ts";
import { type RosterFiles, readRoster } from "./roster.ts";
import { type Environment, type ProxySetting, SETTINGS, type Setting } from "./settings.ts";
import type { Limits } from "./upstream/budget.ts";
import { Credential, type Credentials } from "./upstream/credential.ts";

/** Everything an operator can set, by subject. Read once at start; frozen. */
export interface Config {
  readonly upstream: UpstreamConfig;
  readonly server: ServerConfig;
  readonly access: AccessConfig;
  readonly teams: TeamsConfig;
  readonly cache: CacheConfig;
  readonly limits: LimitsConfig;
  readonly logs: LogsConfig;
  /** The simulated organization; null with keys. */
  readonly sandbox: SandboxConfig | null;
  /** The instant the clock starts at; null is the machine's clock. It ticks on from there. */
  readonly clock: Instant | null;
  /** Hints for the operator about settings that are valid but probably not meant. */
  readonly notes: readonly string[];
}

export interface UpstreamConfig {
  readonly baseUrl: URL;
  readonly proxies: Proxies;
  readonly credentials: Credentials;
  readonly timeoutMs: number;
  readonly requestsPerMinute: Limits;
}

export interface ServerConfig {
  readonly host: string;
  readonly port: number;
  /** How long requests are still answered after a signal to end, while /readyz says 503. */
  readonly drainDelayMs: number;
  /** Host names that requests may name, beside addresses. */
  readonly allowedHosts: AllowedHosts;
  /** Origins other than the gateway's own whose pages may read answers. */
  readonly allowedOrigins: readonly string[];
  /** Request headers that those pages may send beyond the usual ones; `*` is any. */
  readonly allowedHeaders: readonly string[];
}

export interface AccessConfig {
  /** How callers prove who they are. */
  readonly auth: AuthConfig;
  /** How callers see people. */
  readonly identity: IdentityPolicy;
  /** The secret for pseudonyms; null: derived from the upstream keys. */
  readonly pseudonymKey: string | null;
  /** Callers may read the schema. */
  readonly introspection: boolean;
  readonly playground: boolean;
  readonly documents: DocumentsConfig;
}

export interface TeamsConfig {
  /** Read again when they change. */
  readonly files: RosterFiles;
  /** The teams and aliases of those files at start. */
  readonly roster: Roster;
}

export interface CacheConfig {
  readonly memoryBytes: number;
  /** The store that replicas share; null: memory only. */
  readonly store: StoreConfig | null;
  /** Upper bound on the seconds an answer that is not final is reused; undefined leaves it to the dataset. */
  readonly freshSeconds: number | undefined;
}

export interface LimitsConfig {
  /** Bounds on one request, by setting. */
  readonly request: RequestLimits;
  /** Bounds on one caller per minute; null: unlimited. */
  readonly caller: { readonly operations: number | null; readonly requests: number | null };
  readonly operationTimeoutMs: number;
  readonly maxUpstreamRequests: number;
  readonly maxFirst: number;
  readonly maxConcurrent: number;
}

export interface LogsConfig {
  readonly level: LogLevel;
  /** Destination of the audit log; null: none. */
  readonly audit: AuditConfig;
}

/** `*`: any. */
export type AllowedHosts = "*" | readonly string[];

export type AuthConfig =
  /** Nobody is asked. */
  | { readonly kind: "none" }
  | { readonly kind: "tokens"; readonly path: string }
  | ({
      readonly kind: "jwt";
      readonly jwksUrl: URL;
      readonly issuers: readonly string[];
      readonly audiences: readonly string[];
      /** The header with the token, in lower case. */
      readonly header: string;
    } & ClaimNames);

export interface DocumentsConfig {
  /** Whether nothing but trusted documents is run. */
  readonly trustedOnly: boolean;
  /** The operator's manifest; empty where there is none. */
  readonly path: string;
  /** Memory for texts that clients register by their hash. */
  readonly registeredBytes: number;
}
export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

export type AuditConfig = "stdout" | "stderr" | { readonly path: string } | null;

export type StoreConfig =
  | {
      readonly kind: "sqlite";
      readonly path: string;
      readonly maxBytes: number;
      /** The most that its archive holds. */
      readonly archiveBytes: number;
    }
  | { readonly kind: "redis"; readonly url: string; readonly archiveBytes: number };

export interface SandboxConfig {
  readonly users: number;
  readonly seed: number;
  readonly rateLimit: boolean;
}

/** Settings that cannot be used, all of them at once, each in a line that never shows a key. */
export class ConfigError extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.join("\n"));
    this.name = "ConfigError";
    this.faults = faults;
  }
}

/** The settings of an environment, or one ConfigError that lists every fault. */
export function readConfig(environment: Environment): Config {
  const faults: string[] = [];
  const notes: string[] = [];
  const text = (name: Setting): string => environment[name]?.trim() || SETTINGS[name][0];
  const read = <T>(name: Setting, parse: (value: string) => T | null, expected: string, fallback: T): T => {
    const value = parse(text(name));
    if (value === null) faults.push(`${name} is not ${expected}.`);
    return value ?? fallback;
  };
  const whole = (name: Setting, min: number, max: number): number =>
    read(name, (value) => wholeNumber(value, min, max), `a whole number from ${min} to ${max}`, min);

  const size = (name: Setting, least: number, most: number): number =>
    read(
      name,
      (value) => {
        const parsed = bytes(value);
        return parsed !== null && parsed >= least && parsed <= most ? parsed : null;
      },
      `a size from ${least} to ${most} bytes, such as ${SETTINGS[name][0]}`,
      least,
    );

  const analytics = text("ANTHROPIC_ANALYTICS_KEY");
  const admin = text("ANTHROPIC_ADMIN_KEY");
  const sandboxed = analytics === "" && admin === "";
  const host = text("HOST");
  const auth = authOf(text, faults);
  if (!sandboxed && auth.kind === "none" && !LOOPBACK.test(host)) {
    faults.push(
      "HOST is an address others can reach, and nothing asks callers who they are; with keys set it must be loopback, such as 127.0.0.1, or AUTH must be tokens or jwt.",
    );
  }
  if (sandboxed && environment.ANTHROPIC_BASE_URL?.trim()) {
    faults.push(
      "ANTHROPIC_BASE_URL is set without a key; set ANTHROPIC_ANALYTICS_KEY or ANTHROPIC_ADMIN_KEY too.",
    );
  }
  faults.push(...keyFaults({ analytics, admin }));
  const introspection = read("INTROSPECTION", onOrOff, "on or off", true);
  const trustedOnly = read("DOCUMENTS", anyOrTrusted, "any or trusted", true);
  const limits = {
    analytics: whole("UPSTREAM_PER_MINUTE", 1, 1_000_000),
    lookups: whole("LOOKUPS_PER_MINUTE", 1, 1_000_000),
  };
  const maxFirst = whole("MAX_FIRST", 1, 100_000);
  const keys = sandboxed ? 2 : [analytics, admin].filter((key) => key !== "").length;
  // Behind a proxy all who are not asked who they are have one address.
  const ofCaller = (name: Setting, byDefault: number): number | null => {
    if (text(name) !== "") return whole(name, 1, 1_000_000);
    return auth.kind === "none" ? null : byDefault;
  };
  const isUnset = !environment.CACHE_URL?.trim();
  const cacheUrl = isUnset && environment.NODE_ENV === "production" ? IN_PRODUCTION : text("CACHE_URL");
  const rosterFiles = { teams: text("TEAMS_FILE"), aliases: text("ALIASES_FILE") };
  const config: Config = {
    upstream: {
      baseUrl: read(
        "ANTHROPIC_BASE_URL",
        baseUrl,
        "an http or https URL without credentials, query or fragment, and not of a link-local address",
        new URL("http://invalid.invalid"),
      ),
      credentials: sandboxed
        ? {
            analytics: new Credential("sk-ant-api01-sandbox"),
            admin: new Credential("sk-ant-admin01-sandbox"),
          }
        : {
            analytics: analytics === "" ? null : new Credential(analytics),
            admin: admin === "" ? null : new Credential(admin),
          },
      // The sandbox in this process is asked nothing over a network.
      proxies: sandboxed && auth.kind !== "jwt" ? NO_PROXIES : proxiesOf(environment, faults),
      timeoutMs: whole("UPSTREAM_TIMEOUT", 1, 600) * 1_000,
      requestsPerMinute: limits,
    },
    server: {
      host,
      port: whole("PORT", 0, 65_535),
      drainDelayMs: whole("DRAIN_DELAY", 0, 300) * 1_000,
      allowedHosts: read(
        "ALLOWED_HOSTS",
        (value) => hosts(value || (sandboxed || auth.kind !== "none" ? "*" : "localhost")),
        "a list of host names without scheme or port, such as gateway.example.com, or *",
        "*",
      ),
      allowedOrigins: read(
        "ALLOWED_ORIGINS",
        origins,
        "a list of origins such as https://dashboard.example.com, each without a path and none of them `*` or `null`",
        [],
      ),
      allowedHeaders: [
        ...read(
          "ALLOWED_HEADERS",
          headerNames,
          "a list of names of request headers such as x-session-id, x-tenant, or * for any",
          [],
        ),
        ...(auth.kind === "jwt" ? [auth.header] : []),
      ],
    },
    access: {
      auth,
      identity: {
        byRole: read("IDENTITY", identitiesByRole, IDENTITY_FORM, {}),
        minPeople: whole("MIN_PEOPLE", 2, 10_000),
      },
      pseudonymKey:
        text("PSEUDONYM_KEY") === ""
          ? null
          : read("PSEUDONYM_KEY", (value) => (value.length < 32 ? null : value), "32 characters or more", ""),
      documents: {
        trustedOnly,
        path: text("DOCUMENTS_FILE"),
        registeredBytes: read("DOCUMENTS_BYTES", bytes, "a size such as 8MiB", 1),
      },
      introspection,
      // Without the schema it could neither complete nor explain anything, and its texts are nobody's to the letter.
      playground: read("PLAYGROUND", onOrOff, "on or off", true) && introspection && !trustedOnly,
    },
    teams: { files: rosterFiles, roster: readRoster(rosterFiles, { faults, notes }) },
    cache: {
      memoryBytes: read("CACHE_MEMORY_BYTES", bytes, "a size such as 256MiB", 0),
      store: storeOf(
        cacheUrl,
        read("CACHE_STORE_BYTES", bytes, "a size such as 4GiB", 0),
        read("ARCHIVE_BYTES", bytes, "a size such as 1GiB", 0),
        faults,
      ),
      freshSeconds: text("FRESH_TTL") === "" ? undefined : whole("FRESH_TTL", 0, 86_400),
    },
    limits: {
      request: Object.fromEntries(
        (Object.keys(LIMITS) as LimitName[]).map((name) => {
          const [least, most] = LIMIT_RANGES[name];
          if (text(name) === "") return [name, Math.max(20_000, 20 * maxFirst)];
          return [name, name.endsWith("_BYTES") ? size(name, least, most) : whole(name, least, most)];
        }),
      ) as RequestLimits,
      caller: {
        requests: ofCaller("CALLER_REQUESTS_PER_MINUTE", (limits.analytics + limits.lookups) * keys),
        operations: ofCaller("CALLER_OPERATIONS_PER_MINUTE", 3_000),
      },
      operationTimeoutMs: whole("OPERATION_TIMEOUT", 1, 600) * 1_000,
      maxUpstreamRequests: whole("MAX_UPSTREAM_REQUESTS", 1, 100_000),
      maxFirst,
      maxConcurrent: whole("MAX_CONCURRENT", 1, 100_000),
    },
    logs: {
      level: read("LOG_LEVEL", logLevel, `one of ${LOG_LEVELS.join(", ")}`, "info"),
      audit: auditOf(text("AUDIT_LOG"), auth, faults),
    },
    sandbox: sandboxed
      ? {
          users: whole("SANDBOX_USERS", 20, 100_000),
          seed: whole("SANDBOX_SEED", 0, 2 ** 31),
          rateLimit: read("SANDBOX_RATE_LIMIT", onOrOff, "on or off", true),
        }
      : null,
    clock:
      text("CLOCK") === "" ? null : read("CLOCK", parseInstant, "an instant such as 2026-11-22T12:00:00Z", 0),
    notes,
  };
  if (faults.length > 0) throw new ConfigError(faults);
  return Object.freeze(config);
}

/** Reads the operator's teams and aliases anew; throws ConfigError. */
export function rereadRoster(files: RosterFiles): Roster {
  const faults: string[] = [];
  const roster = readRoster(files, { faults, notes: [] });
  if (faults.length > 0) throw new ConfigError(faults);
  return roster;
}

const IDENTITY_FORM = `${Object.keys(IDENTITIES).join(", ")}, or a list of those by role, each once, such as analyst:none,service:pseudonym, where full takes a role with identity:read`;

function identitiesByRole(value: string): IdentityPolicy["byRole"] | null {
  if (value === "") return {};
  if (isIdentity(value)) return Object.fromEntries(Object.keys(ROLES).map((role) => [role, value]));
  const stated = value.split(",").map((each) => {
    const [role = "", identity, ...more] = each.trim().split(":");
    const name = role.toUpperCase().replaceAll("-", "_");
    if (!isRole(name) || !isIdentity(identity) || more.length > 0) return null;
    const isShown = identity !== "full" || name === "SERVICE" || scopesOf(name, null).has("identity:read");
    return isShown ? ([name, identity] as const) : null;
  });
  const byRole = new Map(stated.flatMap((each) => (each ? [each] : [])));
  return byRole.size < stated.length ? null : Object.fromEntries(byRole);
}

/** The limits that a client can meet. */
export function statedLimits({
  request,
  caller,
  maxFirst,
  maxUpstreamRequests,
}: LimitsConfig): StatedLimit[] {
  const values: { readonly [S in Setting]?: number | null } = {
    ...request,
    MAX_FIRST: maxFirst,
    MAX_UPSTREAM_REQUESTS: maxUpstreamRequests,
    CALLER_REQUESTS_PER_MINUTE: caller.requests,
    CALLER_OPERATIONS_PER_MINUTE: caller.operations,
  };
  return (Object.entries(values) as [Setting, number | null][]).flatMap(([name, value]) =>
    value === null ? [] : [{ name, value, meaning: SETTINGS[name][1] }],
  );
}

const JWT_REQUIRED = ["JWT_JWKS_URL", "JWT_ISSUER", "JWT_AUDIENCE"] as const;
const JWT_SETTINGS = [
  ...JWT_REQUIRED,
  "JWT_HEADER",
  "JWT_NAME_CLAIM",
  "JWT_ROLE_CLAIM",
  "JWT_ROLE_MAP",
  "JWT_SCOPE_CLAIM",
  "JWT_EMAIL_CLAIM",
  "JWT_EMAIL_VERIFIED",
] as const;

/** The spelling in small letters goes first, as with curl. A fault does not repeat the value, which can hold a password. */
function proxiesOf(environment: Environment, faults: string[]): Proxies {
  const given = (name: ProxySetting, inSmallLetters: Lowercase<ProxySetting>): string =>
    environment[inSmallLetters]?.trim() || environment[name]?.trim() || "";
  const proxy = (name: ProxySetting, text: string): URL | null => {
    const url = text === "" ? null : proxyUrl(text);
    if (text !== "" && url === null)
      faults.push(
        `${name} is not the URL of an http or https proxy, such as http://proxy.example.com:3128, with name and password percent-encoded.`,
      );
    return url;
  };
  return {
    https: proxy("HTTPS_PROXY", given("HTTPS_PROXY", "https_proxy")),
    http: proxy("HTTP_PROXY", given("HTTP_PROXY", "http_proxy")),
    direct: directHosts(given("NO_PROXY", "no_proxy")),
  };
}

/** Settings of a way that is not chosen are faults too: whoever sets them takes the gateway for guarded. */
function authOf(text: (name: Setting) => string, faults: string[]): AuthConfig {
  const kind = text("AUTH");
  const given = (names: readonly Setting[]) => names.filter((name) => text(name) !== SETTINGS[name][0]);
  if (kind !== "tokens" && given(["TOKENS_FILE"]).length > 0)
    faults.push("TOKENS_FILE is set, and AUTH is not tokens.");
  if (kind !== "jwt" && given(JWT_SETTINGS).length > 0)
    faults.push(`${given(JWT_SETTINGS).join(", ")} set, and AUTH is not jwt.`);
  if (kind === "none") return { kind };
  if (kind === "tokens") {
    const path = text("TOKENS_FILE");
    if (path === "") faults.push("AUTH is tokens, and TOKENS_FILE names no file.");
    return { kind, path };
  }
  if (kind !== "jwt") {
    faults.push("AUTH is not none, tokens or jwt.");
    return { kind: "none" };
  }
  const missing = JWT_REQUIRED.filter((name) => text(name) === "");
  if (missing.length > 0) faults.push(`AUTH is jwt, and ${missing.join(", ")} not set.`);
  const listed = (name: Setting): readonly string[] => {
    const parts = text(name)
      .split(",")
      .map((each) => each.trim());
    if (text(name) !== "" && parts.includes("")) faults.push(`${name} has a comma with nothing beside it.`);
    return parts;
  };
  const header = text("JWT_HEADER").toLowerCase();
  if (!isTokenHeader(header))
    faults.push(
      "JWT_HEADER is not the name of a header for a token, such as authorization or cf-access-jwt-assertion.",
    );
  const vouching = text("JWT_EMAIL_VERIFIED");
  if (vouching !== "claim" && vouching !== "issuer")
    faults.push("JWT_EMAIL_VERIFIED is not claim or issuer.");
  const emailClaim = text("JWT_EMAIL_CLAIM");
  if (emailClaim.includes(",")) faults.push("JWT_EMAIL_CLAIM is more than one claim.");
  const roleMap = roleMapOf(text("JWT_ROLE_MAP"), faults);
  const roleClaims = listed("JWT_ROLE_CLAIM");
  if (roleMap === null && roleClaims.includes(emailClaim))
    faults.push(
      `JWT_ROLE_CLAIM has ${emailClaim}, the claim with the address, and JWT_ROLE_MAP does not say which address has which role.`,
    );
  return {
    kind,
    jwksUrl: keysUrl(text("JWT_JWKS_URL"), faults),
    issuers: listed("JWT_ISSUER"),
    audiences: listed("JWT_AUDIENCE"),
    header,
    nameClaims: listed("JWT_NAME_CLAIM"),
    roleClaims,
    roleMap,
    scopeClaims: listed("JWT_SCOPE_CLAIM"),
    emailClaim,
    vouchesForEmail: vouching === "issuer",
  };
}

/** Headers that browsers or proxies fill with something else. */
const OTHER_HEADERS = [
  "cookie",
  "host",
  "origin",
  "content-type",
  "content-length",
  "x-request-id",
  "explain",
];

function isTokenHeader(name: string): boolean {
  return /^[a-z\d][a-z\d_-]*$/.test(name) && !OTHER_HEADERS.includes(name);
}

/** Names may have colons in them, ours have none, so the last one parts them. Null: there is no map. */
function roleMapOf(value: string, faults: string[]): ReadonlyMap<string, Role> | null {
  if (value === "") return null;
  const entries = value.startsWith("{") ? jsonEntries(value) : value.split(",").map(lastColonOf);
  if (entries === null || entries.length === 0) {
    faults.push('JWT_ROLE_MAP is not a JSON object of names and roles, such as {"Claude Owners": "owner"}.');
    return new Map();
  }
  const roles = Object.keys(ROLES).map((role) => role.toLowerCase());
  const map = new Map<string, Role>();
  for (const [i, [name, role]] of entries.entries()) {
    const own = typeof role === "string" ? ownRole(role) : undefined;
    const key = roleKey(name);
    if (name === "" || own === undefined)
      faults.push(`JWT_ROLE_MAP: entry ${i + 1} is not a name, a colon and one of ${roles.join(", ")}.`);
    else if (map.has(key) && map.get(key) !== own)
      faults.push(`JWT_ROLE_MAP: entry ${i + 1} gives a name another role than an entry before it.`);
    else map.set(key, own);
  }
  return map;
}

function lastColonOf(entry: string): readonly [name: string, role: unknown] {
  const colon = entry.lastIndexOf(":");
  return [entry.slice(0, Math.max(colon, 0)).trim(), entry.slice(colon + 1).trim()];
}

function jsonEntries(value: string): readonly (readonly [name: string, role: unknown])[] | null {
  try {
    return Object.entries(JSON.parse(value) as object);
  } catch {
    return null;
  }
}

function keysUrl(value: string, faults: string[]): URL {
  const url = URL.parse(value);
  if (value !== "" && !isKeysUrl(url))
    faults.push("JWT_JWKS_URL is not an https URL (http for a loopback address) without credentials.");
  else if (url?.pathname.includes("/.well-known/openid-configuration"))
    faults.push("JWT_JWKS_URL is the issuer's discovery document; set it to the `jwks_uri` in there.");
  return url ?? new URL("https://invalid.invalid");
}

/** Whoever can change what is fetched lets in whom they like, so it is not fetched in the clear. */
function isKeysUrl(url: URL | null): boolean {
  if (url === null || url.username !== "" || url.password !== "") return false;
  return url.protocol === "https:" || (url.protocol === "http:" && LOOPBACK.test(url.hostname));
}

/** What takes days of upstream requests to read should outlive the process. */
const IN_PRODUCTION = "sqlite:./cache.db";

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/;

function wholeNumber(value: string, min: number, max: number): number | null {
  if (!/^\d{1,10}$/.test(value)) return null;
  const number = Number(value);
  return number >= min && number <= max ? number : null;
}

function onOrOff(value: string): boolean | null {
  return value === "on" ? true : value === "off" ? false : null;
}

function anyOrTrusted(value: string): boolean | null {
  return value === "trusted" ? true : value === "any" ? false : null;
}

function hosts(value: string): AllowedHosts | null {
  if (value === "*") return value;
  const listed = value.split(",").map((each) => each.trim().toLowerCase());
  return listed.every((each) => /^[a-z\d]([a-z\d.-]*[a-z\d])?$/.test(each)) ? listed : null;
}

/** Each just as a browser sends it, so that it is compared with nothing in between. */
/** Names of headers (RFC 9110, section 5.1), in lower case as browsers send them in a preflight. */
function headerNames(value: string): string[] | null {
  if (value === "") return [];
  const listed = value.split(",").map((each) => each.trim().toLowerCase());
  return listed.every((each) => /^[!#$%&'*+.^_`|~\w-]+$/.test(each)) ? listed : null;
}

function origins(value: string): string[] | null {
  if (value === "") return [];
  const listed = value.split(",").map((each) => each.trim());
  return listed.every((each) => /^https?:/.test(each) && URL.parse(each)?.origin === each) ? listed : null;
}

function logLevel(value: string): LogLevel | null {
  return LOG_LEVELS.find((level) => level === value) ?? null;
}

/** Where nobody is asked who they are, account of it would be kept of nobody. */
function auditOf(value: string, { kind }: AuthConfig, faults: string[]): AuditConfig {
  if (value === "") return kind === "none" ? null : "stderr";
  if (value === "off") return null;
  if (value === "stdout" || value === "stderr") return value;
  // A bare word is more likely a misspelt choice than a file that should be made here.
  if (!value.includes("/"))
    faults.push("AUDIT_LOG is not off, stderr, stdout or the path of a file, such as ./audit.log.");
  return { path: value };
}

const UNITS = { "": 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 } as const;

function bytes(value: string): number | null {
  const match = /^(\d{1,12})(|KiB|MiB|GiB)$/.exec(value);
  const size = match === null ? 0 : Number(match[1]) * UNITS[match[2] as keyof typeof UNITS];
  return size > 0 ? size : null;
}

function storeOf(
  value: string,
  maxBytes: number,
  archiveBytes: number,
  faults: string[],
): StoreConfig | null {
  if (value === "memory:") return null;
  const path = /^sqlite:(?:\/\/(?=\/))?(.+)$/.exec(value)?.[1];
  if (path !== undefined) return { kind: "sqlite", path, maxBytes, archiveBytes };
  // The URL can hold a password, so it is not repeated.
  if (!/^rediss?:\/\/./.test(value) || URL.parse(value) === null)
    faults.push("CACHE_URL is not memory:, sqlite:PATH, redis://HOST or rediss://HOST.");
  return { kind: "redis", url: value, archiveBytes };
}

/** Where clouds hand out credentials of machines, in each way that a parsed URL writes it. */
const LINK_LOCAL = /^(169\.254\.|\[::ffff:a9fe:|\[fe[89ab])/;

function baseUrl(value: string): URL | null {
  const url = URL.parse(value);
  const plain = url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "";
  return plain && url.search === "" && url.hash === "" && !LINK_LOCAL.test(url.hostname) ? url : null;
}
