/** A measured value over several rounds. */
export interface Figure {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function figureOf(values: readonly number[]): Figure {
  const sorted = values.toSorted((a, b) => a - b);
  return {
    median: sorted[sorted.length >> 1] ?? Number.NaN,
    min: sorted[0] ?? Number.NaN,
    max: sorted.at(-1) ?? Number.NaN,
  };
}

/** A table of one subject. A cell is a text, a number, or a figure with its spread; null is empty. */
export interface Table {
  readonly subject: string;
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** Sentences below the table. */
  readonly notes?: readonly string[];
  /** The ratios that matter, by name; `test/bench.test.ts` and readers compare them between runs. */
  readonly ratios?: readonly Ratio[];
}

type Cell = string | number | Figure | null;

export interface Ratio {
  readonly name: string;
  readonly value: number;
  /** What issue and documentation promise: at least, or at most, this. */
  readonly target?: { readonly min: number } | { readonly max: number };
}

/** Writes a number with three significant digits. */
function shortNumber(value: number): string {
  if (!Number.isFinite(value)) return "-";
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(size >= 10 ? 3 : 2)));
}

export function cellText(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell === "string") return cell;
  if (typeof cell === "number") return shortNumber(cell);
  const [median, min, max] = [cell.median, cell.min, cell.max].map(shortNumber);
  return min === max ? `${median}` : `${median} (${min} to ${max})`;
}

/** Markdown: the table, its notes and its ratios. */
export function markdownOf({ title, columns, rows, notes = [], ratios = [] }: Table): string {
  const texts = rows.map((row) => row.map(cellText));
  const widths = columns.map((column, i) =>
    Math.max(column.length, ...texts.map((row) => row[i]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, i) => (i === 0 ? (cells[i] ?? "").padEnd(width) : (cells[i] ?? "").padStart(width))).join(" | ")} |`;
  const rule = `| ${widths.map((width, i) => (i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`;
  return [
    `### ${title}`,
    "",
    line(columns),
    rule,
    ...texts.map(line),
    ...notes.flatMap((note) => ["", note]),
    ...(ratios.length > 0 ? ["", ...ratios.map((ratio) => `- ${sentenceOf(ratio)}`)] : []),
    "",
  ].join("\n");
}

function sentenceOf({ name, value, target }: Ratio): string {
  if (target === undefined) return `${name}: ${shortNumber(value)}`;
  const [bound, isMet] =
    "min" in target
      ? [`at least ${target.min}`, value >= target.min]
      : [`at most ${target.max}`, value <= target.max];
  return `${name}: ${shortNumber(value)} (target ${bound}, ${isMet ? "met" : "not met"})`;
}
