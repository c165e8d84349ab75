import { formatInColumn, type Unit } from "./format.ts";
import { NumberCell } from "./number-cell.tsx";
import type { RankedRow } from "./ranked-row.ts";

export interface RankingProps {
  readonly title: string;
  readonly unit: Unit;
  readonly rows: readonly RankedRow[];
  /** Column heads: of the things, and of their value. */
  readonly heads: readonly [thing: string, value: string];
  /** The whole of which each value is a part; null: the values are not parts of one. */
  readonly total?: number | string | null;
  /** Column head of the values before; null: the rows are not compared. */
  readonly compared?: string | null;
}

/** Largest first, as a table with a bar in each row, and its share where the values are parts of a whole. */
export function RankingTable({ title, unit, rows, heads, total = null, compared = null }: RankingProps) {
  const most = Math.max(...rows.map(({ value }) => Number(value ?? 0)), 0) || 1;
  const whole = total === null ? null : Number(total);
  return (
    <table className="ranking">
      <caption className="visually-hidden">{title}</caption>
      <thead>
        <tr>
          <th scope="col">{heads[0]}</th>
          <th scope="col" className="ranking-bar">
            <span className="visually-hidden">Size</span>
          </th>
          <th scope="col" className="numeric">
            {heads[1]}
          </th>
          {compared !== null && (
            <th scope="col" className="numeric">
              {compared}
            </th>
          )}
          {whole !== null && (
            <th scope="col" className="numeric">
              Share
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ key, label, detail, value, before, isOther = false }) => (
          <tr key={key}>
            <th scope="row">
              <span className="ranking-label" title={label}>
                {label}
              </span>
              {detail !== undefined && <span className="ranking-detail">{detail}</span>}
            </th>
            <td className="ranking-bar" aria-hidden="true">
              <svg width="100%" height="8" aria-hidden="true">
                <rect
                  width={`${(100 * Number(value ?? 0)) / most}%`}
                  height="8"
                  rx="2"
                  fill={isOther ? "var(--accent-other)" : "var(--accent-1)"}
                />
              </svg>
            </td>
            <NumberCell value={value} unit={unit} />
            {compared !== null && <NumberCell value={before} unit={unit} isMuted />}
            {whole !== null && (
              <td className="numeric muted">
                {whole > 0 && value !== null ? formatInColumn(Number(value) / whole, "share") : ""}
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
