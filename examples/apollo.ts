// Apollo Client 4: reads a list page by page, and keeps each list whole in its cache.
import { ApolloClient, gql, HttpLink, InMemoryCache, type TypedDocumentNode } from "@apollo/client";
import { relayStylePagination } from "@apollo/client/utilities";
import { apolloTypePolicies, POSSIBLE_TYPES } from "claude-analytics-gateway/client";

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

export const PEOPLE: TypedDocumentNode<People, { range: Range; after?: string | null }> = gql`
  query People($range: DateRange!, $after: String) {
    users(range: $range, first: 250, after: $after) {
      nodes { id email cost { net { usd } } }
      edges { cursor node { id email } }
      pageInfo { hasNextPage endCursor }
    }
  }
`;

export function createApolloClient(uri: string): ApolloClient {
  return new ApolloClient({
    link: new HttpLink({ uri }),
    cache: new InMemoryCache({
      possibleTypes: POSSIBLE_TYPES,
      typePolicies: apolloTypePolicies(relayStylePagination),
    }),
  });
}

/** Requests the next page of a list, and returns what the cache has of the list then. */
export async function nextPage(client: ApolloClient, range: Range): Promise<People["users"]> {
  const known = client.readQuery({ query: PEOPLE, variables: { range } });
  const variables = { range, after: known?.users.pageInfo.endCursor ?? null };
  await client.query({ query: PEOPLE, variables, fetchPolicy: "network-only" });
  const people = client.readQuery({ query: PEOPLE, variables: { range } });
  if (people === null) throw new Error("The answer is not complete.");
  return people.users;
}
