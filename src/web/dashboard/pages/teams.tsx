import { useMemo, useState } from "react";
import { formatCount, formatNumber } from "../../charts/format.ts";
import { RankingTable } from "../../charts/ranking.tsx";
import type { ResultOf, VariablesOf } from "../../client/documents.ts";
import { pageSettings } from "../../client/page-settings.ts";
import { fileLink } from "../../links.ts";
import { MOST_ROWS } from "../most-rows.ts";
import type { PageProps } from "../page-props.ts";
import { Panel } from "../panel.tsx";
import { Budgets } from "../panels/budgets.tsx";
import { ConnectorAdoption } from "../panels/connector-adoption.tsx";
import { TeamPeople, TeamSpenders } from "../panels/team-people.tsx";
import { nameOfTeam, type TeamInTable, TeamTable } from "../panels/team-table.tsx";
import { DAILY_LIMIT, TooManyDays } from "../panels/too-many-days.tsx";
import { mostDaysIn, type Place, rangeOf } from "../place.ts";
import type { Rights } from "../viewer.ts";

/** The measures that the table can be ordered by, largest first. */
const ORDERS = {
  COST: ["Net spend", ({ cost }) => cost?.net.usd ?? null],
  ACTIVE_USERS: ["Active people", ({ activity }) => activity?.users ?? null],
  CHAT_MESSAGES: ["Chat messages", ({ activity }) => activity?.activity.chat.messages ?? null],
  COMMITS: ["Commits", ({ claudeCode }) => claudeCode?.commits ?? null],
} as const satisfies Record<
  TeamOrderField,
  readonly [label: string, measure: (team: TeamInTable) => number | string | null]
>;

const NO_LED_TEAMS =
  "You lead no team in this period. The operator of the gateway names managers in TEAMS_FILE.";

/** The team, its cost, its activity and its Claude Code, as MAX_ROWS counts them. */
const ROWS_PER_TEAM = 4;

type TeamOrderField = NonNullable<VariablesOf<"Teams">["orderBy"]>["field"];

/** The variables of the teams that the viewer may read. What is counted more than once depends on teams that a lead does not read. */
function useTeamsVariables(
  { period }: Place,
  { spend, people, teamsOnly }: Rights,
  order: TeamOrderField | null,
) {
  return useMemo(
    () => ({
      range: rangeOf(period),
      spend,
      overlap: spend && people && !teamsOnly,
      people,
      orderBy: order === null ? null : { field: order },
      first: Math.min(MOST_ROWS, Math.floor(pageSettings.maxRows / ROWS_PER_TEAM)),
    }),
    [period, spend, people, teamsOnly, order],
  );
}

export function TeamsPage(props: PageProps) {
  return props.rights.teamsOnly ? <LedTeams {...props} /> : <AllTeams {...props} />;
}

function AllTeams({ place, rights }: PageProps) {
  const [chosen, setChosen] = useState<TeamOrderField>(rights.spend ? "COST" : "ACTIVE_USERS");
  const variables = useTeamsVariables(place, rights, chosen);
  if (mostDaysIn(place.period) > DAILY_LIMIT)
    return (
      <>
        <TooManyDays title="Teams" place={place} span={12} />
        <ConnectorAdoption place={place} span={12} />
      </>
    );
  const [label, measure] = ORDERS[chosen];
  const file = fileLink("teams", { range: variables.range });
  return (
    <>
      <Panel
        title="Teams"
        document="Teams"
        variables={variables}
        span={8}
        height={620}
        file={file}
        empty="There are no teams."
        actions={
          <select
            className="field small no-print"
            aria-label="Order of teams"
            value={chosen}
            onChange={({ target }) => setChosen(target.value as TeamOrderField)}
          >
            {Object.entries(ORDERS)
              .filter(([key]) => rights.spend || key !== "COST")
              .map(([key, [name]]) => (
                <option key={key} value={key}>
                  {name}
                </option>
              ))}
          </select>
        }
      >
        {(data) => {
          const teams = shownTeams(data);
          const count = data.teams?.totalCount ?? 0;
          if (teams.length === 0) return null;
          return (
            <>
              <TeamTable teams={teams} rights={rights} />
              <p className="compare-note">
                {count > teams.length
                  ? `The first ${formatCount(teams.length)} of ${formatCount(count)} are shown; the file has all.`
                  : `${formatCount(count)} rows.`}
              </p>
            </>
          );
        }}
      </Panel>
      <Panel
        title={`Teams by ${label.toLowerCase()}`}
        document="Teams"
        variables={variables}
        span={4}
        height={620}
        file={file}
        empty="There are no teams."
      >
        {(data) => {
          const teams = shownTeams(data);
          const overlap = data.teams?.overlap?.net.usd;
          if (teams.length === 0) return null;
          return (
            <>
              <RankingTable
                title={`Teams by ${label.toLowerCase()}`}
                unit={chosen === "COST" ? "usd" : "count"}
                heads={["Team", label]}
                rows={teams.slice(0, 15).map((team, i) => ({
                  key: team.teamId ?? `without ${i}`,
                  label: nameOfTeam(team),
                  value: measure(team),
                  isOther: team.name === null,
                }))}
              />
              <p className="compare-note">
                People in several teams count in each
                {overlap === undefined || Number(overlap) === 0
                  ? ""
                  : `; ${formatNumber(overlap, "usd").short} is counted more than once`}
                .
              </p>
            </>
          );
        }}
      </Panel>
      <ConnectorAdoption place={place} span={12} />
    </>
  );
}

function shownTeams({ teams }: ResultOf<"Teams">): readonly TeamInTable[] {
  return (teams?.nodes ?? []).filter((team) => team !== null);
}

/** The teams of a team lead, and their people. */
function LedTeams({ place, rights }: PageProps) {
  const variables = useTeamsVariables(place, rights, null);
  return (
    <>
      {mostDaysIn(place.period) > DAILY_LIMIT ? (
        <TooManyDays title="Teams" place={place} span={12} />
      ) : (
        <Panel
          title="Teams"
          document="Teams"
          variables={variables}
          span={12}
          height={120}
          answerRows="teams.nodes"
          empty={NO_LED_TEAMS}
        >
          {({ teams }) => {
            const rows = (teams?.nodes ?? []).filter((team) => team !== null);
            if (rows.length === 0) return null;
            const count = teams?.totalCount ?? 0;
            return (
              <>
                <TeamTable teams={rows} rights={rights} />
                {count > rows.length && (
                  <p className="compare-note">
                    The first {rows.length} of {count} by name are shown.
                  </p>
                )}
              </>
            );
          }}
        </Panel>
      )}
      {rights.people && <TeamPeople place={place} span={rights.spend ? 8 : 12} />}
      {rights.people && rights.spend && <TeamSpenders place={place} span={4} />}
      {rights.spend && <Budgets place={place} span={12} isOptional />}
    </>
  );
}
