import { formatInColumn, type Unit } from "./format.ts";
import type { RankedRow } from "./ranked-row.ts";

export interface RankingSvgProps {
  readonly rows: readonly RankedRow[];
  readonly unit: Unit;
  /** The whole of which each value is a part; null: the values are not parts of one. */
  readonly total: string | null;
  readonly width: number;
}

const ROW = 28;
const LABEL = 260;
const VALUE = 190;
const MARGIN = 16;

/** Height of a ranking of so many rows. */
export function heightOfRanking(rows: number): number {
  return rows * ROW + 8;
}

/** Draws a ranking as SVG elements only: a label, a bar and the value of each row, and its share of a whole. */
export function RankingSvg({ rows, unit, total, width }: RankingSvgProps) {
  const most = Math.max(...rows.map(({ value }) => Number(value ?? 0)), 0) || 1;
  const whole = total === null ? 0 : Number(total);
  const room = width - 2 * MARGIN - LABEL - VALUE;
  return (
    <svg width={width} height={heightOfRanking(rows.length)} aria-hidden="true">
      {rows.map(({ key, label, value, isOther = false }, i) => {
        const share = whole > 0 && value !== null ? formatInColumn(Number(value) / whole, "share") : "";
        const text = { y: i * ROW + ROW / 2, dy: "0.32em" };
        return (
          <g key={key}>
            <text {...text} x={MARGIN}>
              {shortened(label)}
            </text>
            <rect
              x={MARGIN + LABEL}
              y={i * ROW + 8}
              width={(room * Number(value ?? 0)) / most}
              height={ROW - 16}
              rx="2"
              fill={isOther ? "var(--accent-other)" : "var(--accent-1)"}
            />
            <text {...text} x={width - MARGIN - 70} textAnchor="end">
              {formatInColumn(value, unit)}
            </text>
            <text {...text} x={width - MARGIN} textAnchor="end">
              {share}
            </text>
          </g>
        );
      })}
    </svg>
  );
}

const MAX_LETTERS = 38;

function shortened(label: string): string {
  const letters = [...label];
  return letters.length <= MAX_LETTERS ? label : `${letters.slice(0, MAX_LETTERS - 1).join("")}…`;
}
