// Apollo Client 4 with trusted documents: sends ids from the manifest that generate-persisted-query-manifest wrote, and never a text.
import {
  ApolloClient,
  ApolloLink,
  gql,
  HttpLink,
  InMemoryCache,
  type TypedDocumentNode,
} from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { relayStylePagination } from "@apollo/client/utilities";
import {
  generatePersistedQueryIdsFromManifest,
  type PersistedQueryManifestForVerification as Manifest,
} from "@apollo/persisted-query-lists";
import { apolloTypePolicies, POSSIBLE_TYPES } from "claude-analytics-gateway/client";

interface Spend {
  readonly cost: {
    readonly total: { readonly net: { readonly usd: string } };
    readonly nodes: readonly { readonly model: string | null; readonly net: { readonly usd: string } }[];
  };
}

export const SPEND: TypedDocumentNode<Spend, Record<string, never>> = gql`
  query SpendByModel {
    cost(range: { period: LAST_MONTH }, groupBy: [MODEL]) {
      total { net { usd } }
      nodes { model net { usd } }
    }
  }
`;

export function createTrustedClient(uri: string, manifest: Manifest): ApolloClient {
  const ids = generatePersistedQueryIdsFromManifest({ loadManifest: async () => manifest });
  return new ApolloClient({
    link: ApolloLink.from([new PersistedQueryLink(ids), new HttpLink({ uri })]),
    cache: new InMemoryCache({
      possibleTypes: POSSIBLE_TYPES,
      typePolicies: apolloTypePolicies(relayStylePagination),
    }),
  });
}
