import { useMemo } from "react";
import type { ResultOf } from "../../client/documents.ts";
import { pageSettings } from "../../client/page-settings.ts";
import type { AnswerError } from "../../client/run-document.ts";
import { nameOfPerson } from "../names.ts";
import { Panel } from "../panel.tsx";
import { type ChosenPeriod, rangeOf } from "../place.ts";
import type { PlacedPanelProps } from "./active-people.tsx";
import { ActivityCells, ActivityHeads, PERSON_COLUMNS, PersonHead } from "./person-columns.tsx";
import { RankingPanel } from "./ranking-panel.tsx";

/** Rows of a team with up to 100 people, as MAX_ROWS counts them. */
const ROWS_PER_TEAM = 401;

/** Most teams with their people. */
const TEAMS = Math.max(
  1,
  Math.min(40, pageSettings.maxFirst, Math.floor(pageSettings.maxRows / ROWS_PER_TEAM)),
);

/** Most people of the ranking. */
const TOP = 15;

type Teams = ResultOf<"TeamPeople">["teams"];
type Member = NonNullable<NonNullable<NonNullable<Teams>["nodes"][number]>["members"]>["nodes"][number];

/** A reason why figures of a person are left out. */
const JOINED_WITHIN =
  "People who joined within the period, or left for some of it, have no figures here. Choose days on which they were in your teams.";

/** True for the figures of a person on days outside of the teams of a lead. */
function isOfOtherDays({ path, extensions }: AnswerError): boolean {
  return extensions?.code === "FORBIDDEN" && ["activity", "cost"].includes(String(path?.at(-1)));
}

function messagesOf(member: Member): number {
  return member?.user?.activity?.chat.messages ?? -1;
}

function useVariables(period: ChosenPeriod) {
  return useMemo(() => ({ range: rangeOf(period), teams: TEAMS }), [period]);
}

/** The current members of the teams that the viewer may read, each with their activity. */
export function TeamPeople({ place, span }: PlacedPanelProps) {
  const variables = useVariables(place.period);
  return (
    <Panel
      title="People"
      document="TeamPeople"
      variables={variables}
      span={span}
      height={380}
      answerRows="teams.nodes.members.nodes"
      isOptional
      isExplained={isOfOtherDays}
    >
      {({ teams }, errors) => {
        const shown = (teams?.nodes ?? [])
          .filter((team) => team !== null)
          .filter(({ members }) => (members?.nodes.length ?? 0) > 0);
        if (shown.length === 0) return null;
        const hasMore =
          (teams?.totalCount ?? 0) > TEAMS ||
          shown.some(({ members }) => members?.pageInfo.hasNextPage === true);
        return (
          <>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
            <section className="table-frame tall" aria-label="People of your teams" tabIndex={0}>
              <table>
                <thead>
                  <tr>
                    <th scope="col">Person</th>
                    <ActivityHeads />
                  </tr>
                </thead>
                {shown.map(({ teamId, name, members }) => (
                  <tbody key={teamId}>
                    <tr>
                      <th scope="rowgroup" colSpan={PERSON_COLUMNS} className="muted">
                        {name}
                      </th>
                    </tr>
                    {members?.nodes
                      .filter((member) => member !== null)
                      .toSorted((a, b) => messagesOf(b) - messagesOf(a))
                      .map((member) => (
                        <tr key={member.email}>
                          <PersonHead name={member.user?.name ?? null} email={member.email} />
                          <ActivityCells activity={member.user?.activity} />
                        </tr>
                      ))}
                  </tbody>
                ))}
              </table>
            </section>
            {errors.some(isOfOtherDays) && <p className="compare-note">{JOINED_WITHIN}</p>}
            {hasMore && (
              <p className="compare-note">
                Up to 100 people of each of the first {TEAMS} teams by name are shown.
              </p>
            )}
          </>
        );
      }}
    </Panel>
  );
}

/** The current members of these teams who cost most, each once. */
export function TeamSpenders({ place, span }: PlacedPanelProps) {
  const variables = useVariables(place.period);
  return (
    <RankingPanel
      title="Spend by person"
      document="TeamSpenders"
      variables={variables}
      span={span}
      top={TOP}
      hasDetails
      answerRows="teams.nodes.members.nodes"
      unit="usd"
      heads={["Person", "Net spend"]}
      isOptional
      isExplained={isOfOtherDays}
      note={(_data, errors) => (errors.some(isOfOtherDays) ? JOINED_WITHIN : null)}
      rows={({ teams }) => {
        const members = (teams?.nodes ?? []).flatMap((team) => team?.members?.nodes ?? []);
        const people = new Map(
          members.flatMap((member) => (member?.user == null ? [] : [[member.user.userId, member]])),
        );
        return [...people.values()]
          .map(({ email, user }) => ({
            key: user?.userId ?? email,
            label: nameOfPerson({ name: user?.name ?? null, email }),
            ...(user?.name != null && { detail: email }),
            value: user?.cost?.net.usd ?? null,
          }))
          .filter(({ value }) => value !== null)
          .toSorted((a, b) => Number(b.value) - Number(a.value))
          .slice(0, TOP);
      }}
    />
  );
}
