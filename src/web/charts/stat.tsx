import { type ReactNode, useId } from "react";
import { formatChange, formatNumber, type Unit } from "./format.ts";

export interface StatProps {
  readonly label: string;
  readonly value: number | string | null;
  readonly unit: Unit;
  /** Shown on hover and focus of the label. */
  readonly definition: string;
  readonly note?: ReactNode;
  /** Relative change from the period before, and what that is; undefined: not compared. */
  readonly change?: {
    readonly relative: string | number | null;
    readonly before: number | string;
    readonly period: string;
    /** The value is of days that are not complete, while those of the period before are. */
    readonly isSoFar?: boolean;
  };
}

/** One number with its definition, and its change from the period before. More is neither good nor bad, so a change has no colour. */
export function Stat({ label, value, unit, definition, note, change }: StatProps) {
  const { short, exact } = formatNumber(value, unit);
  return (
    <div className="stat">
      <Defined term={label} definition={definition} />
      <p className="stat-value" title={exact}>
        {short}
        {short !== exact && <span className="visually-hidden"> ({exact})</span>}
      </p>
      <p className="stat-note">
        {change !== undefined && (
          <span title={`Before: ${formatNumber(change.before, unit).exact}, ${change.period}`}>
            {change.relative === null ? (
              `${formatNumber(change.before, unit).short} before`
            ) : (
              <>
                <strong>{formatChange(change.relative)}</strong> from{" "}
                {formatNumber(change.before, unit).short}
              </>
            )}
            {change.isSoFar === true && ", so far"}
          </span>
        )}
        {note}
      </p>
    </div>
  );
}

export interface DefinedProps {
  readonly term: string;
  readonly definition: string;
  /** At the right edge, so the definition extends to the left. */
  readonly isAtEnd?: boolean;
}

/** A term with a definition that appears while the pointer or the focus is on it. */
export function Defined({ term, definition, isAtEnd = false }: DefinedProps) {
  const id = useId();
  return (
    <span className="defined">
      <button type="button" className="defined-term" aria-describedby={id}>
        {term}
      </button>
      <span role="tooltip" id={id} className={isAtEnd ? "definition at-end" : "definition"}>
        {definition}
      </span>
    </span>
  );
}
