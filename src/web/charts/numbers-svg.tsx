import { formatChange, formatNumber, type Unit } from "./format.ts";

export interface DrawnNumber {
  readonly name: string;
  readonly value: number | string | null;
  readonly unit: Unit;
  readonly change?: { readonly relative: string | null; readonly before: string; readonly period: string };
}

export interface NumbersSvgProps {
  readonly numbers: readonly DrawnNumber[];
  readonly width: number;
}

const PER_LINE = 3;
const HEIGHT = 84;

/** Height of so many numbers. */
export function heightOfNumbers(count: number): number {
  return Math.ceil(count / PER_LINE) * HEIGHT;
}

/** Draws single numbers as SVG elements only, each with its name and its change from before. */
export function NumbersSvg({ numbers, width }: NumbersSvgProps) {
  const each = (width - 32) / PER_LINE;
  return (
    <svg width={width} height={heightOfNumbers(numbers.length)} aria-hidden="true">
      {numbers.map(({ name, value, unit, change }, i) => {
        const x = 16 + (i % PER_LINE) * each;
        const y = Math.floor(i / PER_LINE) * HEIGHT;
        return (
          <g key={name}>
            <text x={x} y={y + 18}>
              {name}
            </text>
            <text x={x} y={y + 46} className="number">
              {formatNumber(value, unit).short}
            </text>
            {change !== undefined && (
              <text x={x} y={y + 66}>
                {change.relative === null ? "" : `${formatChange(change.relative)} from `}
                {formatNumber(change.before, unit).short}, {change.period}
              </text>
            )}
          </g>
        );
      })}
    </svg>
  );
}
