import { useMemo } from "react";
import { RankingTable } from "../../charts/ranking.tsx";
import { fileLink } from "../../links.ts";
import { sentenceCase } from "../names.ts";
import { Panel } from "../panel.tsx";
import { rangeOf } from "../place.ts";
import type { PlacedPanelProps } from "./active-people.tsx";
import { spendFilter } from "./filters.ts";

export interface TopPanelProps extends PlacedPanelProps {
  readonly top: number;
}

/** Height of a ranking with its head. */
function rankingHeight(rows: number): number {
  return 28 + rows * 33;
}

/** Spend by model, with the share of each. */
export function TopModels({ place, span }: PlacedPanelProps) {
  const { period, organization } = place;
  const filter = useMemo(() => spendFilter(place), [place]);
  const variables = useMemo(
    () => ({ range: rangeOf(period), top: 8, ...(organization === null ? {} : { organization }), ...filter }),
    [period, organization, filter],
  );
  return (
    <Panel
      title="Spend by model"
      document="TopModels"
      variables={variables}
      span={span}
      height={rankingHeight(9)}
      empty="No spend in this period."
      file={fileLink("cost", {
        range: variables.range,
        groupBy: ["MODEL"],
        ...(organization === null ? {} : { organization }),
        ...filter,
      })}
    >
      {({ cost }) => {
        const rows = cost?.nodes.filter((node) => node !== null) ?? [];
        if (rows.length === 0) return null;
        return (
          <RankingTable
            title="Spend by model"
            unit="usd"
            heads={["Model", "Net spend"]}
            total={cost?.total?.net.usd ?? null}
            rows={rows.map(({ model, isOther, net }) => ({
              key: isOther ? "other" : (model ?? ""),
              label: isOther ? "Other models" : (model ?? "Without model"),
              value: net.usd,
              isOther,
            }))}
          />
        );
      }}
    </Panel>
  );
}

export function TopConnectors({ place, span, top }: TopPanelProps) {
  const variables = useMemo(() => ({ range: rangeOf(place.period), first: top }), [place.period, top]);
  return (
    <Panel
      title="Connectors"
      document="Connectors"
      variables={variables}
      span={span}
      height={rankingHeight(top)}
      empty="No connector was used in this period."
      file={fileLink("connectors", { range: variables.range })}
    >
      {({ connectors }) => {
        const rows = connectors?.nodes.filter((node) => node !== null) ?? [];
        if (rows.length === 0) return null;
        return (
          <RankingTable
            title="Connectors"
            unit="count"
            heads={["Connector", "People"]}
            rows={rows.map(({ name, displayName, users }) => ({
              key: name,
              label: displayName ?? sentenceCase(name),
              value: users,
            }))}
          />
        );
      }}
    </Panel>
  );
}
