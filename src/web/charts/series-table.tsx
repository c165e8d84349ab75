import { formatBucketInFull, type Unit } from "./format.ts";
import { NumberCell } from "./number-cell.tsx";
import type { TimeSeries } from "./time-series.ts";

const HEADS = { MINUTE: "Minute", HOUR: "Hour", DAY: "Day", WEEK: "Week", MONTH: "Month" } as const;

/** The values of a chart as a table, newest bucket first. */
export function SeriesTable({
  title,
  chart,
  unit,
}: {
  readonly title: string;
  readonly chart: TimeSeries;
  readonly unit: Unit;
}) {
  const { buckets, series, length } = chart;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="table-frame" aria-label={title} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">{HEADS[length]}</th>
            {series.map(({ key, label }) => (
              <th key={key} scope="col" className="numeric">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {buckets
            .map(({ start, state, revision }, i) => (
              <tr key={start}>
                <th scope="row">
                  {formatBucketInFull(start, length)}
                  {state === "OPEN" && <span className="muted"> · not complete</span>}
                  {revision !== undefined && <span className="ranking-detail">{revision}</span>}
                </th>
                {series.map(({ key, exact }) => (
                  <NumberCell key={key} unit={unit} value={exact[i]} />
                ))}
              </tr>
            ))
            .reverse()}
        </tbody>
      </table>
    </section>
  );
}
