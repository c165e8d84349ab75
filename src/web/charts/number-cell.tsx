import { formatInColumn, formatNumber, type Unit } from "./format.ts";

export interface NumberCellProps {
  readonly value: number | string | null | undefined;
  readonly unit: Unit;
}

/** A cell of a table with a number; every digit appears on hover. */
export function NumberCell({ value, unit }: NumberCellProps) {
  return (
    <td className="numeric" title={formatNumber(value, unit).exact}>
      {formatInColumn(value, unit)}
    </td>
  );
}
