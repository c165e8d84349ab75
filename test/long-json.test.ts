import fc from "fast-check";
import { expect, test } from "vitest";
import { longJson } from "../src/server/graphql/long-json.ts";
import { forAllAsync } from "./arbitrary.ts";

test("a long answer is written as JSON.stringify writes it", async () => {
  const members = fc.anything({ maxDepth: 4, values: [fc.string(), fc.double(), fc.constant(undefined)] });
  await forAllAsync(
    [fc.dictionary(fc.string(), members), fc.integer({ min: 1, max: 40 })],
    async (value, max) => {
      expect(Buffer.from(await longJson(value, max)).toString()).toBe(JSON.stringify(value));
    },
  );
});
