import { schema } from "../../../schema/index.ts";
import { type Config, readConfig } from "../../config.ts";
import type { Instant } from "../../domain/day.ts";
import { organizationNames } from "../../domain/organization.ts";
import { keyHints } from "../../keys.ts";
import { fileTokens } from "../../server/auth/tokens.ts";
import { readDocuments } from "../../server/documents/manifest.ts";
import { ConfigError } from "../../settings/config-error.ts";
import type { Environment } from "../../settings/settings.ts";
import { misspelt } from "../open.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";

export interface SettingsCheck {
  readonly findings: readonly Finding[];
  /** Null: they are invalid, and nothing else can be examined. */
  readonly config: Config | null;
}

/** Reads the settings as a start does. */
export function checkSettings(environment: Environment): SettingsCheck {
  const hint = (line: string) => warning("settings", "HINT", line, null);
  const hints = [...misspelt(environment), ...keyHints(environment)].map(hint);
  try {
    const config = readConfig(environment);
    return {
      config,
      findings: [ok("settings", "Every setting is valid."), ...hints, ...config.notes.map(noteOf)],
    };
  } catch (fault) {
    if (!(fault instanceof ConfigError)) throw fault;
    return { config: null, findings: [...invalid(fault), ...hints] };
  }
}

/** Notes are about the files of teams and aliases, and can repeat a name in them. */
function noteOf(note: string): Finding {
  const name = /^\w+_FILE/.exec(note)?.[0] ?? "A file";
  return warning(
    "files",
    "HINT",
    `${name} holds something that may not be meant.`,
    "Start the gateway to see it.",
  );
}

/** Faults of files can repeat a name or an address in them. */
function invalid({ faults }: ConfigError): Finding[] {
  const ofFiles = new Set(faults.map((fault) => FILE.exec(fault)?.[1] ?? "").filter((name) => name !== ""));
  return [
    ...faults
      .filter((fault) => !FILE.test(fault))
      .map((fault) =>
        problem("settings", "INVALID_SETTING", fault, "The gateway does not start until then."),
      ),
    ...[...ofFiles].map((name) =>
      problem(
        "files",
        "INVALID_SETTING",
        `${name} cannot be used.`,
        "Start the gateway, which says where and why; it does not start until that is corrected.",
      ),
    ),
  ];
}

const FILE = /^(\w+_FILE):/;

/** Reads the files of tokens and trusted documents, as a start does. */
export function checkFiles({ access, tenants }: Config, now: () => Instant): readonly Finding[] {
  const { auth, documents, identity } = access;
  try {
    const trusted = readDocuments(schema, documents.path);
    if (auth.kind !== "tokens") return [];
    fileTokens({
      path: auth.path,
      identity,
      documents: trusted,
      organizations: organizationNames(tenants),
      now,
      onFault: () => {},
      elapsedMs: () => performance.now(),
    });
    return [ok("files", "TOKENS_FILE can be used.")];
  } catch (fault) {
    if (!(fault instanceof ConfigError)) throw fault;
    return invalid(fault);
  }
}
