import { hash } from "../random.ts";
import type { Question } from "./question.ts";

/** Counts different numbers; most rows see only a few, which need no set. */
export class Distinct {
  private few: number[] = [];
  private many: Set<number> | null = null;

  add(value: number): void {
    if (this.many !== null) {
      this.many.add(value);
    } else if (!this.few.includes(value)) {
      this.few.push(value);
      if (this.few.length > 12) this.many = new Set(this.few);
    }
  }

  get count(): number {
    return this.many?.size ?? this.few.length;
  }
}

/** The largest relative error of an estimated count, in percent. */
const LARGEST_ERROR = 2;

/**
 * Writes counts of different things: exact for a day, an estimate for a range. It is off in the same way every time it is asked,
 * so that it moves only with what it counts.
 */
export type Estimate = (exact: number) => number;

export function estimates({ isRange, days }: Question, row: string): Estimate {
  if (!isRange) return (exact) => exact;
  let salt = hash(days.from, days.until);
  for (let i = 0; i < row.length; i++) salt = hash(salt, row.charCodeAt(i));
  let place = 0;
  return (exact) => {
    place += 1;
    const error = (hash(salt, place) / 2 ** 31 - 1) * (LARGEST_ERROR / 100);
    return exact + Math.trunc(exact * error);
  };
}
