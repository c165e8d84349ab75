import { useMemo } from "react";
import { formatRange } from "../../charts/format.ts";
import { SeriesChart } from "../../charts/series-chart.tsx";
import { SeriesTable } from "../../charts/series-table.tsx";
import { Stat } from "../../charts/stat.tsx";
import { settlednessOf, timeSeries } from "../../charts/time-series.ts";
import type { ResultOf } from "../../client/documents.ts";
import { useDocument } from "../../client/use-document.ts";
import { fileLink } from "../../links.ts";
import { definitionOf } from "../define.ts";
import { PlaceLink } from "../link.tsx";
import { Panel } from "../panel.tsx";
import { mostDaysIn, rangeOf } from "../place.ts";
import { Stats } from "../stats.tsx";
import type { Rights } from "../viewer.ts";
import type { PlacedPanelProps } from "./active-people.tsx";
import { DAILY_LIMIT, TooManyDays } from "./too-many-days.tsx";

type Code = NonNullable<ResultOf<"ClaudeCodeByDay">["claudeCode"]>;

const MEASURES = [
  ["commits", "Commits"],
  ["pullRequests", "Pull requests"],
] as const;

/** Output of Claude Code, day by day. */
export function CodeByDay({ place, rights, span }: PlacedPanelProps & { readonly rights: Rights }) {
  const { period, compare } = place;
  const plain = useMemo(() => ({ range: rangeOf(period), spend: rights.spend }), [period, rights.spend]);
  const compared = useMemo(() => ({ ...plain, compare: "PREVIOUS_PERIOD" as const }), [plain]);
  const isWanted = compare === "all" && mostDaysIn(period) <= DAILY_LIMIT;
  const { answer } = useDocument("ClaudeCodeByDay", isWanted ? compared : null);
  // Twice the days can take more requests than one answer may, where these days alone do not.
  const isTooMuch = answer?.errors.some(({ extensions }) => extensions?.code === "TOO_EXPENSIVE") === true;
  const variables = isWanted && !isTooMuch ? compared : plain;
  const title = "Claude Code by day";
  if (mostDaysIn(period) > DAILY_LIMIT) return <TooManyDays title={title} place={place} span={span} />;
  return (
    <Panel
      title={title}
      document="ClaudeCodeByDay"
      variables={variables}
      span={span}
      height={352}
      file={fileLink("claudeCode", { range: variables.range, bucket: "DAY" })}
      empty="No use of Claude Code in this period."
      table={({ claudeCode }) =>
        claudeCode === null ? null : <SeriesTable title={title} chart={chartOf(claudeCode)} unit="count" />
      }
    >
      {({ claudeCode }) => {
        if (claudeCode === null) return null;
        const { total, totalComparison } = claudeCode;
        const chart = chartOf(claudeCode);
        const change = (key: "sessions" | "commits" | "pullRequests" | "linesAdded") => {
          const before = totalComparison?.[key];
          if (before == null || totalComparison == null) return {};
          return {
            change: {
              relative: before.relativeChange,
              before: before.before,
              period: formatRange(totalComparison.range),
              isSoFar: settlednessOf(chart).open,
            },
          };
        };
        return (
          <>
            <Stats>
              <Stat
                label="Sessions"
                value={total?.sessions ?? 0}
                unit="count"
                definition={definitionOf("ClaudeCodeGroup.sessions")}
                {...change("sessions")}
              />
              <Stat
                label="Commits"
                value={total?.commits ?? 0}
                unit="count"
                definition={definitionOf("ClaudeCodeGroup.commits")}
                {...change("commits")}
              />
              <Stat
                label="Pull requests"
                value={total?.pullRequests ?? 0}
                unit="count"
                definition={definitionOf("ClaudeCodeGroup.pullRequests")}
                {...change("pullRequests")}
              />
              <Stat
                label="Lines added"
                value={total?.linesAdded ?? 0}
                unit="count"
                definition={definitionOf("ClaudeCodeGroup.linesAdded")}
                {...change("linesAdded")}
              />
              {rights.spend && (
                <>
                  <Stat
                    label="Estimated cost"
                    value={total?.estimated?.usd ?? null}
                    unit="usd"
                    definition={definitionOf("ClaudeCodeGroup.estimated")}
                  />
                  {span === 12 && (
                    <Stat
                      label="Cost per commit"
                      value={total?.estimatedPerCommit?.usd ?? null}
                      unit="usd"
                      definition={definitionOf("ClaudeCodeGroup.estimatedPerCommit")}
                    />
                  )}
                </>
              )}
            </Stats>
            <SeriesChart title={title} chart={chart} shape="grouped" unit="count" height={196} />
            {compare === "cheap" && (
              <p className="compare-note no-print">
                <PlaceLink className="link" to={{ ...place, compare: "all" }}>
                  Compare with the period before
                </PlaceLink>{" "}
                (up to {mostDaysIn(period)} more upstream requests)
              </p>
            )}
            {isTooMuch && (
              <p className="compare-note">
                The period before takes more upstream requests than one answer may, so it is not compared.
              </p>
            )}
          </>
        );
      }}
    </Panel>
  );
}

function chartOf({ nodes, range }: Code) {
  const rows = nodes.filter((node) => node !== null);
  const points = MEASURES.flatMap(([key, label]) =>
    rows.map(({ from, state, [key]: value }) => ({ at: from, group: key, label, value, state })),
  );
  return timeSeries(points, { length: "DAY", range, missing: "zero" });
}
