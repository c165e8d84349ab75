import type { Aliases } from "../domain/organization.ts";
import { type OrgDirectory, Teams } from "../domain/team.ts";
import { readOrReport, readTextFile } from "../operator-file.ts";
import { aliasesOf } from "./aliases.ts";
import type { DirectoryColumn, DirectoryFile, Fault } from "./columns.ts";
import { csvRows } from "./csv.ts";
import { jsonRows } from "./json.ts";
import type { Row } from "./row.ts";
import { teamsOf } from "./teams.ts";

export interface DirectoryFiles {
  /** Path of the file of teams; empty without one. */
  readonly teams: string;
  readonly aliases: string;
}

/** Faults of files that cannot be used, and notes on files that can. Lines never quote a name or an address. */
export interface DirectoryReport {
  readonly faults: string[];
  readonly notes: string[];
}

/** How faults name the files. */
export interface DirectorySources {
  readonly teams: string;
  readonly aliases: string;
}

const SETTINGS: DirectorySources = { teams: "TEAMS_FILE", aliases: "ALIASES_FILE" };

/** Reads teams and aliases from the operator's files, and reports all their faults at once. */
export function readDirectory(
  { teams, aliases }: DirectoryFiles,
  report: DirectoryReport,
  sources = SETTINGS,
): OrgDirectory {
  const about = (setting: DirectoryFile["setting"], lines: string[]): Fault => {
    return (where, what) => lines.push(`${setting}${where && ` ${where}`}: ${what}.`);
  };
  const source = (
    setting: DirectoryFile["setting"],
    beside: DirectoryColumn,
    optional: readonly DirectoryColumn[] = [],
  ): DirectoryFile => ({
    setting,
    required: ["email", beside],
    optional,
    fault: about(setting, report.faults),
    note: about(setting, report.notes),
  });
  const ofAliases = source(sources.aliases, "alias");
  const ofTeams = source(sources.teams, "team", ["costCentre", "manager", "parent", "from", "until"]);
  const known = aliases === "" ? NO_ALIASES : aliasesOf(rowsOf(aliases, ofAliases), ofAliases);
  if (teams === "") return { aliases: known, teams: null };
  return { aliases: known, teams: new Teams(teamsOf(rowsOf(teams, ofTeams), ofTeams, known), known) };
}

const NO_ALIASES: Aliases = new Map();

function rowsOf(path: string, source: DirectoryFile): readonly Row[] {
  const read = () => {
    // One name can be typed in two ways that look alike: as one letter, or as a letter and its accent.
    const text = readTextFile(path).normalize("NFC");
    return /^\s*[[{]/.test(text) ? jsonRows(text, source) : csvRows(text, source);
  };
  return readOrReport(read, (why) => source.fault("", `the file ${why}`)) ?? [];
}
