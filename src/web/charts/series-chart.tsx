import { type KeyboardEvent, type PointerEvent, useId, useLayoutEffect, useRef, useState } from "react";
import { formatBucketInFull, formatNumber, type Unit } from "./format.ts";
import { accentOf, bucketScale, SeriesSvg } from "./series-svg.tsx";
import {
  BEFORE,
  type ChartSeries,
  type SeriesShape,
  settlednessOf,
  sumOfSeries,
  type TimeSeries,
} from "./time-series.ts";

export interface SeriesChartProps {
  /** Says what is drawn. */
  readonly title: string;
  readonly chart: TimeSeries;
  readonly shape: SeriesShape;
  readonly unit: Unit;
  readonly height?: number;
}

/** Series with a legend, and the values of the bucket under the pointer or chosen with the arrow keys. */
export function SeriesChart({ title, chart, shape, unit, height = 220 }: SeriesChartProps) {
  const id = useId().replaceAll(/\W/g, "");
  const frame = useRef<HTMLDivElement>(null);
  const values = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [active, setActive] = useState<number | null>(null);
  const last = chart.buckets.length - 1;

  useLayoutEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const measure = () => setWidth(Math.floor(element.clientWidth));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const x = bucketScale(chart.buckets.length, width, shape);
  const point = (event: PointerEvent<HTMLDivElement>) => {
    const left = event.clientX - event.currentTarget.getBoundingClientRect().left;
    const place = Math.floor((left - (x.range()[0] ?? 0)) / (x.step() || 1));
    setActive(Math.max(0, Math.min(last, place)));
  };
  const press = (event: KeyboardEvent) => {
    const from = active ?? (event.key === "ArrowLeft" ? last + 1 : -1);
    const moves: Readonly<Record<string, number | null>> = {
      ArrowLeft: Math.max(0, from - 1),
      ArrowRight: Math.min(last, from + 1),
      Home: 0,
      End: last,
      Escape: null,
    };
    const to = moves[event.key];
    if (to === undefined) return;
    event.preventDefault();
    setActive(to);
  };
  const shown = active !== null && active <= last ? active : null;
  useLayoutEffect(() => {
    const box = values.current;
    if (box === null || shown === null) return;
    const start = x(shown) ?? 0;
    const taken = Math.ceil(box.getBoundingClientRect().width);
    const left = start > width / 2 ? start - 8 - taken : start + x.bandwidth() + 8;
    box.style.left = `${Math.max(0, Math.min(left, width - taken))}px`;
  });
  return (
    <div className="chart">
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for form fields */}
      <div
        ref={frame}
        className="chart-frame"
        style={{ height }}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys read the values of each bucket
        tabIndex={0}
        role="group"
        aria-roledescription="chart"
        aria-label={`${title}. ${summaryOf(chart, unit)} Use the arrow keys to read values.`}
        onPointerMove={point}
        onPointerLeave={() => setActive(null)}
        onKeyDown={press}
        onBlur={() => setActive(null)}
      >
        {width > 0 && <SeriesSvg {...{ chart, shape, unit, width, height, id }} active={shown} />}
        <div ref={values} className="chart-values" aria-live="polite" hidden={shown === null}>
          {shown !== null && (
            <Values chart={chart} unit={unit} index={shown} isAdditive={shape === "stacked"} />
          )}
        </div>
      </div>
      <Legend chart={chart} shape={shape} />
    </div>
  );
}

interface ValuesProps {
  readonly chart: TimeSeries;
  readonly unit: Unit;
  readonly index: number;
  readonly isAdditive: boolean;
}

const STATES = { OPEN: "not complete yet", SETTLING: "can still change", FINAL: "final" } as const;

function Values({ chart: { buckets, series, length, before }, unit, index, isAdditive }: ValuesProps) {
  const bucket = buckets[index];
  if (bucket === undefined) return null;
  return (
    <>
      <p className="chart-values-title">
        {formatBucketInFull(bucket.start, length)}
        {bucket.state !== null && <span> · {STATES[bucket.state]}</span>}
      </p>
      <dl>
        {series.map(({ key, label, exact, isOther }, i) => (
          <div key={key}>
            <dt>
              <Swatch name={accentOf(i, isOther)} />
              {label}
            </dt>
            <dd>{formatNumber(exact[index], unit).exact}</dd>
          </div>
        ))}
        {isAdditive && series.length > 1 && (
          <div className="chart-values-sum">
            <dt>Total</dt>
            <dd>
              {
                formatNumber(
                  series.reduce((sum, each) => sum + (each.values[index] ?? 0), 0),
                  unit,
                ).short
              }
            </dd>
          </div>
        )}
        {before !== undefined && (
          <div>
            <dt>
              <span className="swatch before" aria-hidden="true" />
              {BEFORE}
            </dt>
            <dd>{formatNumber(before[index], unit).exact}</dd>
          </div>
        )}
      </dl>
      {bucket.revision !== undefined && <p className="chart-values-note">{bucket.revision}</p>}
    </>
  );
}

function Swatch({ name }: { readonly name: string }) {
  return <span className={`swatch ${name}`} aria-hidden="true" />;
}

function Legend({ chart, shape }: { readonly chart: TimeSeries; readonly shape: SeriesShape }) {
  const { open, settling } = settlednessOf(chart);
  return (
    <ul className="chart-legend">
      {chart.series.length > 1 &&
        chart.series.map(({ key, label, isOther }, i) => (
          <li key={key}>
            <Swatch name={accentOf(i, isOther)} />
            {label}
          </li>
        ))}
      {chart.before !== undefined && (
        <li>
          <span className="swatch before" aria-hidden="true" />
          {BEFORE}
        </li>
      )}
      {open && (
        <li className="chart-state">{shape === "lines" ? "Dashed" : "Hatched"}: day not complete yet</li>
      )}
      {settling && <li className="chart-state">Settling: figures of recent days can still change</li>}
      {chart.buckets.some(({ revision }) => revision !== undefined) && (
        <li className="chart-state">
          <span className="swatch revised" aria-hidden="true" />
          Revised since it was first recorded
        </li>
      )}
    </ul>
  );
}

/** What a chart shows, in a sentence or two, for readers who do not see it. */
function summaryOf({ series, buckets, length }: TimeSeries, unit: Unit): string {
  const [first, last] = [buckets[0], buckets.at(-1)];
  if (first === undefined || last === undefined) return "No values.";
  const revised = buckets.filter(({ revision }) => revision !== undefined).length;
  const changed = revised === 0 ? "" : ` Revised since first recorded: ${revised} of ${buckets.length}.`;
  const span = `${formatBucketInFull(first.start, length)} to ${formatBucketInFull(last.start, length)}.${changed}`;
  const newest = (each: ChartSeries) =>
    `${each.label} ${
      formatNumber(
        each.exact.findLast((value) => value !== null),
        unit,
      ).short
    }`;
  const named = series.filter((each) => sumOfSeries(each) > 0).slice(0, 5);
  return named.length === 0
    ? `${span} All values are zero or missing.`
    : `${span} Newest values: ${named.map(newest).join(", ")}.`;
}
