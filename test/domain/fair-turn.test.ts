import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { fairTurn, Turns } from "../../src/domain/fair-turn.ts";

test("the thread goes to one caller a turn, in the order in which they came", async () => {
  const order: string[] = [];
  const work = async (name: string) => {
    for (let i = 0; i < 3; i++) {
      await fairTurn();
      order.push(name);
    }
  };
  const all = Promise.all(["a", "b", "c"].map(work));
  const inTurn: number[] = [];
  while (order.length < 9) {
    const before = order.length;
    await setImmediate();
    inTurn.push(order.length - before);
  }
  await all;
  expect(order.join("")).toBe("abcabcabc");
  expect(Math.max(...inTurn)).toBe(1);
});

test("work that is begun goes before work that is not", async () => {
  const turns = new Turns();
  const order: string[] = [];
  const work = async (name: string) => {
    for (let i = 0; i < 3; i++) {
      await turns.next({ isBegun: i > 0 });
      order.push(name);
    }
  };
  await Promise.all(["a", "b", "c"].map(work));
  expect(order.join("")).toBe("aaabbbccc");
});
