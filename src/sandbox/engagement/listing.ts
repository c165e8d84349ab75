import type { Instant } from "../../domain/day.ts";
import { dayNumberOf } from "../calendar.ts";
import type { ListAnswer, Query } from "../endpoint.ts";
import type { Ledger } from "../ledger.ts";
import { type Cell, Cells, compareKeys } from "../reports/cells.ts";
import { ordered } from "./order.ts";
import { type Act, actsOf, groupKeysOf, type Question } from "./question.ts";

/** A list of things (projects, skills, connectors) that members used. */
export interface Listing<Sums> {
  readonly name: string;
  /** The column rows are sorted by; also the first value of a row's key. */
  readonly column: string;
  /** The thing an act used, by its sort key; null where it used none or the filters leave it out. */
  thing(act: Act): string | null;
  sums(): Sums;
  add(sums: Sums, act: Act): void;
  readonly metrics: Readonly<Record<string, (sums: Sums) => number>>;
}

/** One row per thing, or per thing and group. Its key begins with the thing; the values of `group_by[]` follow. */
export function listed<Sums>(
  ledger: Ledger,
  requested: Question,
  query: Query,
  now: Instant,
  listing: Listing<Sums>,
  render: (row: Cell<Sums>) => object,
): ListAnswer<Cell<Sums>> {
  const rows = ledger.answers.remember(
    [listing.name, requested, query.text("order"), query.text("order_by"), dayNumberOf(now)],
    () => {
      const cells = new Cells(() => listing.sums());
      const keys = groupKeysOf(ledger.organization, requested);
      for (const act of actsOf(ledger, requested)) {
        const thing = listing.thing(act);
        if (thing === null) continue;
        for (const key of keys(act)) listing.add(cells.at([thing, ...key]), act);
      }
      const metrics = Object.entries(listing.metrics).map(
        ([name, metric]) => [name, ({ sums }: Cell<Sums>) => metric(sums)] as const,
      );
      const byColumn = (a: Cell<Sums>, b: Cell<Sums>) => compareKeys(a.key, b.key);
      return ordered(cells.list(), query, listing.column, byColumn, Object.fromEntries(metrics));
    },
    ({ length }) => length,
  );
  return { rows, render };
}
