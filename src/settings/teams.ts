import { type DirectoryFiles, readDirectory } from "../directory/read.ts";
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
      "Members of each team: CSV or JSON with email, team and optionally cost centre and manager. Changes apply without a restart.",
    example: "teams.csv",
  }),
  aliases: optional({
    name: "ALIASES_FILE",
    format: text("path"),
    meaning: "Further addresses of one person: CSV or JSON with email and one or more aliases.",
    example: "aliases.csv",
  }),
};

/** Reads the operator's files of teams and aliases, where no file names organizations. */
export function teamsConfig(reader: SettingsReader, notes: string[]) {
  const { teams, aliases } = reader.readAll(TEAMS);
  const files: DirectoryFiles = { teams: teams ?? "", aliases: aliases ?? "" };
  return Object.freeze({ files, orgDirectory: readDirectory(files, { faults: reader.faults, notes }) });
}

/** Reads the operator's files again; throws ConfigError. */
export function rereadDirectory(files: DirectoryFiles): OrgDirectory {
  const faults: string[] = [];
  const orgDirectory = readDirectory(files, { faults, notes: [] });
  if (faults.length > 0) throw new ConfigError(faults);
  return orgDirectory;
}
