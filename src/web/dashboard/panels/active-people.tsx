import { useMemo } from "react";
import { dayAfter, formatCount, formatDay } from "../../charts/format.ts";
import { SeriesChart } from "../../charts/series-chart.tsx";
import { SeriesTable } from "../../charts/series-table.tsx";
import { Stat } from "../../charts/stat.tsx";
import { type SeriesPoint, timeSeries } from "../../charts/time-series.ts";
import type { ResultOf } from "../../client/documents.ts";
import { useDocument } from "../../client/use-document.ts";
import { definitionOf } from "../define.ts";
import { Panel, type PanelProps } from "../panel.tsx";
import { type Place, rangeOf, spanBefore } from "../place.ts";
import { Stats } from "../stats.tsx";

export interface PlacedPanelProps {
  readonly place: Place;
  readonly span: PanelProps<"Adoption">["span"];
}

type Days = NonNullable<ResultOf<"Adoption">["activity"]>;

const MEASURES = [
  ["monthlyActiveUsers", "Monthly"],
  ["weeklyActiveUsers", "Weekly"],
  ["dailyActiveUsers", "Daily"],
] as const;

/** People active per day, week and month, and the seats in use. */
export function ActivePeople({ place, span }: PlacedPanelProps) {
  const variables = useMemo(() => ({ range: rangeOf(place.period) }), [place.period]);
  const { answer } = useDocument("Adoption", variables);
  const days = answer?.data?.activity;
  const [first, last] = [days?.[0], days?.at(-1)];
  const before = useMemo(
    () =>
      first === undefined || last === undefined || place.compare === "off"
        ? null
        : { range: { between: { ...spanBefore({ from: first.date, until: dayAfter(last.date, 1) }) } } },
    [first, last, place.compare],
  );
  const { answer: compared } = useDocument("Adoption", before);
  const earlier = compared?.data?.activity?.at(-1);
  const title = "Active people";
  return (
    <Panel
      title={title}
      document="Adoption"
      variables={variables}
      span={span}
      height={352}
      answerRows="activity"
      table={({ activity }) => <SeriesTable title={title} chart={chartOf(activity ?? [])} unit="count" />}
    >
      {({ activity }) => {
        const newest = activity?.at(-1);
        if (activity == null || newest === undefined) return null;
        const change = (key: "weeklyActiveUsers" | "monthlyActiveUsers") => {
          const [now, then] = [newest[key], earlier?.[key]];
          if (now === null || then == null || earlier === undefined) return {};
          return {
            change: {
              relative: then === 0 ? null : (now - then) / then,
              before: then,
              period: formatDay(earlier.date),
            },
          };
        };
        return (
          <>
            <Stats>
              <Stat
                label="Weekly active"
                value={newest.weeklyActiveUsers}
                unit="count"
                definition={definitionOf("ActivityDay.weeklyActiveUsers")}
                {...change("weeklyActiveUsers")}
              />
              <Stat
                label="Monthly active"
                value={newest.monthlyActiveUsers}
                unit="count"
                definition={definitionOf("ActivityDay.monthlyActiveUsers")}
                {...change("monthlyActiveUsers")}
              />
              <Stat
                label="Daily active"
                value={newest.dailyActiveUsers}
                unit="count"
                definition={definitionOf("ActivityDay.dailyActiveUsers")}
                note={`on ${formatDay(newest.date)}`}
              />
              <Stat
                label="Seats used weekly"
                value={newest.weeklyAdoption === null ? null : newest.weeklyAdoption / 100}
                unit="share"
                definition={definitionOf("ActivityDay.weeklyAdoption")}
                note={newest.seats === null ? null : `of ${formatCount(newest.seats)} seats`}
              />
            </Stats>
            <SeriesChart title={title} chart={chartOf(activity)} shape="lines" unit="count" height={220} />
            {compared?.errors[0] !== undefined && (
              <p className="compare-note">
                Not compared with the period before: {compared.errors[0].message}
              </p>
            )}
          </>
        );
      }}
    </Panel>
  );
}

function chartOf(days: Days) {
  const points = MEASURES.flatMap(([key, label]) =>
    days.map(({ date, state, [key]: value }): SeriesPoint => ({ at: date, group: key, label, value, state })),
  );
  return timeSeries(points, { length: "DAY", missing: "gap", ...rangeOfDays(days) });
}

/** Days from the first to the last one of a list, so that a missing day is a gap. */
export function rangeOfDays(days: readonly { readonly date: string }[]) {
  const [first, last] = [days[0], days.at(-1)];
  if (first === undefined || last === undefined) return {};
  return { range: { from: first.date, until: dayAfter(last.date, 1) } };
}
