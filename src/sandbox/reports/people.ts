import type { Instant } from "../../domain/day.ts";
import { timestamp } from "../calendar.ts";
import type { Fact } from "../ledger/fact.ts";
import type { Ledger } from "../ledger.ts";
import type { Organization } from "../organization.ts";
import { type Cell, Cells, type Value } from "./cells.ts";
import { factsOf, keysOf, type Question, WIDTHS } from "./question.ts";

/** Sums of one person in one group and bucket. Its key begins with the person and the bucket's number. */
export type PersonCell<Totals> = Cell<Totals>;

export function personCells<Totals extends { add(fact: Fact): void }>(
  ledger: Ledger,
  requested: Question,
  make: () => Totals,
): readonly PersonCell<Totals>[] {
  const { span, width } = requested;
  const cells = new Cells(make);
  const keys = keysOf(ledger.organization, requested);
  for (const fact of factsOf(ledger, requested)) {
    if (fact.person === null) continue;
    const bucket = width === null ? null : Math.floor((fact.at - span.from) / WIDTHS[width]);
    for (const key of keys(fact)) cells.at([fact.person, bucket, ...key]).add(fact);
  }
  return cells.list();
}

export function personOf(key: readonly Value[]): number {
  return key[0] as number;
}

export function dimensionValues(key: readonly Value[]): readonly Value[] {
  return key.slice(2);
}

export function bucketBounds({ span, width }: Question, key: readonly Value[]) {
  if (width === null) return { starting_at: null, ending_at: null };
  const start = span.from + (key[1] as number) * WIDTHS[width];
  return { starting_at: timestamp(start), ending_at: timestamp(start + WIDTHS[width]) };
}

/** The person as the reports show them now, whatever the range. */
export function actor(organization: Organization, person: number, now: Instant) {
  const { id, email, name, deleted } = organization.directories.enterprise.account(
    organization.person(person),
    now,
  );
  return { deleted, email_address: email, email, name, type: "user_actor", user_id: id };
}

export function isDeleted(organization: Organization, person: number, now: Instant): boolean {
  return organization.directories.enterprise.account(organization.person(person), now).deleted;
}
