import { expect, test } from "vitest";
import { syntaxFaultAt } from "../src/json.ts";

test.each([
  ["a comma before a closing bracket", '{"a": [1, 2,', "]}"],
  ["a comma at the end of an object", '{"a": 1,', "}"],
  ["a comment", "{\n  ", "// all of it\n}"],
  ["single quotes", "{", "'a': 1}"],
  ["a name without quotes", "{", "a: 1}"],
  ["a missing comma", '[{"a": 1} ', '{"a": 2}]'],
  ["a missing colon", '{"a" ', "1}"],
  ["a value that JSON does not have", '{"a": ', "NaN}"],
  ["a number with a leading zero", "[0", "1]"],
  ["a line feed in a text", "[", '"a\nb"]'],
  ["another bracket than the open one", '{"a": [1', "}}"],
  ["a bracket too many", "{}", "}"],
  ["a missing bracket", '{"a": [1]', ""],
  ["a second value", "{} ", "{}"],
])("%s is where a text stops being JSON", (_what, right, wrong) => {
  expect(() => JSON.parse(right + wrong)).toThrow(SyntaxError);
  expect(syntaxFaultAt(right + wrong)).toBe(right.length);
});
