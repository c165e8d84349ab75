import {
  type DirectoryFiles,
  type DirectoryReport,
  type DirectorySources,
  readDirectory,
} from "../directory/read.ts";
import type { OrgDirectory } from "../domain/team.ts";
import { ConfigError } from "./config-error.ts";
import { text } from "./formats.ts";
import { optional, type SettingsReader } from "./setting.ts";

export const TEAMS = {
  teams: optional({
    name: "TEAMS_FILE",
    whenUnset: "the RBAC groups are the teams",
    format: text("path"),
    meaning:
      "Members of each team: CSV or JSON with email, team and optionally cost centre, manager, the team above it (`parent`), and the days of the membership (`from`, `until`). Changes apply without a restart.",
    example: "teams.csv",
  }),
  aliases: optional({
    name: "ALIASES_FILE",
    format: text("path"),
    meaning: "Further addresses of one person: CSV or JSON with email and one or more aliases.",
    example: "aliases.csv",
  }),
};

/** The operator's files about the people of a tenant. */
export interface TenantDirectory {
  readonly files: DirectoryFiles;
  readonly orgDirectory: OrgDirectory;
  /** Reads the files again; throws ConfigError. */
  readonly reread: () => OrgDirectory;
}

/** Reads teams and aliases where no file names organizations. */
export function teamsConfig(reader: SettingsReader, notes: string[]): TenantDirectory {
  const { teams, aliases } = reader.readAll(TEAMS);
  return directoryIn({ teams: teams ?? "", aliases: aliases ?? "" }, { faults: reader.faults, notes });
}

/** Reads files of teams and aliases; `sources` name them in faults. */
export function directoryIn(
  files: DirectoryFiles,
  report: DirectoryReport,
  sources?: DirectorySources,
): TenantDirectory {
  return Object.freeze({
    files,
    orgDirectory: readDirectory(files, report, sources),
    reread() {
      const faults: string[] = [];
      const orgDirectory = readDirectory(files, { faults, notes: [] }, sources);
      if (faults.length > 0) throw new ConfigError(faults);
      return orgDirectory;
    },
  });
}
