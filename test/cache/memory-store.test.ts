import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Entry, memoryStore } from "../../src/cache/memory-store.ts";
import { forAll } from "../arbitrary.ts";

function entry(bytes: number): Entry {
  return { value: {}, bytes };
}

describe("a store of 1000 bytes", () => {
  test("gives back what was put in", () => {
    const store = memoryStore(1_000);
    const kept = entry(10);
    store.set("a", kept);
    expect(store.get("a")).toBe(kept);
    expect(store.get("b")).toBeUndefined();
  });

  test("forgets what is deleted", () => {
    const store = memoryStore(1_000);
    store.set("a", entry(10));
    store.delete("a");
    expect(store.get("a")).toBeUndefined();
  });

  test("holds the newest of two entries with one key", () => {
    const store = memoryStore(1_000);
    const newer = entry(20);
    store.set("a", entry(10));
    store.set("a", newer);
    expect(store.get("a")).toBe(newer);
  });

  test("lets go of the least recently used first", () => {
    const store = memoryStore(1_000);
    for (const key of ["a", "b", "c"]) store.set(key, entry(300));
    store.get("a");
    store.set("d", entry(300));
    expect(["a", "b", "c", "d"].filter((key) => store.get(key))).toEqual(["a", "c", "d"]);
  });

  test("does not take an entry that is larger than itself, and keeps the others", () => {
    const store = memoryStore(1_000);
    store.set("a", entry(300));
    store.set("b", entry(1_001));
    expect(["a", "b"].filter((key) => store.get(key))).toEqual(["a"]);
  });

  test("does not hold on to what an entry too large replaces", () => {
    const store = memoryStore(1_000);
    store.set("a", entry(300));
    store.set("a", entry(1_001));
    expect(store.get("a")).toBeUndefined();
  });

  test("counts keys", () => {
    const store = memoryStore(1_000);
    store.set("a".repeat(600), entry(1));
    store.set("b".repeat(600), entry(1));
    expect(store.get("a".repeat(600))).toBeUndefined();
  });

  test("never holds more, whatever is put in", () => {
    const sets = fc.array(
      fc.tuple(fc.string({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 1_200 })),
      { maxLength: 60 },
    );
    forAll([sets], (all) => {
      const store = memoryStore(1_000);
      for (const [key, bytes] of all) store.set(key, entry(bytes));
      const held = [...new Set(all.map(([key]) => key))].map(
        (key) => (store.get(key)?.bytes ?? -key.length) + key.length,
      );
      expect(held.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(1_000);
    });
  });

  test("always holds what was put in last, if it fits", () => {
    const sets = fc.array(fc.tuple(fc.string({ minLength: 1 }), fc.integer({ min: 1, max: 900 })), {
      minLength: 1,
    });
    forAll([sets], (all) => {
      const store = memoryStore(1_000);
      for (const [key, bytes] of all) {
        store.set(key, entry(bytes));
        expect(store.get(key)?.bytes).toBe(bytes);
      }
    });
  });
});
