/** @module-tag deep */
import fc from "fast-check";
import { expect, test } from "vitest";
import { redis, sqlite } from "../stores/stores.ts";
import { type Action, type History, histories } from "./histories.ts";
import { createWorld, type World } from "./world.ts";

/** More of them, and others, are tried with `EQUALITY_RUNS=500 PROPERTY_SEED=7 npm test -- test/cache/equality.test.ts`. */
const { EQUALITY_RUNS = "15", EQUALITY_PATH } = process.env;

test.each([{ name: "memory", open: null, skip: false }, sqlite, redis])(
  "an answer from a cache in $name is what upstream says, or has said no longer ago than is promised",
  { timeout: 600_000 + Number(EQUALITY_RUNS) * 2_000 },
  async ({ open, skip }) => {
    if (skip) return;
    const property = fc.asyncProperty(histories, async (history) => {
      const world = await createWorld(history, open);
      try {
        for (const action of history.actions) expect(await live(world, history, action)).toEqual([]);
      } finally {
        await world.dispose();
      }
    });
    await fc.assert(property, {
      numRuns: Number(EQUALITY_RUNS),
      ...(EQUALITY_PATH === undefined ? {} : { path: EQUALITY_PATH }),
    });
  },
);

/** What goes wrong. */
async function live(world: World, { questions }: History, action: Action): Promise<string[]> {
  switch (action.do) {
    case "wait":
      world.pass(action.until);
      return [];
    case "restart":
      await world.restart(action.process);
      return [];
    case "ask all":
      return (await Promise.all(questions.map((question) => world.ask(question, action.process)))).flat();
    case "ask":
    case "read on": {
      const question = questions[action.question % questions.length];
      if (question === undefined) return [];
      return action.do === "ask"
        ? world.ask(question, action.process)
        : world.readOn(question, action.process);
    }
  }
}
