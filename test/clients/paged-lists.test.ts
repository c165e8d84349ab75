/** @module-tag deep */
import { createClient, rowsOf, type TypedDocument } from "claude-analytics-gateway/client";
import { introspectionFromSchema, parse } from "graphql";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import * as apollo from "../../examples/apollo.ts";
import * as urql from "../../examples/urql.ts";
import { schema } from "../../schema/index.ts";
import { served } from "./served.ts";

const { url } = await served({ sandbox: { users: 1_500 } });

interface Person {
  readonly id: string;
  readonly email: string | null;
  readonly cost?: { readonly net: { readonly usd: string } } | null;
}

interface List {
  readonly nodes: readonly Person[];
  readonly edges: readonly { readonly node: Person }[];
  readonly pageInfo: { readonly hasNextPage: boolean };
}

const RANGES = {
  october: { between: { from: "2026-10-01", until: "2026-11-01" } },
  week: { between: { from: "2026-11-01", until: "2026-11-08" } },
};
type Range = (typeof RANGES)[keyof typeof RANGES];

const PEOPLE = parse(`query($range: DateRange!, $after: String) {
  users(range: $range, first: 1000, after: $after) { nodes { id email cost { net { usd } } } pageInfo { hasNextPage endCursor } }
}`) as TypedDocument<
  { users: { nodes: Person[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } } },
  { range: Range; after?: string | null }
>;

/** The people of a range, without any cache. */
async function peopleOf(range: Range): Promise<Person[]> {
  const client = createClient({ url });
  return Array.fromAsync(rowsOf(client, PEOPLE, { range }, ({ users }) => users));
}

const CLIENTS: Readonly<Record<string, () => (range: Range) => Promise<List>>> = {
  "Apollo Client 4 with relayStylePagination": () => {
    const client = apollo.createApolloClient(url);
    return (range) => apollo.nextPage(client, range);
  },
  "urql with graphcache": () => {
    const client = urql.createUrqlClient(url, introspectionFromSchema(schema));
    return (range) => urql.nextPage(client, range);
  },
};

const figures = (people: readonly Person[]) =>
  people.map(({ id, email, cost }) => [id, email, cost?.net.usd ?? null]);

describe.each(Object.entries(CLIENTS))("%s", (_name, open) => {
  const complaints = vi.fn();
  beforeEach(() => {
    complaints.mockClear();
    for (const method of ["warn", "error"] as const) vi.spyOn(console, method).mockImplementation(complaints);
  });
  afterEach(() => void vi.restoreAllMocks());

  test("pages through 1,000 people of two ranges in turn, with every figure where it belongs", async () => {
    const next = open();
    const lists = new Map<Range, List>();
    const isOpen = (range: Range) => lists.get(range)?.pageInfo.hasNextPage ?? true;
    for (let page = 0; Object.values(RANGES).some(isOpen) && page < 20; page++)
      for (const range of Object.values(RANGES).filter(isOpen)) lists.set(range, await next(range));
    for (const range of Object.values(RANGES)) {
      const people = await peopleOf(range);
      const list = lists.get(range);
      expect(figures(list?.nodes ?? [])).toEqual(figures(people));
      expect(list?.edges.map(({ node }) => node.id)).toEqual(people.map(({ id }) => id));
      expect(list?.pageInfo.hasNextPage).toBe(false);
    }
    expect((await peopleOf(RANGES.october)).length).toBeGreaterThan(1_000);
    expect(complaints).not.toHaveBeenCalled();
  });
});
