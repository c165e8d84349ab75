import { addDays, type Day, dayOf, type Instant, later } from "../../domain/day.ts";
import { type DayRange, daysIn, intersection, splitByDay, splitByMonth } from "../../domain/range.ts";
import { badInput, GatewayError } from "../../errors.ts";
import type { Coverage } from "../endpoint.ts";

/** Coverage of a dataset with days, or a look-up. */
export interface Covered {
  readonly dataset: string;
  readonly coverage: Coverage | null;
}

/** A range as one dataset can answer it, and the pieces it is asked in. */
export interface Windows {
  readonly range: DayRange;
  readonly ranges: readonly DayRange[];
}

/**
 * Cuts a range into the pieces an endpoint takes, oldest first. Days that have not come yet are left off the end; days before
 * the first one covered are an error, since leaving them out would pass a part off as the whole.
 */
export function windowsOf(
  { dataset, coverage }: Covered,
  range: DayRange,
  now: Instant,
  cut = coverage?.window,
  earliest = earliestDay({ dataset, coverage }, now),
): Windows {
  if (coverage === null) throw new Error(`${dataset} has no days`);
  const today = dayOf(now);
  if (range.from < earliest) throw notCovered(dataset, earliest, range.from);
  const end = coverage.today ? addDays(today, 1) : today;
  const known = intersection(range, { from: range.from, until: end });
  if (known === null) throw afterNewest(dataset, addDays(end, -1), range.from);
  if (cut === "none" && daysIn(known) > coverage.maxDays) {
    throw badInput(
      `${dataset} answers for at most ${coverage.maxDays} days at once; ${known.from} to ${known.until} is ${daysIn(known)}.`,
    );
  }
  return {
    range: known,
    ranges: cut === "month" ? splitByMonth(known) : cut === "day" ? splitByDay(known) : [known],
  };
}

export function notCovered(dataset: string, earliest: Day, requested: Day): GatewayError {
  return new GatewayError("NOT_COVERED", `${dataset} begins on ${earliest}; ${requested} is before that.`, {
    dataset,
    oldestDay: earliest,
  });
}

export function afterNewest(dataset: string, newestDay: Day, asked: Day): GatewayError {
  return new GatewayError("NOT_YET_AVAILABLE", `${dataset} ends with ${newestDay}; ${asked} is after that.`, {
    dataset,
    newestDay,
  });
}

/** The first day that can be requested. A horizon of 365 days reaches back 364 whole ones. */
export function earliestDay({ dataset, coverage }: Covered, now: Instant): Day {
  if (coverage === null) throw new Error(`${dataset} has no days`);
  const { earliest, horizonDays } = coverage;
  return horizonDays === null ? earliest : later(earliest, addDays(dayOf(now), 1 - horizonDays));
}
