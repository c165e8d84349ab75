import { buildSchema, type GraphQLSchema } from "graphql";
import { renderToStaticMarkup } from "react-dom/server";
import type { DrawPicture, NamePictures, Picture, PictureInput } from "../../domain/picture.ts";
import { formatCount, formatInstant, formatRange, type Unit } from "../charts/format.ts";
import { heightOfNumbers, NumbersSvg } from "../charts/numbers-svg.tsx";
import { heightOfRanking, RankingSvg } from "../charts/ranking-svg.tsx";
import { accentOf, SeriesSvg } from "../charts/series-svg.tsx";
import { BEFORE, settlednessOf } from "../charts/time-series.ts";
import tokens from "../design/tokens.css?raw";
import {
  type AnswerChart,
  type AnswerNumber,
  chartOf,
  measuresIn,
  numberNames,
  numbersOf,
} from "../workbench/answer-chart.ts";
import type { AnswerColumn } from "../workbench/answer-columns.ts";
import { type AnswerTable, isObject, listNames, tablesOf } from "../workbench/answer-tables.ts";
import { answerFields } from "../workbench/answer-types.ts";
import { standaloneSvg } from "../workbench/standalone-svg.ts";

const WIDTH = 800;
const SERIES_HEIGHT = 280;
/** The most numbers of one picture. */
const MAX_NUMBERS = 12;

/** Draws an answer for a reader without a page. The chart of a measure is the one that the workbench has for it. */
export const drawPicture: DrawPicture = (input) => {
  const { query, operationName, variables, data, list, measure } = input;
  const schema = schemaOf(input.schema);
  const answer = { query, operationName, variables, body: { data }, requests: null, isKept: false };
  const tables = tablesOf(schema, answer);
  const numbers = numbersOf(schema, answer);
  const isOfNumber = numbers.some(({ name }) => name === measure);
  if (list === null && (isOfNumber || (!tables.some(isDrawable) && numbers.length > 0))) {
    const chosen = measure === null ? numbers : numbers.filter(({ name }) => name === measure);
    if (chosen.length === 0) return unknown("measure", measure, numbers);
    const shown = shortNames(chosen.slice(0, MAX_NUMBERS));
    return framed(input, {
      title: titleOf(input, null),
      drawn: <NumbersSvg numbers={shown} width={WIDTH} />,
      height: heightOfNumbers(shown.length),
      legend: [
        ...(chosen.length > shown.length
          ? [remark(`The first ${formatCount(shown.length)} of ${formatCount(chosen.length)} numbers`)]
          : []),
        ...stateRemarks(input),
      ],
    });
  }
  const hasMeasure = (each: AnswerTable) =>
    measure === null || measuresIn(each).some(({ name }) => name === measure);
  const table =
    list !== null
      ? tables.find(({ name }) => name === list)
      : (tables.find((each) => isDrawable(each) && hasMeasure(each)) ?? tables.find(hasMeasure) ?? tables[0]);
  if (table === undefined)
    return list === null
      ? { reason: "The answer has neither a list nor a number to draw." }
      : unknown("list", list, tables);
  return ofTable(input, table);
};

/** Names of the lists, measures and numbers that the answer to a query can have. */
export const namePictures: NamePictures = ({ schema, ...question }) => {
  const answer = { ...question, body: { data: null }, requests: null, isKept: false };
  const fields = answerFields(schemaOf(schema), answer) ?? [];
  return { lists: listNames(fields), numbers: numberNames(fields) };
};

/** Names numbers by the parts of their paths in which they differ. */
function shortNames(numbers: readonly AnswerNumber[]): readonly AnswerNumber[] {
  const paths = numbers.map(({ name }) => name.split("."));
  const [first = []] = paths;
  let shared = 0;
  while (shared < first.length - 1 && paths.every((path) => path[shared] === first[shared])) shared++;
  return numbers.map((each, i) => ({ ...each, name: paths[i]?.slice(shared).join(" ") ?? each.name }));
}

function ofTable(input: PictureInput, table: AnswerTable): Picture {
  const measures = measuresIn(table);
  const { measure: wanted } = input;
  const measure =
    wanted === null
      ? (measures.find((each) => chartOf(table, each).kind !== "none") ?? measures[0])
      : measures.find(({ name }) => name === wanted);
  if (measure === undefined)
    return wanted === null
      ? { reason: `No chart: the rows of ${table.name} have no amount, count or ratio.` }
      : unknown("measure", wanted, measures);
  const chart = chartOf(table, measure);
  if (chart.kind === "none") return { reason: `No chart: ${chart.reason}` };
  const title = titleOf(input, measures.length > 1 ? measure : null);
  const { drawn, height, legend } = chart.kind === "series" ? ofSeries(chart) : ofRanking(chart, input);
  const about = [...unitRemarks(chart.unit), ...rangeRemarks(input, table)];
  const words = chart.note.replace(OF_THE_PAGE, "").trim();
  const note = words === "" ? [] : [remark(words)];
  return framed(input, { title, drawn, height, legend: [...legend, ...note, ...about] });
}

