import { useMemo } from "react";
import { formatRange } from "../../charts/format.ts";
import { NumberCell } from "../../charts/number-cell.tsx";
import { Defined, Stat } from "../../charts/stat.tsx";
import { fileLink } from "../../links.ts";
import { definitionOf } from "../define.ts";
import { Panel } from "../panel.tsx";
import { rangeOf } from "../place.ts";
import { Stats } from "../stats.tsx";
import type { PlacedPanelProps } from "./active-people.tsx";

const TO_DATE = [
  ["monthToDate", "This month"],
  ["quarterToDate", "This quarter"],
  ["yearToDate", "This year"],
] as const;

/** Spend of this month, quarter and year. */
export function SpendToDate({ place, span }: PlacedPanelProps) {
  const { organization } = place;
  const variables = useMemo(() => (organization === null ? {} : { organization }), [organization]);
  return (
    <Panel
      title="To date"
      document="SpendToDate"
      variables={variables}
      span={span}
      height={76}
      answerRows="dashboard.spend"
    >
      {({ dashboard }) => {
        const spend = dashboard?.spend;
        if (spend == null || TO_DATE.every(([key]) => spend[key] === null)) return null;
        return (
          <Stats>
            {TO_DATE.map(([key, label]) => (
              <Stat
                key={key}
                label={label}
                value={spend[key]?.total.net.usd ?? null}
                unit="usd"
                definition={definitionOf(`SpendDashboard.${key}`)}
                note={spend[key] === null ? null : formatRange(spend[key].range)}
              />
            ))}
          </Stats>
        );
      }}
    </Panel>
  );
}

/** A projection of the month, and what it is made of. */
export function MonthEnd({ place, span }: PlacedPanelProps) {
  const { organization } = place;
  const variables = useMemo(() => (organization === null ? {} : { organization }), [organization]);
  return (
    <Panel
      title="Projected month end"
      document="MonthEnd"
      variables={variables}
      span={span}
      height={76}
      answerRows="costProjection"
    >
      {({ costProjection }) =>
        costProjection == null ? null : (
          <Stat
            label="At the rate so far"
            value={costProjection.net?.usd ?? null}
            unit="usd"
            definition={definitionOf("CostProjection.net")}
            note={`from ${costProjection.wholeDays} complete days; not an invoice`}
          />
        )
      }
    </Panel>
  );
}

/** Tokens of the period, and the share of input that the cache answered. */
export function Tokens({ place, span }: PlacedPanelProps) {
  const { period, organization } = place;
  const variables = useMemo(
    () => ({ range: rangeOf(period), ...(organization === null ? {} : { organization }) }),
    [period, organization],
  );
  return (
    <Panel
      title="Tokens by model"
      onDemand="Show tokens and cache reads"
      document="TokensByModel"
      variables={variables}
      span={span}
      height={358}
      file={fileLink("usage", { ...variables, groupBy: ["MODEL"] })}
      empty="No usage in this period."
    >
      {({ usage }) => {
        const rows = usage?.nodes.filter((node) => node !== null) ?? [];
        if (rows.length === 0) return null;
        return (
          <table>
            <caption className="visually-hidden">Tokens by model</caption>
            <thead>
              <tr>
                <th scope="col">Model</th>
                <th scope="col" className="numeric">
                  <Defined term="Tokens" definition={definitionOf("TokenUsage.totalTokens")} />
                </th>
                <th scope="col" className="numeric">
                  <Defined term="From cache" definition={definitionOf("TokenUsage.cacheReadShare")} isAtEnd />
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map(({ model, tokens }) => (
                <tr key={model ?? ""}>
                  <th scope="row">{model ?? "Without model"}</th>
                  <NumberCell unit="count" value={tokens.totalTokens} />
                  <NumberCell unit="share" value={tokens.cacheReadShare} />
                </tr>
              ))}
            </tbody>
          </table>
        );
      }}
    </Panel>
  );
}
