import { type ReactNode, useId, useRef, useState } from "react";
import { RankingTable } from "../charts/ranking.tsx";
import { heightOfRanking, RankingSvg } from "../charts/ranking-svg.tsx";
import { SeriesChart } from "../charts/series-chart.tsx";
import { accentOf } from "../charts/series-svg.tsx";
import { Stat } from "../charts/stat.tsx";
import { BEFORE, settlednessOf } from "../charts/time-series.ts";
import { saveFile } from "../client/save-file.ts";
import { shownTheme } from "../design/theme.ts";
import type { GatewayAnswer } from "./answer.ts";
import { type AnswerChart, type AnswerNumber, chartOf, measuresIn } from "./answer-chart.ts";
import type { AnswerTable } from "./answer-tables.ts";
import { PictureLink } from "./picture-link.tsx";
import { type StandaloneOptions, standaloneSvg } from "./standalone-svg.ts";

/** One measure of a list as the chart that its rows are fit for. */
export function ChartView({
  table,
  answer,
}: {
  readonly table: AnswerTable;
  readonly answer: GatewayAnswer;
}) {
  const id = useId();
  const [chosen, setChosen] = useState("");
  const measures = measuresIn(table);
  const drawable = measures.find((each) => chartOf(table, each).kind !== "none") ?? measures[0];
  const measure = measures.find(({ name }) => name === chosen) ?? drawable;
  if (measure === undefined)
    return <p className="view-note">No chart: the rows have no amount, count or ratio.</p>;
  const drawn = chartOf(table, measure);
  const title = `${table.name}: ${measure.name}`;
  const link = <PictureLink key={title} answer={answer} list={table.name} measure={measure.name} />;
  return (
    <>
      {measures.length > 1 && (
        <div className="row">
          <label htmlFor={id}>Measure</label>
          <select
            id={id}
            className="field"
            value={measure.name}
            onChange={({ target }) => setChosen(target.value)}
          >
            {measures.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </div>
      )}
      {drawn.kind === "none" && <p className="view-note">No chart: {drawn.reason}</p>}
      {drawn.kind === "series" && (
        <Series key={title} title={title} drawn={drawn}>
          {link}
        </Series>
      )}
      {drawn.kind === "ranking" && (
        <Ranking key={title} title={title} drawn={drawn}>
          {link}
        </Ranking>
      )}
      {drawn.kind !== "none" && drawn.note !== "" && <p className="view-note">{drawn.note}</p>}
    </>
  );
}

/** The colours on the screen, for a file. */
function shownColours(): Pick<StandaloneOptions, "theme" | "colourOf"> {
  const style = getComputedStyle(document.documentElement);
  return { theme: shownTheme(), colourOf: (property) => style.getPropertyValue(property) };
}

interface SeriesProps {
  readonly title: string;
  readonly drawn: Extract<AnswerChart, { kind: "series" }>;
  /** Beside the buttons below the chart. */
  readonly children: ReactNode;
}

function Series({ title, drawn: { chart, shape: fitting, unit, note }, children }: SeriesProps) {
  const id = useId();
  const [isGrouped, setGrouped] = useState(false);
  const canGroup = fitting === "stacked" && chart.series.length > 1;
  const shape = canGroup && isGrouped ? "grouped" : fitting;
  const frame = useRef<HTMLElement>(null);
  const drawing = () => {
    const svg = frame.current?.querySelector("svg.chart-svg");
    if (!svg) return null;
    const { open, settling } = settlednessOf(chart);
    return standaloneSvg(new XMLSerializer().serializeToString(svg), {
      title,
      width: svg.clientWidth,
      height: svg.clientHeight,
      legend: [
        ...chart.series.map(({ label, isOther }, i) => ({ label, accent: accentOf(i, isOther) })),
        ...(chart.before === undefined ? [] : [{ label: `Line: ${BEFORE.toLowerCase()}`, accent: null }]),
        ...(open
          ? [{ label: `${shape === "lines" ? "Dashed" : "Hatched"}: not complete yet`, accent: null }]
          : []),
        ...(settling ? [{ label: "Recent figures can still change", accent: null }] : []),
        ...(note === "" ? [] : [{ label: note, accent: null }]),
      ],
      ...shownColours(),
    });
  };
  return (
    <>
      {canGroup && (
        <div className="row">
          <label htmlFor={id}>Bars</label>
          <select
            id={id}
            className="field"
            value={shape}
            onChange={({ target }) => setGrouped(target.value === "grouped")}
          >
            <option value="stacked">Stacked</option>
            <option value="grouped">Side by side</option>
          </select>
        </div>
      )}
      <section ref={frame} className="answer-chart" aria-label={title}>
        <SeriesChart title={title} chart={chart} shape={shape} unit={unit} height={280} />
      </section>
      <PictureButtons title={title} drawing={drawing}>
        {children}
      </PictureButtons>
    </>
  );
}

interface RankingProps {
  readonly title: string;
  readonly drawn: Extract<AnswerChart, { kind: "ranking" }>;
  /** Beside the buttons below the chart. */
  readonly children: ReactNode;
}

/** Width of the picture of a ranking, which is drawn for the file only: the page shows a table. */
const PICTURE_WIDTH = 800;

function Ranking({ title, drawn: { rows, unit, heads, total, compared, note }, children }: RankingProps) {
  const picture = useRef<HTMLDivElement>(null);
  const drawing = () => {
    const svg = picture.current?.querySelector("svg");
    if (!svg) return null;
    return standaloneSvg(new XMLSerializer().serializeToString(svg), {
      title,
      width: PICTURE_WIDTH,
      height: heightOfRanking(rows.length),
      legend: note === "" ? [] : [{ label: note, accent: null }],
      ...shownColours(),
    });
  };
  return (
    <>
      <section className="answer-chart" aria-label={title}>
        <RankingTable title={title} unit={unit} {...{ rows, heads, total, compared }} />
      </section>
      <div ref={picture} hidden>
        <RankingSvg rows={rows} unit={unit} total={total} width={PICTURE_WIDTH} />
      </div>
      <PictureButtons title={title} drawing={drawing}>
        {children}
      </PictureButtons>
    </>
  );
}

interface PictureButtonsProps {
  readonly title: string;
  /** The chart as a file; null: it is not drawn yet. */
  readonly drawing: () => string | null;
  readonly children: ReactNode;
}

function PictureButtons({ title, drawing, children }: PictureButtonsProps) {
  const [failure, setFailure] = useState("");
  const name = title.replaceAll(/[^\w.]+/g, "-");
  const saveSvg = () => {
    const svg = drawing();
    if (svg !== null) saveFile(`${name}.svg`, new Blob([svg], { type: "image/svg+xml" }));
  };
  const savePng = async () => {
    const svg = drawing();
    if (svg === null) return;
    try {
      saveFile(`${name}.png`, await pngOf(svg));
      setFailure("");
    } catch {
      setFailure("The browser could not draw the picture. Save it as SVG.");
    }
  };
  return (
    <div className="row end">
      <span role="status" className="pane-count">
        {failure}
      </span>
      {children}
      <button type="button" className="button quiet" onClick={saveSvg}>
        SVG
      </button>
      <button type="button" className="button quiet" onClick={() => void savePng()}>
        PNG
      </button>
    </div>
  );
}

/** Twice the size, for screens with fine pixels. The picture is read from a data URL, which the page's policy allows. */
async function pngOf(svg: string): Promise<Blob> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.width * 2;
  canvas.height = image.height * 2;
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done, fail) => {
    canvas.toBlob((blob) => (blob === null ? fail(new Error("No picture.")) : done(blob)), "image/png");
  });
}

/** The numbers of an answer that are in no list. */
export function NumbersView({ numbers }: { readonly numbers: readonly AnswerNumber[] }) {
  return (
    <section className="answer-chart answer-numbers" aria-label="Single numbers">
      {numbers.map(({ name, value, unit, definition, change }) => (
        <Stat
          key={name}
          label={name}
          value={value}
          unit={unit}
          definition={definition}
          {...(change === undefined ? {} : { change })}
        />
      ))}
    </section>
  );
}
