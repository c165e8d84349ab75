import { formatNumber, type Unit } from "./format.ts";

export interface NumberCellProps {
  readonly value: number | string | null | undefined;
  readonly unit: Unit;
}

/** A cell of a table with a number, abbreviated; every digit appears on hover. */
export function NumberCell({ value, unit }: NumberCellProps) {
  const { short, exact } = formatNumber(value, unit);
  return (
    <td className="numeric" title={exact}>
      {short}
    </td>
  );
}
