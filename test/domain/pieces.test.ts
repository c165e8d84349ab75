import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { inPieces, mappedInPieces, PIECE, sortedInPieces } from "../../src/domain/pieces.ts";
import { forAllAsync } from "../arbitrary.ts";

/** Counts turns, and the calls since the last one. */
function counter() {
  const counted = { turns: 0, calls: 0, mostCalls: 0 };
  return {
    counted,
    call: () => {
      counted.calls++;
      counted.mostCalls = Math.max(counted.mostCalls, counted.calls);
    },
    turn: async () => {
      counted.turns++;
      counted.calls = 0;
    },
  };
}

const lists = fc.array(fc.record({ key: fc.nat({ max: 9 }), id: fc.nat() }), {
  maxLength: 3 * PIECE,
  size: "max",
});
const byKey = (a: { key: number }, b: { key: number }) => a.key - b.key;

describe("items sorted in pieces", () => {
  test("stand as `toSorted` puts them, equal ones in the order they came in", async () => {
    await forAllAsync(
      [lists],
      async (items) => {
        expect(await sortedInPieces(items, byKey, async () => {})).toEqual(items.toSorted(byKey));
      },
      { numRuns: 25 },
    );
  });

  test("leave others the thread after as many comparisons as a piece takes", async () => {
    const { counted, call, turn } = counter();
    const items = Array.from({ length: 50 * PIECE }, (_, i) => ({ key: (i * 7_919) % 50_021, id: i }));
    const counting = (a: { key: number }, b: { key: number }) => {
      call();
      return byKey(a, b);
    };
    expect(await sortedInPieces(items, counting, turn)).toEqual(items.toSorted(byKey));
    expect(counted.mostCalls).toBeLessThan(PIECE * Math.log2(PIECE) * 2);
    expect(counted.turns).toBeGreaterThan(50);
  });
});

test("work in pieces meets each item once, in order, with others in between", async () => {
  const { counted, call, turn } = counter();
  const items = Array.from({ length: 3 * PIECE + 1 }, (_, i) => i);
  const met: number[] = [];
  await inPieces(items, turn, (item) => {
    call();
    met.push(item);
  });
  expect(met).toEqual(items);
  expect(counted).toMatchObject({ mostCalls: PIECE, turns: 4 });
});

test("mapping in pieces keeps the order, with others in between", async () => {
  const { counted, call, turn } = counter();
  const items = Array.from({ length: 2 * PIECE + 1 }, (_, i) => i);
  const mapped = await mappedInPieces(items, turn, async (item) => {
    call();
    return -item;
  });
  expect(mapped).toEqual(items.map((item) => -item));
  expect(counted).toMatchObject({ mostCalls: PIECE, turns: 3 });
});
