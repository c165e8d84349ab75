import fc from "fast-check";
import { expect, test } from "vitest";
import { NewRows } from "../../src/upstream/pages/new-rows.ts";

interface Row {
  readonly id: string | null;
}

const rows = fc.array(
  fc.record({ id: fc.option(fc.constantFrom(...Array.from({ length: 30 }, (_, i) => `row ${i}`))) }),
  { maxLength: 6 },
);
/** Pages that are kept, and runs that read some of them, each from any page on. */
const runs = fc
  .array(rows, { minLength: 1, maxLength: 5 })
  .chain((pages) =>
    fc.tuple(fc.constant(pages), fc.array(fc.array(fc.nat(pages.length - 1)), { maxLength: 8 })),
  );

function naively(pages: readonly (readonly Row[])[]): readonly (readonly Row[])[] {
  const ids = new Set<string>();
  return pages.map((page) => page.filter(({ id }) => id === null || ids.size !== ids.add(id).size));
}

test("a run of kept pages has each row once, whichever runs were read before it", () => {
  fc.assert(
    fc.property(runs, fc.boolean(), ([pages, orders], isBounded) => {
      for (const order of orders) {
        const run = order.map((i) => pages[i] ?? []);
        const newRows = new NewRows(isBounded);
        expect(run.map((page) => newRows.of(page, ({ id }) => id))).toEqual(naively(run));
      }
    }),
  );
});

test("pages that were compared are not compared again, until another page follows them", () => {
  const [first, second, other] = [["a", "b"], ["c"], ["d", "a"]].map((ids) => ids.map((id) => ({ id })));
  let read = 0;
  const idOf = ({ id }: Row) => {
    read++;
    return id;
  };
  const lengths = (...pages: readonly (readonly Row[] | undefined)[]) => {
    read = 0;
    const newRows = new NewRows(false);
    return pages.map((page) => newRows.of(page ?? [], idOf).length);
  };
  expect(lengths(first, second)).toEqual([2, 1]);
  expect(read).toBeGreaterThan(0);
  expect(lengths(first, second)).toEqual([2, 1]);
  expect(read).toBe(0);
  expect(lengths(first, second, other)).toEqual([2, 1, 1]);
  expect(read).toBe(5);
  expect(lengths(second, first)).toEqual([1, 2]);
});
