import { scaleBand, scaleLinear } from "d3-scale";
import { line } from "d3-shape";
import { formatBucket, formatTick, isWithinDay, type Unit } from "./format.ts";
import {
  labelledBuckets,
  largestValue,
  type SeriesShape,
  stackedLayers,
  type TimeSeries,
} from "./time-series.ts";

export interface SeriesSvgProps {
  readonly chart: TimeSeries;
  readonly shape: SeriesShape;
  readonly unit: Unit;
  readonly width: number;
  readonly height: number;
  /** Distinguishes the patterns of several charts of a document. */
  readonly id: string;
  /** Bucket under the pointer or the keyboard; null: none. */
  readonly active?: number | null;
}

const MARGIN = { top: 8, right: 8, bottom: 24, left: 48 };

/** Places of the buckets on the horizontal axis. */
export function bucketScale(count: number, width: number, shape: SeriesShape) {
  return scaleBand<number>()
    .domain(Array.from({ length: count }, (_, i) => i))
    .range([MARGIN.left, Math.max(MARGIN.left + 1, width - MARGIN.right)])
    .paddingInner(shape === "lines" ? 0 : 0.25)
    .paddingOuter(shape === "lines" ? 0 : 0.1);
}

/** Name of the accent of a series by its place; all beyond four share the accent of the others. */
export function accentOf(index: number, isOther: boolean): string {
  return isOther || index >= 4 ? "accent-other" : `accent-${index + 1}`;
}

/** Draws series as SVG elements only, without a document, so that a server can draw them too. Colours come from CSS custom properties. */
export function SeriesSvg({ chart, shape, unit, width, height, id, active = null }: SeriesSvgProps) {
  const { buckets, series, length } = chart;
  const x = bucketScale(buckets.length, width, shape);
  const y = scaleLinear()
    .domain([0, largestValue(chart, shape === "stacked") || 1])
    .nice(4)
    .range([height - MARGIN.bottom, MARGIN.top]);
  const isWhole = unit === "count" && largestValue(chart, shape === "stacked") < 5;
  const ticks = y.ticks(4).filter((tick) => !isWhole || Number.isInteger(tick));
  const labelWidth = isWithinDay(length) ? 96 : 72;
  const labelled = labelledBuckets(buckets.length, Math.floor((width - MARGIN.left) / labelWidth));
  const center = (i: number) => (x(i) ?? 0) + x.bandwidth() / 2;
  const half = widthOfBars(x) / 2 + 2;
  // A dash across each bar, since a line from bar to bar would cross those between. Lines have a line.
  const pathOf = (values: readonly (number | string | null)[]) => {
    const present = buckets.flatMap((_, i) => (values[i] == null ? [] : i));
    const at = (i: number) => y(Number(values[i]));
    return shape === "lines"
      ? line<number>(center, at).defined((i) => values[i] != null)(buckets.map((_, i) => i))
      : present.map((i) => `M${center(i) - half},${at(i)}h${2 * half}`).join("");
  };
  const before = chart.before === undefined ? null : (pathOf(chart.before) ?? "");
  return (
    <svg
      className="chart-svg"
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      aria-hidden="true"
    >
      <defs>
        {series.map(({ key, isOther }, i) => (
          <pattern
            key={key}
            id={`${id}-hatch-${i}`}
            width="5"
            height="5"
            patternUnits="userSpaceOnUse"
            patternTransform="rotate(45)"
          >
            <rect width="5" height="5" fill="var(--surface)" />
            <rect width="2" height="5" fill={`var(--${accentOf(i, isOther)})`} />
          </pattern>
        ))}
      </defs>
      {ticks.map((tick) => (
        <g key={tick} className="chart-tick" transform={`translate(0 ${y(tick)})`}>
          <line
            x1={MARGIN.left}
            x2={width - MARGIN.right}
            className={tick === 0 ? "chart-base" : "chart-grid"}
          />
          <text x={MARGIN.left - 8} dy="0.32em" textAnchor="end">
            {formatTick(tick, unit)}
          </text>
        </g>
      ))}
      {labelled.map((i, place) => (
        <text
          key={i}
          className="chart-label"
          x={Math.min(center(i), width - MARGIN.right - labelWidth / 2 + 18)}
          y={height - 6}
          textAnchor="middle"
        >
          {formatBucket(buckets[i]?.start ?? "", length, buckets[labelled[place - 1] ?? -1]?.start)}
        </text>
      ))}
      {buckets.map(({ start, revision }, i) =>
        revision === undefined ? null : (
          <circle
            key={start}
            className="chart-revision"
            cx={center(i)}
            cy={height - MARGIN.bottom + 5}
            r="2.5"
          />
        ),
      )}
      {active !== null && (
        <rect
          className="chart-active"
          x={(x(active) ?? 0) - (x.step() - x.bandwidth()) / 2}
          y={MARGIN.top}
          width={x.step()}
          height={height - MARGIN.top - MARGIN.bottom}
        />
      )}
      {shape === "lines" ? (
        <Lines chart={chart} center={center} y={y} active={active} />
      ) : (
        <Bars chart={chart} shape={shape} x={x} y={y} id={id} />
      )}
      {before !== null && (
        <g className="chart-before" fill="none" strokeLinejoin="round">
          <path d={before} stroke="var(--surface)" strokeWidth="4" />
          <path d={before} stroke="var(--text-muted)" strokeWidth="1.5" />
        </g>
      )}
    </svg>
  );
}

