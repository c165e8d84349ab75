// urql with graphcache: reads a list page by page, and keeps each list whole in its cache.
import { Client, fetchExchange, gql } from "@urql/core";
import { cacheExchange } from "@urql/exchange-graphcache";
import { relayPagination } from "@urql/exchange-graphcache/extras";
import { GRAPHCACHE_KEYS, graphcacheResolvers } from "claude-analytics-gateway/client";
import type { IntrospectionQuery } from "graphql";

interface Person {
  readonly id: string;
  readonly email: string | null;
  readonly cost: { readonly net: { readonly usd: string } } | null;
}

interface People {
  readonly users: {
    readonly nodes: readonly Person[];
    readonly edges: readonly { readonly node: Person }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
}

/** As the schema has it; only one of these is set. */
interface Range {
  readonly last?: { readonly days: number };
  readonly between?: { readonly from: string; readonly until: string };
}

const PEOPLE = gql<People, { range: Range; after: string | null }>`
  query People($range: DateRange!, $after: String) {
    users(range: $range, first: 250, after: $after) {
      nodes { id email cost { net { usd } } }
      edges { cursor node { id email } }
      pageInfo { hasNextPage endCursor }
    }
  }
`;

/** The introspection of `claude-analytics-gateway/schema.graphql` tells graphcache which types fit a fragment. */
export function createUrqlClient(url: string, schema: IntrospectionQuery): Client {
  const resolvers = graphcacheResolvers(relayPagination());
  return new Client({
    url,
    preferGetMethod: false,
    exchanges: [cacheExchange({ schema, keys: GRAPHCACHE_KEYS, resolvers }), fetchExchange],
  });
}

/** Requests the next page of a list, and returns what the cache has of the list then. */
export async function nextPage(client: Client, range: Range): Promise<People["users"]> {
  const first = { range, after: null };
  const known = client.readQuery(PEOPLE, first)?.data;
  const after = known?.users.pageInfo.endCursor ?? null;
  const { error } = await client.query(PEOPLE, { range, after }).toPromise();
  if (error !== undefined) throw error;
  const people = client.readQuery(PEOPLE, first)?.data;
  if (people === undefined) throw new Error("The answer is not complete.");
  return people.users;
}
