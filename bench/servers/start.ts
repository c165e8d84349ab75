import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sha256 } from "../../src/server/auth/tokens.ts";
import { type Process, runCommand, urlIn } from "../../test/process.ts";
import { CORES, pinned, SERVER_CORES } from "../machine.ts";
import { CLOCK, USERS } from "../queries.ts";
import { REQUESTS_PATH, type UpstreamRequest } from "./upstream.ts";

/** A server in a process of its own. */
export interface Server {
  readonly url: string;
  readonly process: Process;
}

async function start(
  core: number | readonly number[],
  command: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Server> {
  const started = runCommand(pinned(core, command), environment);
  return { process: started, url: urlIn(await started.printed("Try:")) };
}

const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const GATEWAY = script("../../gateway.js");

/** Sends the bytes of `file` for every request. */
export const startRaw = (file: string) => start(CORES.server, [process.execPath, script("raw.ts"), file]);

/** Yoga and Pothos over the rows of `file`, with the response-cache plugin if `cached`. */
export const startPlain = (file: string, { cached = false } = {}) =>
  start(CORES.server, [process.execPath, script("plain.ts"), ...(cached ? ["--cached"] : []), file]);

/** One of those two as it is, or as several workers, on the cores of a server of two processes. */
export const startOnSeveral = (name: "raw" | "plain", file: string, workers: number) =>
  start(SERVER_CORES, [
    process.execPath,
    ...(workers > 1 ? [script("cluster.ts"), String(workers)] : []),
    script(`${name}.ts`),
    file,
  ]);

/** Writes the rows of a CSV `file`, which it holds in memory, for every request. */
export const startRows = (file: string) => start(CORES.server, [process.execPath, script("rows.ts"), file]);

export interface Upstream extends Server {
  /** The requests since the last call. */
  requests(): Promise<readonly UpstreamRequest[]>;
}

export async function startUpstream({ users = USERS, latencyMs = 0 } = {}): Promise<Upstream> {
  const flags = ["--users", String(users), "--latency-ms", String(latencyMs), "--now", CLOCK];
  const server = await start(CORES.upstream, [process.execPath, script("upstream.ts"), ...flags]);
  return {
    ...server,
    requests: async () => (await (await fetch(server.url + REQUESTS_PATH)).json()) as UpstreamRequest[],
  };
}

/** The settings of a gateway over `upstream`, which never makes it wait for its budget. */
function settingsOver(upstream: Upstream): Readonly<Record<string, string>> {
  return {
    ANTHROPIC_ANALYTICS_KEY: "sk-ant-api01-bench",
    ANTHROPIC_ADMIN_KEY: "sk-ant-admin01-bench",
    ANTHROPIC_BASE_URL: upstream.url,
    UPSTREAM_PER_MINUTE: "1000000",
    LOOKUPS_PER_MINUTE: "1000000",
    SPEND_LIMITS_PER_MINUTE: "1000000",
    CLOCK,
  };
}

/** A gateway as an operator starts it. `flags` are Node's own. */
export const startGateway = (
  upstream: Upstream,
  settings: Readonly<Record<string, string>> = {},
  flags: readonly string[] = [],
  cores: number | readonly number[] = CORES.server,
) =>
  start(cores, [process.execPath, ...flags, GATEWAY, "serve", "--port", "0"], {
    ...settingsOver(upstream),
    ...settings,
  });

const CALLERS = 32;
const tokenOf = (caller: number) => `cag_${String(caller).padStart(40, "0")}`;

/** The `i`-th request's caller. There are several, because one may not ask more than a million operations a minute. */
export const authorization = (i: number) => ({ authorization: `Bearer ${tokenOf(i % CALLERS)}` });

/** Callers authenticate, and each operation has a line in the audit log. */
export function authenticated(folder: string): Readonly<Record<string, string>> {
  const tokens = Array.from({ length: CALLERS }, (_, i) => ({
    name: `caller ${i}`,
    role: "OWNER",
    sha256: sha256(tokenOf(i)).toString("hex"),
  }));
  writeFileSync(join(folder, "tokens.json"), JSON.stringify(tokens));
  return {
    AUTH: "tokens",
    TOKENS_FILE: join(folder, "tokens.json"),
    AUDIT_LOG: join(folder, "audit.log"),
    CALLER_OPERATIONS_PER_MINUTE: "1000000",
    CALLER_REQUESTS_PER_MINUTE: "1000000",
  };
}
