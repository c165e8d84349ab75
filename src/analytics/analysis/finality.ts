import { type Finality, finalityOf, leastSettled, type Subject } from "../../cache/policy.ts";
import type { Span } from "../../domain/bucket.ts";
import { addDays, dayOf } from "../../domain/day.ts";
import { type DayRange, intersection } from "../../domain/range.ts";
import type { PageProvenance } from "../../upstream/pages/iterate.ts";

/** How far the figures of a span can still move, by the pages its days were read from. */
export function stateBy(subject: Subject, sources: readonly PageProvenance[]): (span: Span) => Finality {
  const known = new Map<string, Finality>();
  return ({ from, until }) => {
    const span = `${from} ${until}`;
    return known.getOrInsertComputed(span, () =>
      stateOf({ from: dayOf(from), until: addDays(dayOf(until - 1), 1) }),
    );
  };
  function stateOf(days: DayRange): Finality {
    return leastSettled(
      sources.flatMap(({ range, asOf }) => {
        const part = range && intersection(range, days);
        return part === null ? [] : [finalityOf(subject, part, asOf)];
      }),
    );
  }
}
