import { schema } from "../../../schema/index.ts";
import { type Config, readSettings } from "../../config.ts";
import type { Instant } from "../../domain/day.ts";
import { organizationNames } from "../../domain/organization.ts";
import { keyHints } from "../../keys.ts";
import { fileTokens } from "../../server/auth/tokens.ts";
import { readDocuments } from "../../server/documents/manifest.ts";
import { ConfigError } from "../../settings/config-error.ts";
import type { Setting } from "../../settings/setting.ts";
import { type Environment, SETTINGS } from "../../settings/settings.ts";
import { auditFileFault } from "../audit-log.ts";
import { misspelt } from "../open.ts";
import { type Check, type Finding, ok, problem, skipped, warning } from "./finding.ts";

export interface SettingsCheck {
  readonly findings: readonly Finding[];
  /** A setting with a fault reads as if it were not stated. */
  readonly config: Config;
  /** Names of the settings with a fault. */
  readonly faulty: ReadonlySet<string>;
}

/** Reads the settings as a start does. */
export function checkSettings(environment: Environment): SettingsCheck {
  const hint = (line: string) => warning("settings", "HINT", line, null);
  const hints = [...misspelt(environment), ...keyHints(environment)].map(hint);
  const { config, faults } = readSettings(environment);
  const findings = faults.length === 0 ? [ok("settings", "Every setting is valid.")] : faults.map(invalid);
  return {
    config,
    findings: [...findings, ...hints, ...config.notes.map(noteOf)],
    faulty: settingsIn(faults),
  };
}

/** The settings that faults are about, which they begin with. */
function settingsIn(faults: readonly string[]): ReadonlySet<string> {
  const subjects = faults.map((fault) => /^(?:[A-Z][A-Z\d_]+(?:, | and )?)+/.exec(fault)?.[0] ?? "");
  const words = new Set(subjects.flatMap((subject) => subject.split(/, | and /)));
  return new Set(SETTINGS.map(({ name }) => name).filter((name) => words.has(name)));
}

/** Says that something was not examined, since settings that it depends on have a fault; null: they have none. */
export function skippedBy(
  check: Check,
  what: string,
  settings: readonly Pick<Setting<unknown>, "name">[],
  faulty: ReadonlySet<string>,
): Finding | null {
  const names = settings.map(({ name }) => name).filter((name) => faulty.has(name));
  return names.length === 0
    ? null
    : skipped(check, `${what} not examined, since ${names.join(", ")} cannot be used.`);
}

/** Notes are about files that quote no name or address of a person. */
function noteOf(note: string): Finding {
  return warning("files", "HINT", note, null);
}

function invalid(fault: string): Finding {
  return problem(
    /^\w+_FILE\b/.test(fault) ? "files" : "settings",
    "INVALID_SETTING",
    fault,
    "The gateway does not start until then.",
  );
}

/** Examines the files of tokens and trusted documents, and that of the audit log. */
export function checkFiles(config: Config, now: () => Instant): readonly Finding[] {
  const faults = fileFaults(config, now);
  if (faults.length > 0) return faults.map(invalid);
  return config.access.auth.kind === "tokens" ? [ok("files", "TOKENS_FILE can be used.")] : [];
}

/** Reads the files of tokens and trusted documents, as a start does, and looks whether the audit log can be opened. */
export function fileFaults(
  { access, logs: { audit }, tenants }: Config,
  now: () => Instant,
): readonly string[] {
  const code = typeof audit === "object" && audit !== null ? auditFileFault(audit.path) : null;
  const ofAudit = code === null ? [] : [`AUDIT_LOG: the file cannot be opened (${code}).`];
  const { auth, documents, identity } = access;
  try {
    const trusted = readDocuments(schema, documents.path);
    if (auth.kind === "tokens")
      fileTokens({
        path: auth.path,
        identity,
        documents: trusted,
        organizations: organizationNames(tenants),
        now,
        onFileRead: () => {},
        onFault: () => {},
        elapsedMs: () => performance.now(),
      });
    return ofAudit;
  } catch (fault) {
    if (!(fault instanceof ConfigError)) throw fault;
    return [...fault.faults, ...ofAudit];
  }
}