interface LinesProps {
  readonly chart: TimeSeries;
  readonly center: (i: number) => number;
  readonly y: (value: number) => number;
  readonly active: number | null;
}

/** A line for each series: solid over days that are complete, dashed up to those that are open, interrupted where there is no value. */
function Lines({ chart: { series, buckets }, center, y, active }: LinesProps) {
  const indices = buckets.map((_, i) => i);
  const isOpen = (i: number) => buckets[i]?.state === "OPEN";
  return series.map(({ key, values, isOther }, place) => {
    const has = (i: number) => values[i] !== null && values[i] !== undefined;
    const path = (includes: (i: number) => boolean) =>
      line<number>(center, (i) => y(values[i] ?? 0)).defined((i) => has(i) && includes(i))(indices) ?? "";
    const stroke = `var(--${accentOf(place, isOther)})`;
    const isAlone = (i: number) => has(i) && !has(i - 1) && !has(i + 1);
    return (
      <g key={key} stroke={stroke} fill="none" strokeWidth="2" strokeLinejoin="round" strokeLinecap="round">
        <path d={path((i) => !isOpen(i))} />
        <path d={path((i) => isOpen(i) || isOpen(i + 1))} strokeDasharray="2 5" />
        {indices
          .filter((i) => isAlone(i) || (i === active && has(i)))
          .map((i) => (
            <circle
              key={i}
              cx={center(i)}
              cy={y(values[i] ?? 0)}
              r="3.5"
              fill={stroke}
              stroke="var(--surface)"
            />
          ))}
      </g>
    );
  });
}

interface BarsProps {
  readonly chart: TimeSeries;
  readonly shape: SeriesShape;
  readonly x: ReturnType<typeof bucketScale>;
  readonly y: (value: number) => number;
  readonly id: string;
}

function widthOfBars(x: ReturnType<typeof bucketScale>): number {
  return Math.min(x.bandwidth(), 56);
}

/** A bar for each value, on top of one another or side by side; hatched where the bucket is open. */
function Bars({ chart, shape, x, y, id }: BarsProps) {
  const { series, buckets } = chart;
  const isStacked = shape === "stacked";
  const layers = isStacked
    ? stackedLayers(chart)
    : series.map(({ values }) => values.map((value) => (value === null ? null : ([0, value] as const))));
  const most = widthOfBars(x);
  const width = isStacked ? most : most / Math.max(1, series.length);
  return series.map(({ key, isOther }, place) => (
    <g key={key}>
      {layers[place]?.map((edges, i) => {
        const start = buckets[i]?.start;
        if (edges === null || edges[1] === edges[0]) return null;
        const left = (x(i) ?? 0) + (x.bandwidth() - most) / 2 + (isStacked ? 0 : place * width);
        const isOpen = buckets[i]?.state === "OPEN";
        return (
          <rect
            key={start}
            x={left}
            width={Math.max(1, width - (isStacked ? 0 : 1))}
            y={y(edges[1])}
            height={Math.max(1, y(edges[0]) - y(edges[1]))}
            fill={isOpen ? `url(#${id}-hatch-${place})` : `var(--${accentOf(place, isOther)})`}
          />
        );
      })}
    </g>
  ));
}
