import { formatInColumn, formatNumber, type Unit } from "./format.ts";

export interface NumberCellProps {
  readonly value: number | string | null | undefined;
  readonly unit: Unit;
  /** Beside a number that matters more. */
  readonly isMuted?: boolean;
}

/** A cell of a table with a number; every digit appears on hover. */
export function NumberCell({ value, unit, isMuted = false }: NumberCellProps) {
  return (
    <td className={isMuted ? "numeric muted" : "numeric"} title={formatNumber(value, unit).exact}>
      {formatInColumn(value, unit)}
    </td>
  );
}
