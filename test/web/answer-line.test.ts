import { expect, test } from "vitest";
import type { GatewayAnswer } from "../../src/web/workbench/answer.ts";
import { answerLine, formatPath } from "../../src/web/workbench/answer-line.ts";

const ANSWER: GatewayAnswer = {
  query: "{ cost }",
  operationName: null,
  variables: {},
  body: {
    extensions: { freshness: { state: "SETTLING", refreshedAt: "2026-11-22T09:30:00Z", stale: false } },
  },
  requests: 3,
  isKept: false,
};

test("the line of an answer states how settled and how old it is, and its upstream requests", () => {
  expect(answerLine(ANSWER)).toEqual([
    "Settling: recent figures can still change",
    "as of 22 Nov, 09:30 UTC",
    "3 upstream requests",
  ]);
});

test("the line of a stored answer claims no upstream request", () => {
  expect(answerLine({ ...ANSWER, requests: null, isKept: true }).at(-1)).toContain("no upstream requests");
});

test("the line of an answer without figures states only what is known", () => {
  expect(answerLine({ ...ANSWER, body: {}, requests: null })).toEqual([]);
});

test("stale figures are said to be older than usual", () => {
  const freshness = { state: "OPEN", refreshedAt: null, stale: true } as const;
  expect(answerLine({ ...ANSWER, body: { extensions: { freshness } } })).toContain("older than usual");
});

test("the path of an error has indices in brackets", () => {
  expect(formatPath(["cost", "nodes", 3, "net"])).toBe("cost.nodes[3].net");
});
