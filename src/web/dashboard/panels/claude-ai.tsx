import { useMemo } from "react";
import { SeriesChart } from "../../charts/series-chart.tsx";
import { SeriesTable } from "../../charts/series-table.tsx";
import { Stat } from "../../charts/stat.tsx";
import { type SeriesPoint, timeSeries } from "../../charts/time-series.ts";
import type { ResultOf } from "../../client/documents.ts";
import { definitionOf } from "../define.ts";
import { nameOfProduct } from "../names.ts";
import { Panel } from "../panel.tsx";
import { mostDaysIn, rangeOf } from "../place.ts";
import { Stats } from "../stats.tsx";
import { type PlacedPanelProps, rangeOfDays } from "./active-people.tsx";
import { DAILY_LIMIT, TooManyDays } from "./too-many-days.tsx";

type ChatDays = NonNullable<ResultOf<"ClaudeAiByDay">["dashboard"]>["claudeAi"]["byDay"];

/** Totals of chat over a period by name; upstream recounts people for those only. */
export function ChatTotals({ place, span }: PlacedPanelProps) {
  const { period } = place;
  const variables = useMemo(() => (typeof period === "string" ? { period } : {}), [period]);
  if (typeof period !== "string")
    return <p className="note">Totals of chat are shown for periods by name, not for a custom range.</p>;
  return (
    <Panel
      title="Chat"
      document="ClaudeAiTotal"
      variables={variables}
      span={span}
      height={76}
      answerRows="dashboard.claudeAi.total"
    >
      {({ dashboard }) => {
        const total = dashboard?.claudeAi.total;
        if (total == null) return null;
        return (
          <Stats>
            <Stat
              label="People"
              value={total.chatUsers}
              unit="count"
              definition={definitionOf("ClaudeAiTotal.chatUsers")}
            />
            <Stat
              label="Chats"
              value={total.conversations}
              unit="count"
              definition={definitionOf("ClaudeAiTotal.conversations")}
            />
            <Stat
              label="Messages"
              value={total.messages}
              unit="count"
              definition={definitionOf("ClaudeAiTotal.messages")}
            />
            <Stat
              label="Projects created"
              value={total.projectsCreated}
              unit="count"
              definition={definitionOf("ClaudeAiTotal.projectsCreated")}
            />
            <Stat
              label="Artifacts created"
              value={total.artifactsCreated}
              unit="count"
              definition={definitionOf("ClaudeAiTotal.artifactsCreated")}
            />
          </Stats>
        );
      }}
    </Panel>
  );
}

const MEASURES = [
  ["conversations", "Chats"],
  ["chatUsers", "People who chat"],
  ["artifactsCreated", "Artifacts created"],
] as const;

/** Chats, people and artifacts, day by day. */
export function ChatByDay({ place, span }: PlacedPanelProps) {
  const variables = useMemo(() => ({ range: rangeOf(place.period) }), [place.period]);
  const title = "Chat by day";
  if (mostDaysIn(place.period) > DAILY_LIMIT) return <TooManyDays title={title} place={place} span={span} />;
  const chart = (data: ResultOf<"ClaudeAiByDay">) => chartOf(data.dashboard?.claudeAi.byDay ?? null);
  return (
    <Panel
      title={title}
      document="ClaudeAiByDay"
      variables={variables}
      span={span}
      height={300}
      answerRows="dashboard.claudeAi.byDay.days"
      table={(data) => <SeriesTable title={title} chart={chart(data)} unit="count" />}
    >
      {(data) =>
        data.dashboard?.claudeAi.byDay == null ? null : (
          <SeriesChart title={title} chart={chart(data)} shape="lines" unit="count" height={260} />
        )
      }
    </Panel>
  );
}

function chartOf(series: ChatDays) {
  const days = series?.days ?? [];
  const points = MEASURES.flatMap(([key, label]) =>
    days.map(({ date, state, [key]: value }): SeriesPoint => ({ at: date, group: key, label, value, state })),
  );
  return timeSeries(points, { length: "DAY", missing: "gap", ...rangeOfDays(days) });
}

/** People active each day in the products that most people use. A person can be in several, so lines are not added up. */
export function ProductsByDay({ place, span }: PlacedPanelProps) {
  const variables = useMemo(() => ({ range: rangeOf(place.period) }), [place.period]);
  const title = "Daily active people of the largest products";
  return (
    <Panel
      title={title}
      document="Adoption"
      variables={variables}
      span={span}
      height={300}
      answerRows="activity.products"
      table={({ activity }) => <SeriesTable title={title} chart={productsOf(activity ?? [])} unit="count" />}
    >
      {({ activity }) =>
        activity == null || activity.length === 0 ? null : (
          <SeriesChart title={title} chart={productsOf(activity)} shape="lines" unit="count" height={260} />
        )
      }
    </Panel>
  );
}

/** Lines that can be told apart by colour. */
const MOST_LINES = 4;

function productsOf(days: NonNullable<ResultOf<"Adoption">["activity"]>) {
  const points = days.flatMap(({ date, state, products }) =>
    products.map(
      ({ product, dailyActiveUsers }): SeriesPoint => ({
        at: date,
        group: product,
        label: nameOfProduct(product),
        value: dailyActiveUsers,
        state,
      }),
    ),
  );
  const chart = timeSeries(points, { length: "DAY", missing: "gap", ...rangeOfDays(days) });
  return { ...chart, series: chart.series.slice(0, MOST_LINES) };
}
