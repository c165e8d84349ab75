// Apollo Client 4: shows people at once, and what each of them cost when that is there.
import { ApolloClient, gql, HttpLink, InMemoryCache, type TypedDocumentNode } from "@apollo/client";
import { Defer20220824Handler } from "@apollo/client/incremental";
import { relayStylePagination } from "@apollo/client/utilities";
import { apolloTypePolicies, POSSIBLE_TYPES } from "claude-analytics-gateway/client";

interface People {
  readonly users: {
    readonly nodes: readonly {
      readonly id: string;
      readonly email: string | null;
      /** Undefined until its part has come. */
      readonly cost?: { readonly net: { readonly usd: string } } | null;
    }[];
  };
}

export const PEOPLE_THEN_COST: TypedDocumentNode<People, { first: number }> = gql`
  query PeopleThenCost($first: Int!) {
    users(range: { last: { days: 7 } }, first: $first) {
      nodes {
        id
        email
        ... @defer(label: "cost") { cost { net { usd } } }
      }
    }
  }
`;

export function createDeferringClient(uri: string): ApolloClient {
  return new ApolloClient({
    link: new HttpLink({ uri }),
    incrementalHandler: new Defer20220824Handler(),
    cache: new InMemoryCache({
      possibleTypes: POSSIBLE_TYPES,
      typePolicies: apolloTypePolicies(relayStylePagination),
    }),
  });
}
