import { LRUCache } from "lru-cache";
import type { DayNumber } from "../calendar.ts";
import type { OrganizationKind } from "../organization/directory.ts";
import type { Organization } from "../organization.ts";
import { machineDay, personDay } from "./day.ts";
import type { Fact } from "./fact.ts";

const MAX_FACTS = 150_000;

/** Writes the facts of days, and caches whole days. */
export class WrittenDays {
  readonly #organization: Organization;
  readonly #days = new LRUCache<string, readonly Fact[]>({
    maxSize: MAX_FACTS,
    sizeCalculation: (facts) => facts.length + 1,
  });
  #written = 0;

  constructor(organization: Organization) {
    this.#organization = organization;
  }

  /** How many facts have been written so far. */
  get written(): number {
    return this.#written;
  }

  /** Returns all facts of a day in batches. */
  whole(kind: OrganizationKind, day: DayNumber): Iterable<readonly Fact[]> {
    // Larger organizations are streamed: a day of them does not fit, and keeping it would push out everything else.
    if (this.#organization.members * 4 > MAX_FACTS / 5) return this.#batches(kind, day);
    const key = `${kind} ${day}`;
    const known = this.#days.get(key);
    if (known !== undefined) return [known];
    const facts: Fact[] = [];
    for (const batch of this.#batches(kind, day)) for (const fact of batch) facts.push(fact);
    this.#days.set(key, facts);
    return [facts];
  }

  /** Yields the facts of some people on a day. */
  *ofPeople(kind: OrganizationKind, day: DayNumber, people: readonly number[]): Iterable<readonly Fact[]> {
    for (const index of people)
      if (index < this.#organization.personCount) yield this.#ofPerson(kind, index, day);
  }

  *#batches(kind: OrganizationKind, day: DayNumber): Iterable<readonly Fact[]> {
    for (let i = 0; i < this.#organization.personCount; i++) yield this.#ofPerson(kind, i, day);
    for (const facts of machineDay(this.#organization, kind, day)) yield this.#counted(facts);
  }

  #ofPerson(kind: OrganizationKind, index: number, day: DayNumber): readonly Fact[] {
    return this.#counted(personDay(this.#organization, kind, this.#organization.person(index), day));
  }

  #counted(facts: readonly Fact[]): readonly Fact[] {
    this.#written += facts.length;
    return facts;
  }
}
