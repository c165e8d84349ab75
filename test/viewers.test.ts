import fc from "fast-check";
import { expect, test } from "vitest";
import { queryLibrary } from "../src/server/documents/query-library.ts";
import { codesOf, guarded, NAMES } from "./callers.ts";
import { SINGLE } from "./every-field.ts";

/** How much of the minute is left is of the moment. */
const QUESTIONS = [...SINGLE, ...queryLibrary()].filter((query) => !query.includes("requestsLeft"));

const questions = fc.array(
  fc.record({ name: fc.constantFrom(...NAMES), query: fc.constantFrom(...QUESTIONS) }),
  { minLength: 4, maxLength: 16 },
);

const NAME = "whoever asked before, an answer is the one of a gateway that nobody has asked yet";
test(`${NAME} (1 run)`, () => compareAnswers(1));
test(`${NAME} (40 runs)`, { tags: "deep" }, () => compareAnswers(40));

async function compareAnswers(numRuns: number): Promise<void> {
  let compared = 0;
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(questions, fc.boolean(), async (asked, isAtOnce) => {
      const shared = guarded({ sandbox: { users: 40 } });
      const ask = ({ name, query }: { name: string; query: string }) => shared.askAs(name, query);
      const answers = isAtOnce ? await Promise.all(asked.map(ask)) : [];
      for (const [i, each] of asked.entries()) {
        const { data, errors } = answers[i] ?? (await ask(each));
        const fresh = await guarded({ sandbox: { users: 40 } }).askAs(each.name, each.query);
        expect({ data, errors }, `${each.name}: ${each.query}`).toEqual({
          data: fresh.data,
          errors: fresh.errors,
        });
        compared++;
        if (codesOf(fresh).includes("FORBIDDEN")) refused++;
      }
    }),
    { numRuns },
  );
  expect(compared).toBeGreaterThan(numRuns * 5);
  expect(refused).toBeGreaterThan(numRuns * 1.25);
}