/** A picture has no table beside it. */
const OF_THE_PAGE = / ?The table has all of them\./;

interface LegendItem {
  readonly label: string;
  readonly accent: string | null;
}

interface Drawing {
  readonly drawn: React.ReactElement;
  readonly height: number;
  readonly legend: readonly LegendItem[];
}

function remark(label: string): LegendItem {
  return { label, accent: null };
}

function ofSeries({ chart, shape, unit }: Extract<AnswerChart, { kind: "series" }>): Drawing {
  const { open, settling } = settlednessOf(chart);
  return {
    drawn: (
      <SeriesSvg chart={chart} shape={shape} unit={unit} width={WIDTH} height={SERIES_HEIGHT} id="picture" />
    ),
    height: SERIES_HEIGHT,
    legend: [
      ...chart.series.map(({ label, isOther }, i) => ({ label, accent: accentOf(i, isOther) })),
      ...(chart.before === undefined ? [] : [remark(`Line: ${BEFORE.toLowerCase()}`)]),
      ...(open ? [remark(`${shape === "lines" ? "Dashed" : "Hatched"}: not complete yet`)] : []),
      ...(settling ? [remark("Recent figures can still change")] : []),
    ],
  };
}

function ofRanking(
  { rows, unit, total }: Extract<AnswerChart, { kind: "ranking" }>,
  input: PictureInput,
): Drawing {
  return {
    drawn: <RankingSvg rows={rows} unit={unit} total={total} width={WIDTH} />,
    height: heightOfRanking(rows.length),
    legend: stateRemarks(input),
  };
}

function stateRemarks({ freshness: { state } }: PictureInput): readonly LegendItem[] {
  if (state === "OPEN") return [remark("Not complete yet")];
  return state === "SETTLING" ? [remark("Recent figures can still change")] : [];
}

function unitRemarks(unit: Unit): readonly LegendItem[] {
  return unit === "usd" ? [remark("US dollars")] : [];
}

/** The days of the list, where the query selects them. */
function rangeRemarks({ data }: PictureInput, { name }: AnswerTable): readonly LegendItem[] {
  let at: unknown = data;
  let range: unknown;
  for (const key of name.split(".")) {
    at = isObject(at) ? at[key] : undefined;
    if (isObject(at) && isObject(at.range)) range = at.range;
  }
  if (!isObject(range) || typeof range.from !== "string" || typeof range.until !== "string") return [];
  return [remark(formatRange({ from: range.from, until: range.until }))];
}

/** The name of the operation in words: `CostByModel` is "Cost by Model". */
function titleOf({ operationName }: PictureInput, measure: AnswerColumn | null): string {
  const words = (operationName ?? "").replaceAll(/([a-z\d])([A-Z])/g, "$1 $2").replaceAll("_", " ");
  const name = words.replaceAll(/ (?:By|To|At|Of|Against)(?= )/g, (each) => each.toLowerCase());
  return measure === null ? name : `${name}: ${measure.path.filter((part) => part !== "usd").join(" ")}`;
}

function framed(
  { theme, freshness: { refreshedAt } }: PictureInput,
  { title, drawn, height, legend }: Drawing & { readonly title: string },
): Picture {
  const svg = standaloneSvg(renderToStaticMarkup(drawn), {
    title,
    width: WIDTH,
    height,
    legend: [...legend, ...(refreshedAt === null ? [] : [remark(`As of ${formatInstant(refreshedAt)}`)])],
    theme,
    colourOf: (property) => COLOURS.get(property) ?? "",
  });
  return { svg: svg.replaceAll(NOT_XML, "\uFFFD") };
}

/** Characters that no XML document may have (XML 1.0, 2.2): one of them in a name would void the picture. */
const NOT_XML = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

/** Custom properties of the first block, which has the colours of both themes. */
const COLOURS: ReadonlyMap<string, string> = new Map(
  [...(/:root \{([^}]*)\}/.exec(tokens)?.[1] ?? "").matchAll(/(--[\w-]+): ([^;]+);/g)].map(
    ([, name = "", value = ""]) => [name, value] as const,
  ),
);

function isDrawable(table: AnswerTable): boolean {
  return measuresIn(table).some((measure) => chartOf(table, measure).kind !== "none");
}

function unknown(what: string, name: string | null, known: readonly { readonly name: string }[]): Picture {
  const names = known.map((each) => `\`${each.name}\``).join(", ");
  const choice = names === "" ? `the answer has no ${what}` : `use one of ${names}`;
  return { reason: `Unknown ${what} \`${name ?? ""}\`: ${choice}.` };
}

let known: { readonly text: string; readonly schema: GraphQLSchema } | null = null;

function schemaOf(text: string): GraphQLSchema {
  if (known?.text !== text) known = { text, schema: buildSchema(text, { assumeValidSDL: true }) };
  return known.schema;
}
