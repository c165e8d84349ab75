import { LRUCache } from "lru-cache";
import type { Instant } from "../domain/day.ts";
import { type DayNumber, dayNumberOf, startOfNumber, workload } from "./calendar.ts";
import { lateArrival } from "./ledger/arrival.ts";
import { claudeCode, consoleCode } from "./ledger/code.ts";
import type { Desk } from "./ledger/desk.ts";
import type { Fact } from "./ledger/fact.ts";
import { codeReview, keylessTraffic, keyTraffic, systemWork } from "./ledger/machines.ts";
import { channelCount, channelWork, claudeTag } from "./ledger/tag.ts";
import { chat, chrome, cowork, design, office, science } from "./ledger/work.ts";
import type { OrganizationKind } from "./organization/directory.ts";
import { type Person, planOf } from "./organization/people.ts";
import type { Organization } from "./organization.ts";
import { chanceOf, Dice, hash } from "./random.ts";

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

const STREAM = { facts: 80, works: 81 } as const;

/** Where the numbers of each kind of source begin; people start at 0. */
const SOURCE = { channel: 2_000_000, review: 3_000_000, key: 4_000_000, keyless: 5_000_000 } as const;

const KEPT_FACTS = 150_000;
/** A month of two reports of five thousand people, read side by side. */
const KEPT_ROWS = 400_000;
const NO_FACTS: readonly Fact[] = [];

export function createLedger(organization: Organization): Ledger {
  const { seed, members, personCount } = organization;
  const days = new LRUCache<string, readonly Fact[]>({
    maxSize: KEPT_FACTS,
    sizeCalculation: (facts) => facts.length + 1,
  });
  const answers = new LRUCache<string, { readonly value: object; readonly size: number }>({
    maxSize: KEPT_ROWS,
    sizeCalculation: ({ size }) => size + 1,
  });
  let written = 0;

  const desk = (source: number, day: DayNumber, person: Person | null): Desk => ({
    organization,
    person,
    day,
    dice: new Dice(hash(seed, STREAM.facts, source, day)),
    arrivesAt: lateArrival(seed, source, day),
    facts: [],
  });

  const done = ({ facts }: Desk): readonly Fact[] => {
    written += facts.length;
    return facts;
  };

  const works = (source: number, day: DayNumber, share: number) =>
    chanceOf(seed, STREAM.works, source, day) < share * workload(day);

  const enterpriseDay = (person: Person, day: DayNumber): readonly Fact[] => {
    const { index } = person;
    if (person.kind === "system") {
      if (!works(index, day, 0.9)) return NO_FACTS;
      const own = desk(index, day, person);
      systemWork(own, index);
      return done(own);
    }
    const plan = planOf(seed, person, day, workload(day));
    if (plan === 0) return NO_FACTS;
    const own = desk(index, day, person);
    if (plan & 1) chat(own, index);
    if (plan & 2) claudeCode(own, index);
    if (plan & 4) cowork(own, index);
    if (plan & 8) office(own, index);
    if (plan & 16) chrome(own, index);
    if (plan & 32) design(own, index);
    if (plan & 64) science(own, index);
    if (plan & 128) claudeTag(own, index, person.linked);
    return done(own);
  };

  const consoleDay = (person: Person, day: DayNumber): readonly Fact[] => {
    if (!person.console || day < person.joined + 20 || day >= person.left) return NO_FACTS;
    if (
      !works(
        person.index + SOURCE.keyless * 2,
        day,
        person.kind === "contractor" ? 0.8 : person.engineer ? 0.4 : 0.05,
      )
    ) {
      return NO_FACTS;
    }
    const own = desk(person.index + SOURCE.keyless * 2, day, person);
    consoleCode(own, person.index, organization.console.claudeCodeWorkspace.index);
    return done(own);
  };

  const personDay = (kind: OrganizationKind, person: Person, day: DayNumber) =>
    kind === "enterprise" ? enterpriseDay(person, day) : consoleDay(person, day);

  /** Usage tied to no person. */
  function* machines(kind: OrganizationKind, day: DayNumber): Iterable<readonly Fact[]> {
    if (workload(day) === 0) return;
    const one = (source: number, work: (own: Desk) => void) => {
      const own = desk(source, day, null);
      work(own);
      return done(own);
    };
    if (kind === "enterprise") {
      for (let i = 0; i < channelCount(members); i++) {
        if (works(SOURCE.channel + i, day, 0.7)) yield one(SOURCE.channel + i, (own) => channelWork(own, i));
      }
      for (let i = 0; i < Math.max(2, members / 60); i++) {
        if (works(SOURCE.review + i, day, 0.8)) yield one(SOURCE.review + i, codeReview);
      }
      return;
    }
    for (const key of organization.console.apiKeys) {
      if (key.volume > 0) yield one(SOURCE.key + key.index, (own) => keyTraffic(own, key));
    }
    if (works(SOURCE.keyless, day, 0.8)) yield one(SOURCE.keyless, (own) => keylessTraffic(own, null));
    if (works(SOURCE.keyless + 1, day, 0.9)) yield one(SOURCE.keyless + 1, (own) => keylessTraffic(own, 1));
  }

  function* batches(kind: OrganizationKind, day: DayNumber): Iterable<readonly Fact[]> {
    for (let i = 0; i < personCount; i++) yield personDay(kind, organization.person(i), day);
    yield* machines(kind, day);
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
    for (const index of people)
      if (index < personCount) yield personDay(kind, organization.person(index), day);
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
    remember(question, compute, size) {
      const key = JSON.stringify(question);
      const known = answers.get(key);
      if (known !== undefined) return known.value as ReturnType<typeof compute>;
      const value = compute();
      // However large, the last answer is kept: the next page will want it.
      answers.set(key, { value, size: Math.min(size(value), KEPT_ROWS - 1) });
      return value;
    },
  };
}
