import "../seed.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { answerOf } from "../answer.ts";
import { SINGLE } from "../every-field.ts";
import type { Answer } from "../gateway.ts";
import {
  ENTRIES,
  gatewayOfOne,
  gatewayOfThree,
  NAMES,
  ORGANIZATIONS,
  type OrganizationName,
} from "./three.ts";

/** Settings that no query of this suite is to reach. */
const settings = { MAX_ROWS: "10000000", MAX_DEPTH: "50", MAX_UPSTREAM_REQUESTS: "100000" };

type App = ReturnType<typeof gatewayOfThree>["app"];

async function askAt(app: App, query: string, search = ""): Promise<Answer> {
  const response = await app.fetch(`http://gateway.test/graphql${search}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query }),
  });
  return answerOf(response);
}

const CURSORS: readonly string[] = ["cursor", "startCursor", "endCursor"];

/** An answer as the gateway of one organization has it: without the names by which one of several is marked. */
function unmarked(name: OrganizationName, value: unknown, key = ""): unknown {
  if (Array.isArray(value)) return value.map((each) => unmarked(name, each, key));
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([each, inner]) => [each, unmarked(name, inner, each)]),
    );
  if (typeof value !== "string") return value;
  if (CURSORS.includes(key)) return "cursor";
  if (key === "organization" && value === name) return ORGANIZATIONS[name].kind;
  const text = Buffer.from(value, "base64url").toString();
  return /^[A-Z][A-Za-z]*(~[a-z])?@/.test(text)
    ? Buffer.from(text.replace(`@${name}`, "")).toString("base64url")
    : value;
}

function comparable(name: OrganizationName, { data, errors }: Answer) {
  return {
    data: unmarked(name, data),
    errors: errors?.map(({ path, extensions }) => ({ path, code: extensions.code })),
  };
}

/** Lists of all that there is name what a gateway of one organization could have. */
const QUERIES = SINGLE.filter((query) => !/^\{ (datasets|organizations|viewer|limits)\b/.test(query));

const three = gatewayOfThree({ settings });
const ones = Object.fromEntries(NAMES.map((name) => [name, gatewayOfOne(name, { settings })])) as Record<
  OrganizationName,
  ReturnType<typeof gatewayOfOne>
>;

/** Asks one organization on both gateways; returns both answers and the upstream requests by organization. */
async function onBoth(name: OrganizationName, query: string) {
  const [before, beforeOne] = [three.upstream.seen.length, ones[name].upstream.seen.length];
  const answer = await askAt(three.app, query, `?organization=${name}`);
  const alone = await askAt(ones[name].app, query);
  return {
    answer: comparable(name, answer),
    alone: comparable(name, alone),
    requests: three.upstream.seen.slice(before),
    aloneRequests: ones[name].upstream.seen.slice(beforeOne),
  };
}

/** A gateway without an organization of the kind has no key; one with several says which of them has the figures. */
function asOfOtherKind({ path, code }: { path: unknown; code: string }) {
  return {
    path,
    code: code === "NOT_CONFIGURED" ? expect.stringMatching(/^(NOT_CONFIGURED|BAD_USER_INPUT)$/) : code,
  };
}

const asked = fc.record({ name: fc.constantFrom(...NAMES), query: fc.constantFrom(...QUERIES) });

async function sameInTurn(questions: readonly { readonly name: OrganizationName; readonly query: string }[]) {
  for (const { name, query } of questions) {
    const { answer, alone, requests, aloneRequests } = await onBoth(name, query);
    expect(answer.data, `${name}: ${query}`).toEqual(alone.data);
    expect(answer.errors, `${name}: ${query}`).toEqual(alone.errors?.map(asOfOtherKind));
    expect(requests.map(({ path }) => path).sort(), query).toEqual(
      aloneRequests.map(({ path }) => path).sort(),
    );
    expect(requests.every(({ organization }) => organization === name)).toBe(true);
  }
}

describe("three organizations on one gateway", () => {
  test("answer random queries in turn as the gateway of each alone does, by its key and with as many requests", {
    tags: "deep",
  }, async () => {
    const questions = fc.sample(asked, 60);
    await sameInTurn(questions);
    expect(new Set(questions.map(({ name }) => name)).size).toBe(3);
  });

  test("answer every field as the gateway of each alone does", { tags: "deep" }, async () => {
    await sameInTurn(QUERIES.flatMap((query) => NAMES.map((name) => ({ name, query }))));
    expect(QUERIES.length).toBeGreaterThan(300);
  });
});

const DAY = `range: { between: { from: "2026-11-18", until: "2026-11-19" } }`;

/** The order of entries decides nothing. */
test("an answer does not depend on the order of the organizations", async () => {
  const reversed = gatewayOfThree({ settings, entries: ENTRIES.toReversed() });
  const query = `{ cost(organization: "us", ${DAY}, groupBy: [MODEL]) { organization total { net { cents } } nodes { model net { cents } } } }`;
  const [a, b] = await Promise.all([askAt(three.app, query), askAt(reversed.app, query)]);
  expect(a.errors).toBeUndefined();
  expect(a.data).toEqual(b.data);
});
