import { useMemo } from "react";
import { formatCount, formatRange } from "../../charts/format.ts";
import { SeriesChart } from "../../charts/series-chart.tsx";
import { SeriesTable } from "../../charts/series-table.tsx";
import { Stat } from "../../charts/stat.tsx";
import { settlednessOf, timeSeries, withRevisions } from "../../charts/time-series.ts";
import type { ResultOf } from "../../client/documents.ts";
import { fileLink } from "../../links.ts";
import { definitionOf } from "../define.ts";
import { MOST_ROWS } from "../most-rows.ts";
import { nameOfProduct } from "../names.ts";
import { Panel } from "../panel.tsx";
import { bucketFor, comparisonFor, mostDaysIn, rangeOf } from "../place.ts";
import { Stats } from "../stats.tsx";
import type { PlacedPanelProps } from "./active-people.tsx";
import { spendFilter } from "./filters.ts";
import { type RevisedDays, useRevisedDays } from "./revised-days.ts";

type Cost = NonNullable<ResultOf<"CostByDay">["cost"]>;

/** Spend of each bucket, by product. */
export function SpendByDay(props: PlacedPanelProps) {
  return <SpendChart {...props} revised={NOT_MARKED} />;
}

const NOT_MARKED: RevisedDays = { sentences: new Map(), unmarked: null };

/** The same, with a mark for each day that was revised. */
export function RevisedSpendByDay(props: PlacedPanelProps) {
  const revised = useRevisedDays(props.place, bucketFor(props.place.period));
  return <SpendChart {...props} revised={revised} />;
}

function SpendChart({ place, span, revised }: PlacedPanelProps & { readonly revised: RevisedDays }) {
  const { period, compare, organization } = place;
  const length = bucketFor(period);
  const chartOf = (cost: Cost) => withRevisions(seriesOf(cost, length), revised.sentences);
  const filter = useMemo(() => spendFilter(place), [place]);
  const variables = useMemo(
    () => ({
      range: rangeOf(period),
      bucket: length,
      top: 4,
      first: MOST_ROWS, // buckets times products, which `top` bounds
      ...(organization === null ? {} : { organization }),
      ...(compare === "off" ? {} : { compare: comparisonFor(period) }),
      ...filter,
    }),
    [period, length, organization, compare, filter],
  );
  const title = length === "DAY" ? "Spend by day" : length === "WEEK" ? "Spend by week" : "Spend by month";
  const { first: _, top: __, compare: ___, ...rows } = variables as Record<string, unknown>;
  return (
    <Panel
      title={title}
      document="CostByDay"
      variables={variables}
      span={span}
      height={352}
      file={fileLink("cost", { ...rows, groupBy: ["PRODUCT"] })}
      empty="No spend in this period."
      table={({ cost }) =>
        cost === null ? null : <SeriesTable title={title} chart={chartOf(cost)} unit="usd" />
      }
    >
      {({ cost }) => {
        if (cost === null) return null;
        const { total, totalComparison } = cost;
        const net = totalComparison?.net;
        const days = mostDaysIn(period);
        const chart = chartOf(cost);
        return (
          <>
            {total !== null && (
              <Stats>
                <Stat
                  label="Net spend"
                  value={total.net.usd}
                  unit="usd"
                  definition={`${definitionOf("CostBucket.net")} ${definitionOf("CostBucketConnection.total")}`}
                  note={days > 0 && net === undefined ? formatRange(cost.range) : null}
                  {...(net === undefined || totalComparison == null
                    ? {}
                    : {
                        change: {
                          relative: net.relativeChange,
                          before: net.before.usd,
                          period: formatRange(totalComparison.range),
                          isSoFar: settlednessOf(chart).open,
                        },
                      })}
                />
              </Stats>
            )}
            <SeriesChart title={title} chart={chart} shape="stacked" unit="usd" height={220} />
            {revised.unmarked !== null && <p className="compare-note">{revised.unmarked}</p>}
            {cost.pageInfo.hasNextPage && (
              <p className="compare-note">
                The chart lacks the newest days: the gateway answers with at most {formatCount(MOST_ROWS)}{" "}
                rows. The file has all.
              </p>
            )}
          </>
        );
      }}
    </Panel>
  );
}

function seriesOf({ nodes, range }: Cost, length: "DAY" | "WEEK" | "MONTH") {
  const rows = nodes.filter((node) => node !== null);
  return timeSeries(
    rows.map(({ from, product, isOther, net, state }) => ({
      at: from,
      group: product ?? "",
      label: isOther ? "Other" : nameOfProduct(product),
      value: net.usd,
      state,
      isOther,
    })),
    { length, range, missing: "zero" },
  );
}
