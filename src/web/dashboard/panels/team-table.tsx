import { NumberCell } from "../../charts/number-cell.tsx";
import { Defined } from "../../charts/stat.tsx";
import type { ResultOf } from "../../client/documents.ts";
import { definitionOf } from "../define.ts";
import type { Rights } from "../viewer.ts";

export type TeamInTable = NonNullable<NonNullable<ResultOf<"Teams">["teams"]>["nodes"][number]>;

export function nameOfTeam({ name, isUnassigned }: Pick<TeamInTable, "name" | "isUnassigned">): string {
  return name ?? (isUnassigned ? "People without a team" : "Usage without a person");
}

interface TeamTableProps {
  readonly teams: readonly TeamInTable[];
  readonly rights: Rights;
}

/** Teams with their figures, a row for each. */
export function TeamTable({ teams, rights }: TeamTableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="table-frame tall" aria-label="Teams and their figures" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">Team</th>
            <th scope="col" className="numeric">
              <Defined term="Members" definition={definitionOf("TeamSummary.memberCount")} isAtEnd />
            </th>
            <th scope="col" className="numeric">
              <Defined term="Active people" definition={definitionOf("TeamActivity.users")} isAtEnd />
            </th>
            <th scope="col" className="numeric">
              Chat messages
            </th>
            <th scope="col" className="numeric">
              <Defined term="Commits" definition={definitionOf("ClaudeCodeTotals.commits")} isAtEnd />
            </th>
            {rights.spend && (
              <th scope="col" className="numeric">
                <Defined term="Net spend" definition={definitionOf("TeamSummary.cost")} isAtEnd />
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {teams.map((team, i) => (
            <tr key={team.teamId ?? `without ${i}`}>
              <th scope="row">{nameOfTeam(team)}</th>
              <NumberCell unit="count" value={team.memberCount} />
              <NumberCell unit="count" value={team.activity?.users} />
              <NumberCell unit="count" value={team.activity?.activity.chat.messages} />
              <NumberCell unit="count" value={team.claudeCode?.commits} />
              {rights.spend && <NumberCell unit="usd" value={team.cost?.net.usd} />}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
