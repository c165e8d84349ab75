import { type ReactNode, useMemo } from "react";
import { formatCount } from "../../charts/format.ts";
import { SeriesChart } from "../../charts/series-chart.tsx";
import { SeriesTable } from "../../charts/series-table.tsx";
import { Stat } from "../../charts/stat.tsx";
import { type SeriesPoint, timeSeries } from "../../charts/time-series.ts";
import type { ResultOf } from "../../client/documents.ts";
import { definitionOf } from "../define.ts";
import { nameOfPerson, sentenceCase } from "../names.ts";
import { Panel, type PanelProps } from "../panel.tsx";
import { mostDaysIn, rangeOf } from "../place.ts";
import { Stats } from "../stats.tsx";
import type { Rights } from "../viewer.ts";
import { type PlacedPanelProps, rangeOfDays } from "./active-people.tsx";
import { RankingPanel } from "./ranking-panel.tsx";
import { DAILY_LIMIT } from "./too-many-days.tsx";

interface CodePanelProps extends PlacedPanelProps {
  readonly rights: Rights;
}

type CodeDays = NonNullable<
  NonNullable<ResultOf<"DashboardClaudeCode">["dashboard"]>["claudeCode"]["byDay"]
>["days"];

/** One document for all panels of the page, so that they are one request. */
function useCodeVariables({ place, rights }: CodePanelProps) {
  return useMemo(
    () => ({ range: rangeOf(place.period), spend: rights.spend, people: rights.people }),
    [place.period, rights.spend, rights.people],
  );
}

function daysOf({ dashboard }: ResultOf<"DashboardClaudeCode">): CodeDays {
  return dashboard?.claudeCode.byDay?.days ?? [];
}

interface CodeSeriesProps extends CodePanelProps {
  readonly title: string;
  readonly unit: "share" | "count";
  readonly shape: "lines" | "grouped";
  /** Where the answer has the rows that are drawn. */
  readonly answerRows: NonNullable<PanelProps<"DashboardClaudeCode">["answerRows"]>;
  readonly chartOf: (days: CodeDays) => ReturnType<typeof timeSeries>;
  /** Figures of the whole period, above the chart. */
  readonly totals?: (data: ResultOf<"DashboardClaudeCode">) => ReactNode;
}

/** A measure of Claude Code, day by day. */
function CodeSeries({ title, unit, shape, answerRows, chartOf, totals, ...props }: CodeSeriesProps) {
  const { place, span } = props;
  const variables = useCodeVariables(props);
  if (mostDaysIn(place.period) > DAILY_LIMIT) return null;
  return (
    <Panel
      title={title}
      document="DashboardClaudeCode"
      part="dashboard.claudeCode.byDay"
      variables={variables}
      span={span}
      height={280}
      answerRows={answerRows}
      table={(data) => <SeriesTable title={title} chart={chartOf(daysOf(data))} unit={unit} />}
    >
      {(data) => {
        const days = daysOf(data);
        return days.length === 0 ? null : (
          <>
            {totals?.(data)}
            <SeriesChart
              title={title}
              chart={chartOf(days)}
              shape={shape}
              unit={unit}
              height={totals === undefined ? 240 : 168}
            />
          </>
        );
      }}
    </Panel>
  );
}

/** Share of the proposals of each tool that people accepted, day by day. */
export function AcceptanceByTool(props: CodePanelProps) {
  return (
    <CodeSeries
      {...props}
      title="Acceptance rate by tool"
      unit="share"
      shape="lines"
      answerRows="dashboard.claudeCode.byDay.days.toolActions"
      chartOf={acceptanceOf}
      totals={({ dashboard }) => (
        <Stats>
          {dashboard?.claudeCode.byDay?.toolActions.map(({ tool, accepted, rejected, acceptanceRate }) => (
            <Stat
              key={tool}
              label={sentenceCase(tool)}
              value={acceptanceRate}
              unit="share"
              definition={definitionOf("ToolActions.acceptanceRate")}
              note={`of ${formatCount(accepted + rejected)} proposals`}
            />
          ))}
        </Stats>
      )}
    />
  );
}

function acceptanceOf(days: CodeDays) {
  const points = days.flatMap(({ date, state, toolActions }) =>
    toolActions.map(
      ({ tool, acceptanceRate }): SeriesPoint => ({
        at: date,
        group: tool,
        label: sentenceCase(tool),
        value: acceptanceRate,
        state,
      }),
    ),
  );
  return timeSeries(points, { length: "DAY", missing: "gap", ...rangeOfDays(days) });
}

/** Different people with a record, day by day. */
export function CodePeople(props: CodePanelProps) {
  return (
    <CodeSeries
      {...props}
      title="People with Claude Code records"
      unit="count"
      shape="grouped"
      answerRows="dashboard.claudeCode.byDay.days"
      chartOf={peopleOf}
    />
  );
}

function peopleOf(days: CodeDays) {
  const points = days.map(
    ({ date, state, users }): SeriesPoint => ({
      at: date,
      group: "people",
      label: "People",
      value: users,
      state,
    }),
  );
  return timeSeries(points, { length: "DAY", missing: "gap", ...rangeOfDays(days) });
}

/** The people with the most accepted lines. */
export function CodeLeaders(props: CodePanelProps) {
  const { place, span } = props;
  const variables = useCodeVariables(props);
  if (mostDaysIn(place.period) > DAILY_LIMIT) return null;
  return (
    <RankingPanel
      title="Most lines added"
      document="DashboardClaudeCode"
      part="dashboard.claudeCode.leaderboard"
      answerRows="dashboard.claudeCode.leaderboard.leaders"
      variables={variables}
      span={span}
      top={10}
      unit="count"
      heads={["Person", "Lines added"]}
      empty="No use of Claude Code in this period."
      rows={({ dashboard }) =>
        dashboard?.claudeCode.leaderboard?.leaders.map(({ email, user, linesAdded }, i) => ({
          key: String(i),
          label: nameOfPerson({ name: user?.name ?? null, email }),
          value: linesAdded,
        }))
      }
    />
  );
}

/** Estimated cost by model; an estimate of upstream, not the bill. */
export function CodeModels(props: CodePanelProps) {
  const { place, span } = props;
  const variables = useCodeVariables(props);
  if (mostDaysIn(place.period) > DAILY_LIMIT) return null;
  return (
    <RankingPanel
      title="Estimated cost by model"
      document="DashboardClaudeCode"
      part="dashboard.claudeCode.spendByModel"
      answerRows="dashboard.claudeCode.spendByModel.models"
      variables={variables}
      span={span}
      top={10}
      unit="usd"
      heads={["Model", "Estimate"]}
      empty="No use of Claude Code in this period."
      rows={({ dashboard }) =>
        dashboard?.claudeCode.spendByModel?.models.map(({ model, estimated }) => ({
          key: model,
          label: model,
          value: estimated?.usd ?? null,
        }))
      }
    />
  );
}
