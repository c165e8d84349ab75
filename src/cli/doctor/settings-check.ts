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

/** Notes are about files that quote no name or address of a person. */
function noteOf(note: string): Finding {
  return warning("files", "HINT", note, null);
}

/** Returns the faults as findings. Those of some files can repeat a name in them. */
function invalid({ faults }: ConfigError): Finding[] {
  const isQuoting = (fault: string) => QUOTING.test(fault);
  const ofFiles = new Set(faults.flatMap((fault) => QUOTING.exec(fault)?.[1] ?? []));
  return [
    ...faults
      .filter((fault) => !isQuoting(fault))
      .map((fault) =>
        problem(
          /^\w+_FILE\b/.test(fault) ? "files" : "settings",
          "INVALID_SETTING",
          fault,
          "The gateway does not start until then.",
        ),
      ),
    ...[...ofFiles].map((name) =>
      problem(
        "files",
        "INVALID_SETTING",
        `${name} cannot be used.`,
        "The gateway does not start until then, and its error says where and why; it can hold names.",
      ),
    ),
  ];
}

/** Faults of other files than these can repeat names in them, and paths. */
const QUOTING = /^(?!(?:BUDGETS|ORGANIZATIONS|TEAMS|ALIASES)_FILE)(\w+_FILE):/;

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
