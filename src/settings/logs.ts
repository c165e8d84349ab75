import type { AuthConfig } from "./auth.ts";
import { oneOf } from "./formats.ts";
import { optional, type SettingFormat, type SettingsReader, setting } from "./setting.ts";

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** Destination of the audit log; null: none. */
export type AuditConfig = "stdout" | "stderr" | { readonly path: string } | null;

const AUDIT: SettingFormat<"off" | "stdout" | "stderr" | { readonly path: string }> = {
  parse(value) {
    if (value === "off" || value === "stdout" || value === "stderr") return value;
    // A bare word is more likely a misspelt choice than a file that should be made here.
    return value.includes("/") ? { path: value } : null;
  },
  expected: "off, stderr, stdout or the path of a file, such as ./audit.log",
  values: "`off`, `stderr`, `stdout`, or the path of a file",
};

export const LOGS = {
  level: setting({
    name: "LOG_LEVEL",
    default: "info",
    format: oneOf(LOG_LEVELS, `one of ${LOG_LEVELS.join(", ")}`),
    meaning: "Lowest level that is logged on standard error.",
  }),
  audit: optional({
    name: "AUDIT_LOG",
    whenUnset: "`stderr`; with `AUTH=none` `off`",
    format: AUDIT,
    meaning:
      "Destination of the audit log, which has a line for each operation and file. SIGUSR2 reopens a file after rotation.",
    example: "/var/log/gateway/audit.log",
  }),
};

/** Reads where the gateway logs. An audit log without authentication would name no caller, so it is off by default then. */
export function logsConfig(reader: SettingsReader, auth: AuthConfig) {
  const { level, audit } = reader.readAll(LOGS);
  const stated = audit ?? (auth.kind === "none" ? "off" : "stderr");
  const destination: AuditConfig = stated === "off" ? null : stated;
  return Object.freeze({ level, audit: destination });
}
