import { expect, test } from "vitest";
import { modelFamily } from "../../src/domain/model.ts";

test.each([
  ["claude-opus-4-8", "opus"],
  ["claude-haiku-4-5-20251001", "haiku"],
  ["claude-3-5-sonnet-20241022", "sonnet"],
  ["claude_sonnet_5", "sonnet"],
  ["claude-tomorrow-9", "tomorrow"],
  ["claude-2.1", null],
  ["gpt-oss", null],
  ["", null],
])("the family of %j is %j", (model, family) => {
  expect(modelFamily(model)).toBe(family);
});
