import type { AddressInfo } from "node:net";
import { Command } from "commander";
import type { Config } from "../config.ts";
import type { Instant } from "../domain/day.ts";
import type { OutageSubject } from "../errors.ts";
import { AUTHORIZATION } from "../server/auth/authenticator.ts";
import { firstQuery } from "../server/documents/query-library.ts";
import { createListener } from "../server/http/listener.ts";
import type { AuthConfig } from "../settings/auth.ts";
import type { ServerConfig } from "../settings/server.ts";
import type { Setting } from "../settings/setting.ts";
import { type Environment, SETTINGS, type SettingName } from "../settings/settings.ts";
import type { Credentials } from "../upstream/access/credential.ts";
import { openAuditLog } from "./audit-log.ts";
import { cannotListen } from "./listen.ts";
import { createLog, faultOf, logFault } from "./log.ts";
import { describeUpstream, openGateway } from "./open.ts";
import { stopOnSignal } from "./stop.ts";

/** `serve`: the gateway on a port. Every setting is an environment variable and, unless it is a secret, a flag that wins over it. */
export function serveCommand(): Command {
  const command = new Command("serve").description(
    "Serve GraphQL over HTTP, from the sandbox unless keys are set.",
  );
  for (const { name, secret, ...each } of SETTINGS) {
    if (secret === true) continue; // a flag would show the key in the process list
    command.option(`--${flagOf(name)} <value>`, helpOf([name], each));
  }
  const secrets = SETTINGS.filter(({ secret }) => secret === true);
  const variables = secrets.map(
    ({ name, ...each }) => `  ${name.padEnd(VARIABLE_COLUMN)}${helpOf([], each)}`,
  );
  command.addHelpText("after", `\nOnly as environment variables:\n${variables.join("\n")}`);
  return command.action((flags: Readonly<Record<string, string>>) =>
    serve({ ...process.env, ...settingsOf(flags) }),
  );
}

/** Width of the names of variables that have no flag. */
const VARIABLE_COLUMN = 25;

function helpOf(
  names: readonly string[],
  {
    meaning,
    format,
    whenUnset,
    ...each
  }: Pick<Setting<unknown>, "meaning" | "format" | "whenUnset" | "default">,
): string {
  const byDefault = each.default || whenUnset;
  const notes = [...names, format.values, ...(byDefault === "" ? [] : [`default ${byDefault}`])];
  return `${meaning} (${notes.join("; ")})`.replaceAll("`", "");
}

function flagOf(setting: string): string {
  return setting.toLowerCase().replaceAll("_", "-");
}

function settingsOf(flags: Readonly<Record<string, string>>): Environment {
  const named = Object.entries(flags).map(([flag, value]) => [
    flag.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase() as SettingName,
    value,
  ]);
  return Object.fromEntries(named);
}

async function serve(environment: Environment): Promise<void> {
  const opened = await openGateway(environment, {}, loggersOf);
  if (opened === null) return;
  const { loggers, app, config, now } = opened;
  const server = createListener({ ...app, limits: config.limits });
  server.once("error", (error: NodeJS.ErrnoException) => {
    process.stderr.write(cannotListen(error, config.server));
    process.exit(1);
  });
  server.listen(config.server.port, config.server.host, () =>
    process.stdout.write(`${greeting(config, server.address() as AddressInfo, now())}\n`),
  );
  const refreshing = setInterval(() => void app.refreshDirectory(), REFRESH_MS).unref();
  void app.refreshDirectory(); // continues what an earlier process began
  const gateway = {
    startDraining() {
      clearInterval(refreshing);
      loggers.log.info("received a signal to stop; finishing the requests in progress");
      app.startDraining();
    },
    async dispose() {
      await app.dispose();
      await loggers.auditLog.close();
    },
  };
  stopOnSignal(server, gateway, {
    drainDelayMs: config.server.drainDelayMs,
    graceMs: config.limits.operationTimeoutMs + SLACK_MS,
  });
  process.on("SIGUSR2", () => loggers.auditLog.reopen());
}

/** Opens the log and the audit log. The gateway goes on if their reader goes away. */
function loggersOf(config: Config, now: () => Instant) {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  const stdout = (line: string) => void process.stdout.write(line);
  const stderr = (line: string) => void process.stderr.write(line);
  const log = createLog({ level: config.logs.level, now, write: stderr });
  const auditLog = openAuditLog(config.logs.audit, {
    stdout,
    stderr,
    onLoss: (fault) =>
      log.error({ fault: faultOf(fault) }, "the audit log cannot be written; its lines are lost"),
    onRecovery: (lines) => log.warn({ lines }, "the audit log is written again; so many lines were lost"),
  });
  return {
    log,
    auditLog,
    audit: auditLog.audit,
    onFault: (fault: unknown) => logFault(log, fault),
    onRecovery: (about: OutageSubject, seconds: number) => log.info({ ...about, seconds }, "available again"),
    onForeignOrigin: (origin: string) => log.info({ origin }, foreignOriginHint(origin, config.server)),
  };
}

/** Says how to let pages of an origin read answers. */
function foreignOriginHint(origin: string, { allowedOrigins }: ServerConfig): string {
  return origin === "null"
    ? "a page without an origin (a file or a sandboxed frame) sent a request; serve it from http://localhost and list that in ALLOWED_ORIGINS"
    : `a page of another origin sent a request and cannot read the answer; to allow it, set ALLOWED_ORIGINS=${[...allowedOrigins, origin].join(",")}`;
}

/** How often the process looks whether the directory is about to age. */
const REFRESH_MS = 60_000;

/** Time that an answer takes beyond its operation. */
const SLACK_MS = 2_000;

/** The query to begin with: an admin key alone cannot answer one about users. */
function exampleFor({ analytics }: Credentials): string {
  return analytics === null
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
    upstream,
    clock,
  } = config;
  const url = `http://${host.includes(":") ? `[${host.replace(/[[\]]/g, "")}]` : host}:${port}/graphql`;
  const token = auth.kind === "none" ? "" : ` -H "${tokenHeader(auth)}$TOKEN"`;
  return [
    `Listening on ${url}${playground ? " (open it in a browser for GraphiQL)" : ""}`,
    describeUpstream(config),
    ...(clock === null ? [] : [`clock starts at ${new Date(now).toISOString()}`]),
    AUTHENTICATION[auth.kind],
    "",
    "Try:",
    documents.trustedOnly
      ? `  curl -s ${url.replace(/graphql$/, `q/${firstQuery(upstream.credentials)}`)}${token}`
      : `  curl -s ${url}${token} -H 'content-type: application/json' -d '${JSON.stringify({ query: exampleFor(upstream.credentials) })}'`,
  ].join("\n");
}
