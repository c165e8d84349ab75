import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readLibraryQuery } from "../../src/web/workbench/library.ts";
import {
  exportedQueries,
  importedQueries,
  renamedQuery,
  storedQueries,
  storeQueries,
  withoutQuery,
  withQueries,
} from "../../src/web/workbench/saved-queries.ts";
import { matchOf } from "../../src/web/workbench/search-terms.ts";
import { fragmentOf, readFragment } from "../../src/web/workbench/shared-link.ts";

const FOLDER = new URL("../../schema/operations/", import.meta.url);
const LIBRARY = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".graphql"))
  .map((name) => readLibraryQuery(readFileSync(new URL(name, FOLDER), "utf8")));

test("every query of the library has a question, its upstream requests and a subject", () => {
  for (const { name, question, requests, subject } of LIBRARY) {
    expect(question, name).toMatch(/^[A-Z].*[?.]$/);
    expect(requests, name).toBeTypeOf("number");
    const isOfGateway = ["Datasets", "WhoAmI", "MyFigures"].includes(name);
    if (!isOfGateway) expect(subject, name).not.toBe("Gateway");
  }
});

describe("a search of the library", () => {
  const found = (search: string) =>
    LIBRARY.map((query) => ({
      ...query,
      match: matchOf(search, [
        [query.name, 4],
        [query.question, 3],
        [query.text, 1],
      ]),
    }))
      .filter(({ match }) => match > 0)
      .sort((a, b) => b.match - a.match)
      .map(({ name }) => name);

  test.each([
    ["DAU", "Adoption"],
    ["MTD", "SpendToDate"],
    ["idle seats", "IdleSeats"],
    ["cache-hit", "TokensByModel"],
    ["licenses", "IdleSeats"],
    ["forecast", "MonthEnd"],
  ])("for %s finds %s by a synonym", (search, name) => {
    expect(found(search)).toContain(name);
  });

  test("finds a short word only as a whole word", () => {
    expect(matchOf("pr", [["price of a proposal", 1]])).toBe(0);
    expect(matchOf("pr", [["pull requests", 1]])).toBeGreaterThan(0);
  });

  test("needs all of its words", () => {
    expect(matchOf("spend unicorn", [["What did it cost?", 1]])).toBe(0);
  });
});

describe("a shared link", () => {
  const textOf = (name: string) => (name === "Skills" ? "query Skills { skills { totalCount } }" : null);
  const nameOf = (text: string) => (text === textOf("Skills") ? "Skills" : null);

  test("holds the query and its variables", () => {
    const opened = {
      query: "{ cost(range: $r) { total { net { usd } } } } # & = #",
      variables: '{\n  "first": 5\n}',
    };
    expect(readFragment(fragmentOf(opened, nameOf), textOf)).toEqual(opened);
  });

  test("names a document of the library", () => {
    const opened = { query: textOf("Skills") ?? "", variables: "" };
    expect(fragmentOf(opened, nameOf)).toBe("#document=Skills");
    expect(readFragment("#document=Skills", textOf)).toEqual(opened);
  });

  test("without a query, or to an unknown document, opens nothing", () => {
    expect(readFragment("", textOf)).toBeNull();
    expect(readFragment("#variables=%7B%7D", textOf)).toBeNull();
    expect(readFragment("#document=Nothing", textOf)).toBeNull();
  });
});

describe("saved queries", () => {
  const query = { name: "b", query: "{ a }", variables: "" };

  test("are replaced by name, renamed and deleted", () => {
    const saved = withQueries(
      [query],
      [
        { ...query, query: "{ b }" },
        { ...query, name: "a" },
      ],
    );
    expect(saved.map((each) => [each.name, each.query])).toEqual([
      ["a", "{ a }"],
      ["b", "{ b }"],
    ]);
    expect(renamedQuery(saved, "a", "c").map(({ name }) => name)).toEqual(["b", "c"]);
    expect(withoutQuery(saved, "b").map(({ name }) => name)).toEqual(["a"]);
  });

  test("come back from a file as they were", () => {
    expect(importedQueries(exportedQueries([query]))).toEqual([query]);
  });

  test.each(["", "[]", "{}", '{"format":"claude-analytics-queries","queries":[{"name":1}]}'])(
    "are not read from another file: %s",
    (text) => {
      expect(importedQueries(text)).toBeNull();
    },
  );

  test("stay in the browser, if it stores anything", () => {
    const stored = new Map<string, string>();
    const storage = {
      getItem: (key: string) => stored.get(key) ?? null,
      setItem: (key: string, value: string) => void stored.set(key, value),
    };
    expect(storeQueries(storage, [query])).toBe(true);
    expect(storedQueries(storage)).toEqual([query]);
    const closed = {
      getItem: () => null,
      setItem: () => {
        throw new Error("no storage");
      },
    };
    expect(storeQueries(closed, [query])).toBe(false);
    expect(storedQueries(closed)).toEqual([]);
  });
});
