import type { Instant } from "../domain/day.ts";
import { type DayNumber, dayNumberOf, startOfNumber, workload } from "./calendar.ts";
import { lateArrival } from "./ledger/arrival.ts";
import type { Fact } from "./ledger/fact.ts";
import { RecentAnswers } from "./ledger/recent-answers.ts";
import { WrittenDays } from "./ledger/written-days.ts";
import type { OrganizationKind } from "./organization/directory.ts";
import { type Person, planOf } from "./organization/people.ts";
import type { Organization } from "./organization.ts";

/** Instants from `from` up to but not including `until`. */
export interface Span {
  readonly from: Instant;
  readonly until: Instant;
}

/** The base table that every endpoint is summed from. Facts are written on demand, the same ones every time. */
export class Ledger {
  readonly organization: Organization;
  readonly answers = new RecentAnswers();
  readonly #days: WrittenDays;

  constructor(organization: Organization) {
    this.organization = organization;
    this.#days = new WrittenDays(organization);
  }

  /** How many facts have been written so far. */
  get written(): number {
    return this.#days.written;
  }

  /**
   * Yields the facts of one organization within a span that had arrived before `asOf`, day by day; in no order within a day.
   * With `people`, only what these people did, at a cost that grows with their number alone.
   */
  *facts(
    kind: OrganizationKind,
    { from, until }: Span,
    asOf: Instant,
    people?: readonly number[],
  ): Iterable<Fact> {
    const last = dayNumberOf(Math.min(until, asOf) - 1);
    for (let day = Math.max(0, dayNumberOf(from)); day <= last; day++) {
      const isComplete = from <= startOfNumber(day) && until >= startOfNumber(day + 1);
      const batches =
        people === undefined ? this.#days.whole(kind, day) : this.#days.ofPeople(kind, day, people);
      for (const batch of batches) {
        for (const fact of batch) {
          if (fact.arrivesAt < asOf && (isComplete || (fact.at >= from && fact.at < until))) yield fact;
        }
      }
    }
  }

  /** Returns what a member was active in on a day, as bits in the order of SURFACES, by what had arrived before `asOf`. */
  activity(person: Person, day: DayNumber, asOf: Instant): number {
    const { seed } = this.organization;
    const plan = planOf(seed, person, day, workload(day));
    if (plan === 0) return 0;
    const late = lateArrival(seed, person.index, day);
    return late !== null && late >= asOf ? 0 : plan;
  }
}
