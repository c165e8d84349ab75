import { useMemo, useState } from "react";
import { formatNumber } from "../../charts/format.ts";
import { NumberCell } from "../../charts/number-cell.tsx";
import { RankingTable } from "../../charts/ranking.tsx";
import { Defined } from "../../charts/stat.tsx";
import type { ResultOf } from "../../client/documents.ts";
import { pageSettings } from "../../client/page-settings.ts";
import { fileLink } from "../../links.ts";
import { definitionOf } from "../define.ts";
import { MOST_ROWS } from "../most-rows.ts";
import type { PageProps } from "../page-props.ts";
import { Panel } from "../panel.tsx";
import { ConnectorAdoption } from "../panels/connector-adoption.tsx";
import { DAILY_LIMIT, TooManyDays } from "../panels/too-many-days.tsx";
import { mostDaysIn, rangeOf } from "../place.ts";

type Team = NonNullable<NonNullable<ResultOf<"Teams">["teams"]>["nodes"][number]>;

function nameOfTeam({ name, isUnassigned }: Pick<Team, "name" | "isUnassigned">): string {
  return name ?? (isUnassigned ? "People without a team" : "Usage without a person");
}

/** The measures that the table can be ordered by, largest first. */
const ORDERS = {
  cost: ["Net spend", ({ cost }) => Number(cost?.net.usd ?? 0)],
  users: ["Active people", ({ activity }) => activity?.users ?? 0],
  messages: ["Chat messages", ({ activity }) => activity?.activity.chat.messages ?? 0],
  commits: ["Commits", ({ claudeCode }) => claudeCode?.commits ?? 0],
} as const satisfies Record<string, readonly [string, (team: Team) => number]>;

/** The team, its cost, its activity and its Claude Code, as MAX_ROWS counts them. */
const ROWS_PER_TEAM = 4;

type Order = keyof typeof ORDERS;

export function TeamsPage({ place, rights }: PageProps) {
  const [chosen, setChosen] = useState<Order>(rights.spend ? "cost" : "users");
  const variables = useMemo(
    () => ({
      range: rangeOf(place.period),
      spend: rights.spend,
      overlap: rights.spend && rights.people,
      people: rights.people,
      first: Math.min(MOST_ROWS, Math.floor(pageSettings.maxRows / ROWS_PER_TEAM)),
    }),
    [place.period, rights.spend, rights.people],
  );
  if (mostDaysIn(place.period) > DAILY_LIMIT)
    return (
      <>
        <TooManyDays title="Teams" place={place} span={12} />
        <ConnectorAdoption place={place} span={12} />
      </>
    );
  const [label, measure] = ORDERS[chosen];
  const file = fileLink("teams", { range: variables.range });
  const ordered = (data: ResultOf<"Teams">) =>
    (data.teams?.nodes ?? []).filter((team) => team !== null).toSorted((a, b) => measure(b) - measure(a));
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
            onChange={({ target }) => setChosen(target.value as Order)}
          >
            {Object.entries(ORDERS)
              .filter(([key]) => rights.spend || key !== "cost")
              .map(([key, [name]]) => (
                <option key={key} value={key}>
                  {name}
                </option>
              ))}
          </select>
        }
      >
        {(data) => {
          const teams = ordered(data);
          const count = data.teams?.totalCount ?? 0;
          if (teams.length === 0) return null;
          return (
            <>
              {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
              <section className="table-frame tall" aria-label="Teams and their figures" tabIndex={0}>
                <table>
                  <thead>
                    <tr>
                      <th scope="col">Team</th>
                      <th scope="col" className="numeric">
                        <Defined
                          term="Members"
                          definition={definitionOf("TeamSummary.memberCount")}
                          isAtEnd
                        />
                      </th>
                      <th scope="col" className="numeric">
                        <Defined
                          term="Active people"
                          definition={definitionOf("TeamActivity.users")}
                          isAtEnd
                        />
                      </th>
                      <th scope="col" className="numeric">
                        Chat messages
                      </th>
                      <th scope="col" className="numeric">
                        <Defined
                          term="Commits"
                          definition={definitionOf("ClaudeCodeTotals.commits")}
                          isAtEnd
                        />
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
                        <td className="numeric">{formatNumber(team.memberCount, "count").short}</td>
                        <td className="numeric">{formatNumber(team.activity?.users, "count").short}</td>
                        <td className="numeric">
                          {formatNumber(team.activity?.activity.chat.messages, "count").short}
                        </td>
                        <td className="numeric">{formatNumber(team.claudeCode?.commits, "count").short}</td>
                        {rights.spend && <NumberCell unit="usd" value={team.cost?.net.usd} />}
                      </tr>
                    ))}
                  </tbody>
                </table>
              </section>
              <p className="compare-note">
                {count > teams.length
                  ? `The first ${teams.length.toLocaleString("en-US")} of ${count.toLocaleString("en-US")} by name are shown; the file has all.`
                  : `${count.toLocaleString("en-US")} rows.`}
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
          const teams = ordered(data);
          const overlap = data.teams?.overlap?.net.usd;
          if (teams.length === 0) return null;
          return (
            <>
              <RankingTable
                title={`Teams by ${label.toLowerCase()}`}
                unit={chosen === "cost" ? "usd" : "count"}
                heads={["Team", label]}
                rows={teams.slice(0, 15).map((team, i) => ({
                  key: team.teamId ?? `without ${i}`,
                  label: nameOfTeam(team),
                  value: chosen === "cost" ? (team.cost?.net.usd ?? null) : measure(team),
                  isOther: team.name === null,
                }))}
              />
              {(data.teams?.totalCount ?? 0) > teams.length && (
                <p className="compare-note">
                  Only the first {teams.length.toLocaleString("en-US")} by name are ranked, so a larger one
                  can be missing; the file has all.
                </p>
              )}
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
