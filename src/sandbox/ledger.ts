import { LRUCache } from "lru-cache";
import type { Instant } from "../domain/day.ts";
import { type DayNumber, dayNumberOf, startOfNumber, workload } from "./calendar.ts";
import { lateArrival } from "./ledger/arrival.ts";
import { machineDay, personDay } from "./ledger/day.ts";
import type { Fact } from "./ledger/fact.ts";
import type { OrganizationKind } from "./organization/directory.ts";
import { type Person, planOf } from "./organization/people.ts";
import type { Organization } from "./organization.ts";

/** Instants from `from` up to but not including `until`. */
export interface Span {
  readonly from: Instant;
  readonly until: Instant;
}

/**
 * The base table every endpoint is summed from. Facts are written when asked for, the same ones every time; what was
 * asked for lately is kept.
 */
export interface Ledger {
  readonly organization: Organization;
  /**
   * The facts of one organization within a span that had arrived before `asOf`, day by day; in no order within a day.
   * With `people`, only what these people did, which costs no more than they are.
   */
  facts(kind: OrganizationKind, span: Span, asOf: Instant, people?: readonly number[]): Iterable<Fact>;
  /** What a member was active in on a day, as bits in the order of SURFACES, going by what had arrived before `asOf`. */
  activity(person: Person, day: DayNumber, asOf: Instant): number;
  /** How many facts have been written so far. */
  readonly written: number;
  /** The answer to a question computed lately, or computed now. `size` is its number of rows. */
  remember<T extends object>(question: readonly unknown[], compute: () => T, size: (answer: T) => number): T;
}

const KEPT_FACTS = 150_000;
/** A month of two reports of five thousand people, read side by side. */
const KEPT_ROWS = 400_000;

export function createLedger(organization: Organization): Ledger {
  const { seed, members, personCount } = organization;
  const days = new LRUCache<string, readonly Fact[]>({
    maxSize: KEPT_FACTS,
    sizeCalculation: (facts) => facts.length + 1,
  });
  const remember = createMemory();
  let written = 0;

  const counted = (facts: readonly Fact[]): readonly Fact[] => {
    written += facts.length;
    return facts;
  };

  const ofPerson = (kind: OrganizationKind, index: number, day: DayNumber) =>
    counted(personDay(organization, kind, organization.person(index), day));

  function* batches(kind: OrganizationKind, day: DayNumber): Iterable<readonly Fact[]> {
    for (let i = 0; i < personCount; i++) yield ofPerson(kind, i, day);
    for (const facts of machineDay(organization, kind, day)) yield counted(facts);
  }

  // Larger organizations are streamed: a day of them does not fit, and keeping it would push out everything else.
  const keepsDays = members * 4 <= KEPT_FACTS / 5;

  const wholeDay = (kind: OrganizationKind, day: DayNumber): Iterable<readonly Fact[]> => {
    if (!keepsDays) return batches(kind, day);
    const key = `${kind} ${day}`;
    let facts = days.get(key);
    if (facts === undefined) {
      const all: Fact[] = [];
      for (const batch of batches(kind, day)) for (const fact of batch) all.push(fact);
      facts = all;
      days.set(key, facts);
    }
    return [facts];
  };

  function* someOfDay(
    kind: OrganizationKind,
    day: DayNumber,
    people: readonly number[],
  ): Iterable<readonly Fact[]> {
    for (const index of people) if (index < personCount) yield ofPerson(kind, index, day);
  }

  return {
    organization,
    *facts(kind, { from, until }, asOf, people) {
      const last = dayNumberOf(Math.min(until, asOf) - 1);
      for (let day = Math.max(0, dayNumberOf(from)); day <= last; day++) {
        const whole = from <= startOfNumber(day) && until >= startOfNumber(day + 1);
        const batches_ = people === undefined ? wholeDay(kind, day) : someOfDay(kind, day, people);
        for (const batch of batches_) {
          for (const fact of batch) {
            if (fact.arrivesAt < asOf && (whole || (fact.at >= from && fact.at < until))) yield fact;
          }
        }
      }
    },
    activity(person, day, asOf) {
      const plan = planOf(seed, person, day, workload(day));
      if (plan === 0) return 0;
      const late = lateArrival(seed, person.index, day);
      return late !== null && late >= asOf ? 0 : plan;
    },
    get written() {
      return written;
    },
    remember,
  };
}

/** Keeps the answers to the last questions. */
function createMemory(): Ledger["remember"] {
  const answers = new LRUCache<string, { readonly value: object; readonly size: number }>({
    maxSize: KEPT_ROWS,
    sizeCalculation: ({ size }) => size + 1,
  });
  return (question, compute, size) => {
    const key = JSON.stringify(question);
    const known = answers.get(key);
    if (known !== undefined) return known.value as ReturnType<typeof compute>;
    const value = compute();
    // However large, the last answer is kept: the next page will want it.
    answers.set(key, { value, size: Math.min(size(value), KEPT_ROWS - 1) });
    return value;
  };
}
