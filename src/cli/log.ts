import { type Logger, pino } from "pino";
import type { Instant } from "../domain/day.ts";
import { GatewayError, Outage } from "../errors.ts";
import { currentRequest } from "../server/http/request-record.ts";
import { redact } from "../server/observability/redact.ts";
import { ConfigError } from "../settings/config-error.ts";
import type { LogLevel } from "../settings/logs.ts";

/** Where whole lines go. */
export type WriteLine = (line: string) => void;

export interface LogOptions {
  readonly level: LogLevel;
  readonly now: () => Instant;
  readonly write: WriteLine;
}

/** The log: one JSON object a line, with the id of the request it is about, redacted whatever it is. */
export function createLog({ level, now, write }: LogOptions): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date(now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      mixin() {
        const record = currentRequest.getStore();
        if (record === undefined) return {};
        const { id, trace } = record;
        // The names that OpenTelemetry has for them in other formats than its own.
        return { requestId: id, ...(trace && { trace_id: trace.traceId, span_id: trace.spanId }) };
      },
    },
    { write: (line) => write(redact(line)) },
  );
}

const MAX_FRAMES = 20;
const MAX_CAUSES = 4;

interface Fault {
  readonly name: string;
  readonly message?: string;
  readonly code?: string;
  readonly status?: number;
  readonly stack?: readonly string[];
  readonly cause?: Fault;
}

/** Logs a fault. An outage is one short line with the code of its cause, the dependency and its host. */
export function logFault(log: Logger, fault: unknown): void {
  if (fault instanceof Outage) log.warn({ code: fault.code, ...fault.about }, fault.message);
  else log.error({ fault: faultOf(fault) }, "fault");
}

/** Kind and places of a fault. Its message only where that is our own: others quote what an upstream or a caller sent. */
export function faultOf(thrown: unknown, causes = 0): Fault {
  if (!(thrown instanceof Error)) return { name: typeof thrown };
  const { name, code, status, cause }: Error & { code?: unknown; status?: unknown } = thrown;
  const frames = thrown.stack?.split("\n").filter((line) => /^ +at /.test(line)) ?? [];
  return {
    name: String(name).slice(0, 100),
    ...(isOurs(thrown) && { message: thrown.message }),
    ...(/^\w{1,60}$/.test(String(code ?? "")) && { code: String(code) }),
    ...(typeof status === "number" && { status }),
    ...(frames.length > 0 && { stack: frames.slice(0, MAX_FRAMES).map((line) => line.trim()) }),
    ...(cause !== undefined && causes < MAX_CAUSES && { cause: faultOf(cause, causes + 1) }),
  };
}

function isOurs(fault: Error): boolean {
  return fault instanceof GatewayError || fault instanceof ConfigError;
}
