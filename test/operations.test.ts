import { readdirSync, readFileSync } from "node:fs";
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { type DocumentNode, Kind, parse, print, validate } from "graphql";
import { describe, expect, test } from "vitest";
import { schema } from "../schema/index.ts";
import {
  ApiKeysDocument,
  CostByDayDocument,
  PeopleThisWeekDocument,
} from "../schema/operations/documents.ts";
import { gateway } from "./gateway.ts";
import { gatewayFor, OWN, settingsFor, variablesFor } from "./library-variables.ts";

const FOLDER = new URL("../schema/operations/", import.meta.url);
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith(".graphql"));

/** The line of a document with its upstream requests on a cold cache, when the last 30 days are in two calendar months. */
const REQUESTS = /^# Upstream requests: (\d+)/m;

/** Those that are answered by one thing. */
const SINGLE: ReadonlySet<string> = new Set([
  "22-claude-ai-total.graphql",
  "44-month-end.graphql",
  "46-spend-to-date.graphql",
  "52-rate-limits.graphql",
  "59-invoice.graphql",
]);

describe.each(FILES)("the question %s", (file) => {
  const text = readFileSync(new URL(file, FOLDER), "utf8");

  test("is stated in plain words above one named operation", () => {
    expect(text).toMatch(/^# [A-Z]/);
    expect(text.split("query")[0]).toContain("?");
    expect(text.split("query")[0]).toMatch(REQUESTS);
    expect(operationsOf(parse(text))).toEqual([expect.stringMatching(/^[A-Z][A-Za-z]+$/)]);
  });

  test("is valid", () => {
    expect(validate(schema, parse(text))).toEqual([]);
  });

  test("is answered with rows, at no more upstream requests than stated", async () => {
    const { ask, seen, requestsOf } = gateway({
      sandbox: { users: 60 },
      settings: settingsFor(file),
      ...(await gatewayFor(file)),
    });
    const variables = await variablesFor(file);
    const { data, errors } = await ask(text, variables);
    expect(errors).toBeUndefined();
    for (const answer of Object.values(data)) {
      expect(answer).not.toBeNull();
      if (!SINGLE.has(file) && !OWN.has(file)) expect(rowsOf(answer).length).toBeGreaterThan(1);
    }
    expect(seen.length).toBeLessThanOrEqual(Number(REQUESTS.exec(text)?.[1]));

    const [, again] = await requestsOf(() => ask(text, variables));
    expect(again).toEqual([]);
  });
});

describe("a typed document", () => {
  test("gives its answer a shape that the compiler knows", async () => {
    const { users } = await answerTo(PeopleThisWeekDocument, { first: 3 });
    const messages: (number | undefined)[] | undefined = users?.nodes.map((u) => u?.activity?.chat.messages);
    expect(messages).toEqual([expect.any(Number), expect.any(Number), expect.any(Number)]);
    const usd: string | undefined = users?.nodes[0]?.cost?.net.usd;
    expect(usd).toMatch(/^\d+(\.\d+)?$/);
  });

  test("takes the ranges and names of enum values of the schema", async () => {
    const { cost } = await answerTo(CostByDayDocument, {
      range: { between: { from: "2026-11-02", until: "2026-11-04" } },
    });
    expect(new Set(cost?.nodes.map((row) => row?.from.slice(0, 10)))).toEqual(
      new Set(["2026-11-02", "2026-11-03"]),
    );
    const { usage } = await answerTo(ApiKeysDocument, { range: { period: "YESTERDAY" } });
    expect(usage?.nodes.some((row) => row?.apiKey?.status === "active")).toBe(true);
  });

  test("refuses variables of another type before anything runs", () => {
    // @ts-expect-error: `first` is a number
    const text: VariablesOf<typeof PeopleThisWeekDocument> = { first: "3" };
    // @ts-expect-error: a period is one of those the schema names
    const never: VariablesOf<typeof CostByDayDocument> = { range: { period: "TOMORROW" } };
    expect([text, never]).toHaveLength(2);
  });
});

type VariablesOf<Document> = Document extends TypedDocumentNode<infer _, infer Variables> ? Variables : never;

async function answerTo<Result, Variables extends Readonly<Record<string, unknown>>>(
  document: TypedDocumentNode<Result, Variables>,
  variables: Variables,
): Promise<Result> {
  const { ask } = gateway({ sandbox: { users: 60 } });
  const { data, errors } = await ask(print(document), variables);
  expect(errors).toBeUndefined();
  return data;
}

function operationsOf({ definitions }: DocumentNode): (string | undefined)[] {
  return definitions.flatMap((each) => (each.kind === Kind.OPERATION_DEFINITION ? [each.name?.value] : []));
}

/** The rows of a connection, of a plain list, or of every list there is on a page of the dashboard. */
function rowsOf(answer: unknown): readonly unknown[] {
  if (Array.isArray(answer)) return answer;
  if (typeof answer !== "object" || answer === null) return [];
  const { nodes = Object.values(answer).flatMap(rowsOf) } = answer as { nodes?: readonly unknown[] };
  return nodes.filter((node) => node !== null);
}
