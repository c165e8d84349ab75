import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ToolActionCounts } from "../../src/domain/activity.ts";
import { type CodeModel, CodeSum, type CodeTotals, estimatedCost } from "../../src/domain/claude-code.ts";
import { ZERO } from "../../src/domain/decimal.ts";
import { forAll, moneys, usd } from "../arbitrary.ts";

const counts = fc.nat({ max: 1_000_000 });

const tools: fc.Arbitrary<ToolActionCounts> = fc.record({
  tool: fc.constantFrom("edit_tool", "write_tool", "__proto__", "constructor"),
  accepted: counts,
  rejected: counts,
});

const models: fc.Arbitrary<CodeModel> = fc.record({
  model: fc.constantFrom("opus", "sonnet", "__proto__"),
  inputTokens: counts,
  outputTokens: counts,
  cacheReadTokens: counts,
  cacheCreationTokens: counts,
  estimated: moneys,
});

const totals: fc.Arbitrary<CodeTotals> = fc.record({
  sessions: counts,
  commits: counts,
  pullRequests: counts,
  linesAdded: counts,
  linesRemoved: counts,
  toolActions: fc.uniqueArray(tools, { selector: ({ tool }) => tool }),
  models: fc.uniqueArray(models, { selector: ({ model }) => model }),
});

const NOTHING: CodeTotals = {
  sessions: 0,
  commits: 0,
  pullRequests: 0,
  linesAdded: 0,
  linesRemoved: 0,
  toolActions: [],
  models: [],
};

function model(name: string, cents: number): CodeModel {
  return {
    model: name,
    inputTokens: 1,
    outputTokens: 10,
    cacheReadTokens: 100,
    cacheCreationTokens: 1_000,
    estimated: usd(cents),
  };
}

/** The order of tools and models is that of first mention and says nothing. */
function unordered({ toolActions, models, ...rest }: CodeTotals) {
  return {
    ...rest,
    tools: new Map(toolActions.map((each) => [each.tool, each])),
    models: new Map(models.map((each) => [each.model, each])),
  };
}

function sumOf(...records: readonly CodeTotals[]): CodeTotals {
  const sum = new CodeSum();
  for (const record of records) sum.add(record);
  return sum.totals;
}

describe("totals", () => {
  test("add in any order", () => {
    forAll([totals, totals], (a, b) => expect(unordered(sumOf(a, b))).toEqual(unordered(sumOf(b, a))));
  });

  test("add in any grouping", () => {
    forAll([totals, totals, totals], (a, b, c) =>
      expect(sumOf(sumOf(a, b), c)).toEqual(sumOf(a, sumOf(b, c))),
    );
  });

  test("stay as they are when nothing is added", () => {
    forAll([totals], (a) => expect(sumOf(a, NOTHING)).toEqual(a));
  });

  test("have each tool once, with the actions of both sides", () => {
    const a = { ...NOTHING, toolActions: [{ tool: "edit_tool", accepted: 1, rejected: 2 }] };
    const b = {
      ...NOTHING,
      toolActions: [
        { tool: "write_tool", accepted: 5, rejected: 6 },
        { tool: "edit_tool", accepted: 10, rejected: 20 },
      ],
    };
    expect(sumOf(a, b).toolActions).toEqual([
      { tool: "edit_tool", accepted: 11, rejected: 22 },
      { tool: "write_tool", accepted: 5, rejected: 6 },
    ]);
  });

  test("have each model once, with the tokens and estimates of both sides", () => {
    const a = { ...NOTHING, models: [model("opus", 7)] };
    const b = { ...NOTHING, models: [model("sonnet", 2), model("opus", 5)] };
    expect(sumOf(a, b).models).toEqual([
      {
        model: "opus",
        inputTokens: 2,
        outputTokens: 20,
        cacheReadTokens: 200,
        cacheCreationTokens: 2_000,
        estimated: usd(12),
      },
      model("sonnet", 2),
    ]);
  });
});

describe("the estimate", () => {
  test("is the sum over all models", () => {
    expect(estimatedCost({ ...NOTHING, models: [model("opus", 7), model("sonnet", 2)] })).toEqual(usd(9));
  });

  test("of no model is nothing", () => {
    expect(estimatedCost(NOTHING)).toEqual({ cents: ZERO, currency: "USD" });
  });

  test("is in the currency of the models", () => {
    const euros = { ...model("opus", 7), estimated: { ...usd(7), currency: "EUR" } };
    expect(estimatedCost({ ...NOTHING, models: [euros, euros] })).toEqual({ ...usd(14), currency: "EUR" });
  });

  test("over different currencies is refused", () => {
    const euros = { ...model("sonnet", 7), estimated: { ...usd(7), currency: "EUR" } };
    expect(() => estimatedCost({ ...NOTHING, models: [model("opus", 7), euros] })).toThrow(RangeError);
  });
});
