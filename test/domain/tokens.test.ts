import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compare, decimalOf, parseDecimal, ZERO } from "../../src/domain/decimal.ts";
import {
  cacheReadShare,
  inputTokens,
  type TokenCounts,
  totalTokens,
  usages,
} from "../../src/domain/tokens.ts";
import { forAll, usages as used } from "../arbitrary.ts";

const NOTHING: TokenCounts = {
  uncachedInputTokens: 0,
  cacheReadInputTokens: 0,
  cacheCreation5mInputTokens: 0,
  cacheCreation1hInputTokens: 0,
  outputTokens: 0,
  webSearchRequests: 0,
  requests: 0,
};

describe("usages", () => {
  test("add in any order", () => {
    forAll([used, used], (a, b) => expect(usages.plus(a, b)).toEqual(usages.plus(b, a)));
  });

  test("add in any grouping", () => {
    forAll([used, used, used], (a, b, c) =>
      expect(usages.plus(usages.plus(a, b), c)).toEqual(usages.plus(a, usages.plus(b, c))),
    );
  });

  test("are as before when what was added is taken away", () => {
    forAll([used, used], (a, b) => {
      const requests = b.requests === null ? null : a.requests;
      expect(usages.minus(usages.plus(a, b), b)).toEqual({ ...a, requests });
    });
  });

  test("have an unknown number of requests when either side's is unknown", () => {
    forAll([used, used], (a, b) => {
      for (const { requests } of [usages.plus(a, b), usages.minus(a, b)])
        expect(requests === null).toBe(a.requests === null || b.requests === null);
    });
  });

  test("taken from themselves are zero", () => {
    forAll([used], (a) => expect(usages.isZero(usages.minus(a, a))).toBe(true));
  });

  test("in parts of whole counts add up to the whole", () => {
    forAll([used, fc.integer({ min: 1, max: 6 })], (a, count) => {
      const all = usages.split(a, count);
      expect(all).toHaveLength(count);
      expect(all.reduce(usages.plus)).toEqual(a);
      for (const { outputTokens } of all)
        expect(Math.abs(outputTokens - a.outputTokens / count)).toBeLessThan(1);
    });
  });

  test("with a web search and no token are not zero", () => {
    expect(usages.isZero({ ...NOTHING, webSearchRequests: 1 })).toBe(false);
  });

  test("rank by tokens of all kinds", () => {
    forAll([used], (a) => expect(usages.rank(a)).toEqual(decimalOf(totalTokens(a))));
  });
});

test("all tokens are input of four kinds and output", () => {
  const usage = {
    ...NOTHING,
    uncachedInputTokens: 1,
    cacheReadInputTokens: 20,
    cacheCreation5mInputTokens: 300,
    cacheCreation1hInputTokens: 4_000,
    outputTokens: 50_000,
    webSearchRequests: 600_000,
  };
  expect(inputTokens(usage)).toBe(4_321);
  expect(totalTokens(usage)).toBe(54_321);
});

describe("the share read from the cache", () => {
  test("is between 0 and 1", () => {
    forAll([used], (a) => {
      const share = cacheReadShare(a);
      if (share !== null) expect(compare(share, ZERO) >= 0 && compare(share, decimalOf(1)) <= 0).toBe(true);
    });
  });

  test("is of all input", () => {
    expect(cacheReadShare({ ...NOTHING, uncachedInputTokens: 1, cacheReadInputTokens: 3 })).toEqual(
      parseDecimal("0.750000000000"),
    );
  });

  test("is unknown, not zero, where there was no input", () => {
    expect(cacheReadShare({ ...NOTHING, outputTokens: 9 })).toBeNull();
  });
});
