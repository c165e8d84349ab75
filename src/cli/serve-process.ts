import type { AddressInfo } from "node:net";
import type { Config } from "../config.ts";
import type { Instant } from "../domain/day.ts";
import { AUTHORIZATION } from "../server/auth/authenticator.ts";
import { firstQuery } from "../server/documents/query-library.ts";
import { areBuilt, BUILT_PAGES } from "../server/http/built-pages.ts";
import { createListener } from "../server/http/listener.ts";
import type { Metrics } from "../server/observability/metrics.ts";
import type { AuthConfig } from "../settings/auth.ts";
import type { TenantConfig } from "../settings/organizations.ts";
import type { Environment } from "../settings/settings.ts";
import { lifetimeOf, observersOf } from "./lifetime.ts";
import { cannotListen } from "./listen.ts";
import { describeUpstream, openGateway } from "./open.ts";
import { SLACK_MS, STOPPING, stopOnSignal } from "./stop.ts";
import { answerCalls } from "./workers/calls.ts";
import { thisWorker } from "./workers/worker.ts";

/** Serves the gateway, alone or as one of several workers. */
export async function serveProcess(environment: Environment): Promise<void> {
  const worker = thisWorker();
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {}); // their reader may go away
  const observers = (config: Config, now: () => Instant) => observersOf(config, now, config.metrics !== null);
  const opened = await openGateway(environment, {}, observers, worker);
  if (opened === null) {
    if (worker !== null) process.exit(); // with the code of the fault; the channel to the primary would keep it running
    return;
  }
  const { loggers, app, config, now } = opened;
  const scraped = worker === null ? await scrapedAt(config, loggers.metrics) : "";
  const server = createListener({ ...app, limits: config.limits });
  server.once("error", (error: NodeJS.ErrnoException) => {
    process.stderr.write(cannotListen(error, config.server));
    process.exit(1);
  });
  server.listen(config.server.port, config.server.host, () => {
    if (worker?.isFirst ?? true)
      process.stdout.write(`${greeting(config, server.address() as AddressInfo, now())}\n${scraped}`);
  });
  if (worker !== null)
    answerCalls(worker.channel, { metrics: async () => (await loggers.metrics?.json()) ?? [] });
  const lifetime = lifetimeOf(opened);
  const gateway = {
    ...lifetime,
    startDraining() {
      if (worker === null) loggers.log.info(STOPPING);
      lifetime.startDraining();
    },
  };
  stopOnSignal(server, gateway, {
    drainDelayMs: config.server.drainDelayMs,
    graceMs: config.limits.operationTimeoutMs + SLACK_MS,
  });
  process.on("SIGUSR2", () => loggers.auditLog.reopen());
}

/** Serves the metrics of this process, where that is configured. */
async function scrapedAt({ metrics: address, server }: Config, metrics: Metrics | null): Promise<string> {
  if (address === null || metrics === null) return "";
  const { listenForScrapes } = await import("./metrics/listener.ts");
  const { allowedHosts } = server;
  return listenForScrapes({ ...address, allowedHosts, scrape: () => metrics.text() });
}

/** The query to begin with: an admin key alone cannot answer one about users. */
function exampleFor([first]: readonly TenantConfig[]): string {
  return !first?.credentials.analytics
    ? "{ cost(range: {last: {days: 7}}, bucket: NONE, groupBy: [MODEL]) { total { net { usd } } nodes { model net { usd } } } }"
    : "{ users(range: {last: {days: 7}}, first: 10) { nodes { email activity { chat { messages } } cost { net { usd } } } } }";
}

const AUTHENTICATION = {
  none: "callers do not authenticate",
  tokens: "callers send one of the tokens of TOKENS_FILE",
  jwt: "callers send a token of the issuer JWT_ISSUER",
} as const satisfies { [K in AuthConfig["kind"]]: string };

function tokenHeader(auth: AuthConfig): string {
  return auth.kind === "jwt" && auth.header !== AUTHORIZATION
    ? `${auth.header}: `
    : `${AUTHORIZATION}: Bearer `;
}

function greeting(config: Config, { port }: AddressInfo, now: Instant): string {
  const {
    server: { host },
    access: { playground, auth, documents },
    tenants,
    clock,
  } = config;
  const name = tenants[0]?.name ?? null;
  const chosen = name === null ? "" : `?organization=${name}`;
  const origin = `http://${host.includes(":") ? `[${host.replace(/[[\]]/g, "")}]` : host}:${port}`;
  const url = `${origin}/graphql`;
  const hasPages = areBuilt(BUILT_PAGES);
  const token = auth.kind === "none" ? "" : ` -H "${tokenHeader(auth)}$TOKEN"`;
  return [
    `Listening on ${url}${hasPages && playground ? " (open it in a browser for the workbench)" : ""}`,
    ...(hasPages ? [`dashboard for browsers: ${origin}/`] : []),
    describeUpstream(config),
    ...(clock === null ? [] : [`clock starts at ${new Date(now).toISOString()}`]),
    AUTHENTICATION[auth.kind],
    "",
    "Try:",
    documents.trustedOnly
      ? `  curl -s '${url.replace(/graphql$/, `q/${firstQuery(tenants)}`)}${chosen}'${token}`
      : `  curl -s '${url}${chosen}'${token} -H 'content-type: application/json' -d '${JSON.stringify({ query: exampleFor(tenants) })}'`,
  ].join("\n");
}
