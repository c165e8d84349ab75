import { useMemo, useState } from "react";
import { formatCount, formatInColumn } from "../../charts/format.ts";
import { useDocument } from "../../client/use-document.ts";
import { rangeOf } from "../place.ts";
import type { PlacedPanelProps } from "./active-people.tsx";
import { RankingPanel } from "./ranking-panel.tsx";

/** Groups with the most people are shown. */
const GROUPS = 10;

/** People of each group who use a connector, beside all of the group who are active. */
export function ConnectorAdoption({ place, span }: PlacedPanelProps) {
  const variables = useMemo(() => ({ range: rangeOf(place.period) }), [place.period]);
  const [chosen, setChosen] = useState<string | null>(null);
  const { answer } = useDocument("ConnectorsByGroup", variables);
  const connectors = answer?.data?.connectors?.nodes.filter((each) => each !== null) ?? [];
  const connector = connectors.find(({ name }) => name === chosen) ?? connectors[0];
  const groups = connector?.byGroup ?? [];
  return (
    <RankingPanel
      title="Adoption of a connector"
      document="ConnectorsByGroup"
      variables={variables}
      span={span}
      top={GROUPS}
      unit="count"
      heads={["Group", "People"]}
      hasDetails
      answerRows="connectors.nodes.byGroup"
      empty="No connector was used in this period."
      actions={
        connectors.length > 0 && (
          <select
            className="field small no-print"
            aria-label="Connector"
            value={connector?.name}
            onChange={({ target }) => setChosen(target.value)}
          >
            {connectors.map(({ name, displayName }) => (
              <option key={name} value={name}>
                {displayName ?? name}
              </option>
            ))}
            {answer?.data?.connectors?.pageInfo.hasNextPage === true && (
              <option disabled>Less used ones are not listed</option>
            )}
          </select>
        )
      }
      note={() =>
        [
          ...(groups.length > GROUPS ? [`${GROUPS} of ${formatCount(groups.length)} groups are shown.`] : []),
          "People in several groups count in each.",
        ].join(" ")
      }
      rows={({ activityByGroup }) => {
        const active = new Map(activityByGroup?.map(({ groupId, users }) => [groupId, users]));
        return groups.slice(0, GROUPS).map(({ groupId, groupName, users }, i) => ({
          key: groupId ?? String(i),
          label: groupName ?? (groupId === null ? "Without a group" : "Deleted group"),
          detail: `of ${formatInColumn(active.get(groupId), "count")} active people`,
          value: users,
        }));
      }}
    />
  );
}
