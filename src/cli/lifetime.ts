import type { Config } from "../config.ts";
import type { Instant } from "../domain/day.ts";
import type { OutageSubject } from "../errors.ts";
import type { FileRead } from "../server/auth/watched-file.ts";
import type { Metrics } from "../server/observability/metrics.ts";
import type { ServerConfig } from "../settings/server.ts";
import { VERSION } from "../version.ts";
import { alertLogOf } from "./alert-log.ts";
import { openAuditLog } from "./audit-log.ts";
import { createLog, faultOf, logFault } from "./log.ts";
import type { Loggers, Opened } from "./open.ts";
import { LINES_UNREAD, lineWriter } from "./standard-streams.ts";
import { openTracing } from "./tracing.ts";

/** How often the process looks whether the directory, or what is known of the issuer, is about to age, and whether alerts are due. */
const REFRESH_MS = 60_000;

/** Keeps the directory of a gateway, and what it knows of its issuer, fresh and runs its alerts until it drains; `dispose` ends the gateway and then its audit log. */
export function lifetimeOf({
  app,
  loggers,
}: Opened<ReturnType<typeof loggersOf> & Pick<Loggers, "tracing">>) {
  const refresh = () => {
    void app.refreshDirectory(); // at start it continues what an earlier process began
    void app.discoverIssuer();
    void app.runAlerts();
    void app.record();
  };
  const refreshing = setInterval(refresh, REFRESH_MS).unref();
  refresh();
  return {
    startDraining(): void {
      clearInterval(refreshing);
      app.startDraining();
    },
    async dispose(): Promise<void> {
      clearInterval(refreshing);
      await app.dispose();
      await loggers.tracing?.dispose();
      await loggers.auditLog.close();
    },
  };
}

/** Opens the log, on standard error, and the audit log. */
export function loggersOf(config: Config, now: () => Instant) {
  const onRecovery = (lines: number) => log.warn({ lines }, LINES_UNREAD);
  const stdout = lineWriter(process.stdout, onRecovery);
  const stderr = lineWriter(process.stderr, onRecovery);
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
    alertLog: alertLogOf(log),
    onFault: (fault: unknown) => logFault(log, fault),
    onRecovery: (about: OutageSubject, seconds: number) => log.info({ ...about, seconds }, "available again"),
    onFileRead: ({ holds, ...about }: FileRead) => log.info(about, `a changed file is in force: ${holds}`),
    onForeignOrigin: (origin: string) => log.info({ origin }, foreignOriginHint(origin, config.server)),
  };
}

/** Opens the logs, and metrics and traces where they are wanted: a gateway without them does not load their libraries. */
export async function observersOf(config: Config, now: () => Instant, isMeasured: boolean) {
  const loggers = loggersOf(config, now);
  const tracing = await openTracing(config, loggers.log);
  return { ...loggers, tracing, metrics: isMeasured ? await openMetrics() : null };
}

async function openMetrics(): Promise<Metrics> {
  const { Metrics } = await import("../server/observability/metrics.ts");
  return new Metrics(VERSION);
}

/** Says how to let pages of an origin read answers. */
function foreignOriginHint(origin: string, { allowedOrigins }: ServerConfig): string {
  return origin === "null"
    ? "a page without an origin (a file or a sandboxed frame) sent a request; serve it from http://localhost and list that in ALLOWED_ORIGINS"
    : `a page of another origin sent a request and cannot read the answer; to allow it, set ALLOWED_ORIGINS=${[...allowedOrigins, origin].join(",")}`;
}
