/** @module-tag deep */
import { expect, test } from "vitest";
import { answerOf, originalAnswer, QUESTIONS, SAMPLES, textOf } from "./asking.ts";
import { NOT_REACHABLE } from "./not-reachable.ts";
import { changed } from "./properties.ts";

test("every property of the contract can be reached in the graph, or stands in the table of those that cannot", async () => {
  const reached = new Set<string>();
  for (const [path, questions] of Object.entries(QUESTIONS)) {
    for (const sample of SAMPLES.get(path) ?? []) {
      for (const question of questions) {
        const before = textOf(await originalAnswer(question, path, sample));
        if (before === "refused") continue;
        for (const property of sample.properties.filter(({ name }) => !reached.has(name))) {
          const after = textOf(await answerOf(question, path, changed(sample.body, property)));
          if (after !== "refused" && after !== before) reached.add(property.name);
        }
      }
    }
  }
  const all = new Set(
    [...SAMPLES.values()].flat().flatMap(({ properties }) => properties.map(({ name }) => name)),
  );
  const unreached = [...all].filter((name) => !reached.has(name)).sort();
  const listed = (name: string) => {
    const [schema, property] = name.split(".");
    return [name, schema ?? "", `*.${property}`].find((each) => Object.hasOwn(NOT_REACHABLE, each));
  };
  process.stdout.write(
    `${all.size} properties in the contract, ${reached.size} reachable, ${unreached.length} excluded with a reason\n`,
  );
  expect(unreached.filter((name) => listed(name) === undefined)).toEqual([]);
  const used = new Set(unreached.map(listed));
  expect(Object.keys(NOT_REACHABLE).filter((each) => !used.has(each))).toEqual([]);
  expect([...reached].filter((name) => Object.hasOwn(NOT_REACHABLE, name))).toEqual([]);
});
