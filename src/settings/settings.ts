import { ACCESS } from "./access.ts";
import { AGENTS } from "./agents.ts";
import { AUTH, JWT } from "./auth.ts";
import { BUDGETS } from "./budgets.ts";
import { CACHE } from "./cache.ts";
import { CALLER_LIMITS, OPERATION_LIMITS, REQUEST_LIMITS } from "./limits.ts";
import { LINKS } from "./links.ts";
import { LOGS } from "./logs.ts";
import { METRICS } from "./metrics.ts";
import { OBJECT_STORE } from "./object-store.ts";
import { ORGANIZATIONS_FILE } from "./organizations.ts";
import { PUBLIC_URL } from "./public-url.ts";
import { CLOCK, SANDBOX } from "./sandbox.ts";
import { SEAT_PRICES } from "./seat-prices.ts";
import { SERVER } from "./server.ts";
import { SIGN_IN } from "./sign-in.ts";
import { TEAMS } from "./teams.ts";
import { TRACING } from "./tracing.ts";
import { UPSTREAM } from "./upstream.ts";

/** Every setting, by subject, in the order of the documentation and of `--help`. */
export const SUBJECTS = {
  "Keys and upstream": [ORGANIZATIONS_FILE, ...Object.values(UPSTREAM)],
  Listening: [...Object.values(SERVER), PUBLIC_URL],
  "Who may read what": [
    ...Object.values(AUTH),
    ...Object.values(JWT),
    ...Object.values(SIGN_IN),
    ...Object.values(ACCESS),
  ],
  "Links to pictures": Object.values(LINKS),
  Agents: Object.values(AGENTS),
  Teams: Object.values(TEAMS),
  "Budgets and prices": [...Object.values(BUDGETS), ...Object.values(SEAT_PRICES)],
  "Cache and stores": Object.values(CACHE),
  "Exports to S3": Object.values(OBJECT_STORE),
  Limits: [
    ...Object.values(OPERATION_LIMITS),
    ...Object.values(REQUEST_LIMITS),
    ...Object.values(CALLER_LIMITS),
  ],
  "Logs, audit and metrics": [...Object.values(LOGS), ...Object.values(METRICS)],
  Traces: Object.values(TRACING),
  "Sandbox and clock": [...Object.values(SANDBOX), CLOCK],
};

export const SETTINGS = Object.values(SUBJECTS).flat();

export type SettingName = (typeof SETTINGS)[number]["name"];

/** Names that other programs read in lower case. */
type ProxyName = "HTTPS_PROXY" | "HTTP_PROXY" | "NO_PROXY";

export type Environment = {
  readonly [S in SettingName | Lowercase<ProxyName> | "NODE_ENV"]?: string | undefined;
};
