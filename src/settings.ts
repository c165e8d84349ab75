import { LIMITS } from "./limits.ts";

/** Name, default and meaning of each setting: an environment variable, and a flag of the same name in kebab-case. */
export const SETTINGS = {
  HOST: ["127.0.0.1", "address to listen on; with real keys and AUTH=none only a loopback one"],
  PORT: ["4000", "port to listen on; 0 takes any free one"],
  ANTHROPIC_BASE_URL: [
    "https://api.anthropic.com",
    "upstream of all datasets: http or https, without credentials in it",
  ],
  ANTHROPIC_ANALYTICS_KEY: ["", "key of the Enterprise organization (sk-ant-api01-...)"],
  ANTHROPIC_ADMIN_KEY: [
    "",
    "key of the Console organization (sk-ant-admin01-...); with neither key the sandbox answers",
  ],
  HTTPS_PROXY: [
    "",
    "proxy for https upstreams and issuers of tokens, such as http://proxy.example.com:3128; a name and password in it are sent to the proxy and never shown",
  ],
  HTTP_PROXY: ["", "the same for http ones"],
  NO_PROXY: [
    "",
    "hosts that are asked without the proxy, with commas between them: names (with their subdomains), addresses, each with a port where one is meant, or * for all; this machine always is",
  ],
  CLOCK: [
    "",
    "instant the clock starts at, such as 2026-11-22T12:00:00Z, and ticks on from; the machine's clock if not set",
  ],
  SANDBOX_USERS: ["250", "members of the simulated organization, 20 to 100000"],
  SANDBOX_SEED: ["1", "seed of the simulated organization"],
  SANDBOX_RATE_LIMIT: ["on", "whether the sandbox refuses more requests than upstream would: on or off"],
  CACHE_MEMORY_BYTES: ["256MiB", "memory for upstream pages, such as 64MiB or 1GiB"],
  CACHE_URL: [
    "memory:",
    "where answers are kept over restarts and for replicas: memory:, sqlite:PATH for the processes of one machine, or redis://HOST; with NODE_ENV=production it is sqlite:./cache.db if not set",
  ],
  CACHE_STORE_BYTES: ["4GiB", "the most a sqlite: store holds; a Redis server bounds itself"],
  ARCHIVE_BYTES: [
    "1GiB",
    "the most that is archived of final figures that upstream stops serving, beside the store of CACHE_URL; nothing in it is dropped, and when it is full nothing is added",
  ],
  UPSTREAM_PER_MINUTE: [
    "60",
    "upstream requests a minute for figures, of each organization and of all replicas together",
  ],
  LOOKUPS_PER_MINUTE: ["100", "the same for look-ups, such as members and workspaces"],
  FRESH_TTL: [
    "",
    "longest time in seconds that figures which can still move are reused; 0 always asks; per dataset if not set",
  ],
  OPERATION_TIMEOUT: ["30", "longest time for one operation, in seconds"],
  UPSTREAM_TIMEOUT: ["10", "longest time for one upstream request, in seconds"],
  MAX_UPSTREAM_REQUESTS: ["60", "the most upstream requests one operation may begin"],
  MAX_FIRST: ["1000", "the most rows a list may be asked for"],
  ...LIMITS,
  CALLER_REQUESTS_PER_MINUTE: [
    "",
    "upstream requests a minute of one caller, by token or else by address; if not set, where AUTH asks who they are, as many as upstream allows all of them",
  ],
  CALLER_OPERATIONS_PER_MINUTE: [
    "",
    "operations and files a minute of one caller; if not set, 3000 where AUTH asks who they are",
  ],
  AUTH: ["none", "how callers prove who they are: none, tokens (TOKENS_FILE) or jwt (JWT_*)"],
  TOKENS_FILE: [
    "",
    "JSON list of { name, sha256, role, scopes?, email?, expiresAt?, documents?, identity? }; the command token makes an entry; read again when it changes",
  ],
  JWT_JWKS_URL: ["", "where the issuer publishes the keys its tokens are signed with: an https URL"],
  JWT_ISSUER: ["", "the issuer (iss) that tokens must name; several with commas between them"],
  JWT_AUDIENCE: ["", "the audience (aud) that tokens must be for; several with commas between them"],
  JWT_HEADER: [
    "authorization",
    "the header that carries the token, and the only one that is read; another than authorization may leave out Bearer, as those that a proxy adds do, such as cf-access-jwt-assertion",
  ],
  JWT_NAME_CLAIM: [
    "sub",
    "the claim that names the caller; of several with commas between them the first that is there",
  ],
  JWT_ROLE_CLAIM: [
    "role",
    "the claims with the caller's roles, with commas between them, each by its name or as a path such as realm_access.roles; the highest role counts: primary_owner, owner, admin, analyst, member, service",
  ],
  JWT_ROLE_MAP: [
    "",
    "the issuer's names of roles or groups and the roles they stand for, such as Claude Owners:owner,Claude Readers:analyst, or a JSON object; no other name counts then",
  ],
  JWT_SCOPE_CLAIM: [
    "scope,scp,permissions",
    "the claims with the scopes of the role service, as text with blanks or as lists, with commas between them",
  ],
  JWT_EMAIL_CLAIM: ["email", "the claim with the caller's address, by which members and teams are found"],
  JWT_EMAIL_VERIFIED: [
    "claim",
    "who says that the address is the caller's: claim (the claim of the same name with _verified at its end must be true), or issuer (every address that no such claim says is unverified)",
  ],
  IDENTITY: [
    "",
    "how people are seen: full, pseudonym or none, of all roles or by role, such as analyst:none,service:pseudonym; by name where a role has identity:read and else by pseudonym if not set",
  ],
  MIN_PEOPLE: ["5", "the fewest people a group is of that is shown to callers with the identity none"],
  PSEUDONYM_KEY: [
    "",
    "secret that pseudonyms are made with, 32 characters or more; made of the upstream keys if not set, so that pseudonyms change with those",
  ],
  MAX_CONCURRENT: [
    "1000",
    "the most requests answered at once, files and pages of GraphiQL at most a quarter of them; more get 503 and are told to come back",
  ],
  DRAIN_DELAY: [
    "0",
    "seconds that requests are still taken after a signal to end, while /readyz says 503: the time a load balancer takes to notice",
  ],
  TEAMS_FILE: [
    "",
    "who is in which team: CSV or JSON with email, team, and if known cost centre and manager; the RBAC groups if not set",
  ],
  ALIASES_FILE: ["", "several addresses of one person: CSV or JSON with email and one alias or more"],
  ALLOWED_HOSTS: [
    "",
    "host names callers may know the gateway by, with commas between them, or * for any; if not set any, but with keys and AUTH=none only loopback names and addresses",
  ],
  ALLOWED_ORIGINS: [
    "",
    "origins whose pages may ask from a browser, with commas between them, such as https://dashboard.example.com,http://localhost:5173; only the gateway's own if not set",
  ],
  ALLOWED_HEADERS: [
    "",
    "request headers those pages may send beyond what GraphQL clients and tracing send, with commas between them, or * for any",
  ],
  DOCUMENTS: [
    "any",
    "which documents are run: any, or trusted for those of the query library and DOCUMENTS_FILE alone",
  ],
  DOCUMENTS_FILE: [
    "",
    "manifest of further trusted documents: Apollo's format, or an object of ids and texts, as Relay and codegen write it",
  ],
  DOCUMENTS_BYTES: [
    "8MiB",
    "memory for documents that clients register by their hash (automatic persisted queries), with DOCUMENTS=any",
  ],
  LOG_LEVEL: [
    "info",
    "how much is logged on standard error: trace, debug, info, warn, error, fatal or silent",
  ],
  AUDIT_LOG: [
    "",
    "where a line is kept for each operation and file: off, stderr, stdout, or the path of a file; stderr if not set where AUTH asks who callers are, else off",
  ],
  INTROSPECTION: [
    "on",
    "whether callers are told the part of the schema they may ask, by introspection, by the suggestions of errors and in GraphiQL: on or off",
  ],
  PLAYGROUND: [
    "on",
    "whether browsers are shown GraphiQL on /graphql: on or off; with INTROSPECTION=off or DOCUMENTS=trusted they are not",
  ],
} as const satisfies Record<string, readonly [byDefault: string, meaning: string]>;

export type Setting = keyof typeof SETTINGS;

/** Written in small letters as well, as other programs read them. */
export type ProxySetting = "HTTPS_PROXY" | "HTTP_PROXY" | "NO_PROXY";

export type Environment = {
  readonly [S in Setting | Lowercase<ProxySetting> | "NODE_ENV"]?: string | undefined;
};
