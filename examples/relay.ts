// Relay: a list whose rows are fragments, its next pages, and a row found again by its id; relay.config.js compiles it.
import { graphql } from "relay-runtime";

/** For `useRefetchableFragment`, which finds the row again by its id, with the figures of the range that it is in. */
export const PERSON = graphql`
  fragment relay_person on UserSummary @refetchable(queryName: "relayRowQuery") {
    id
    email
    cost { net { usd } }
  }
`;

/** For `usePaginationFragment`: a list for each range. */
export const PEOPLE = graphql`
  fragment relay_people on Query
  @refetchable(queryName: "relayPeoplePageQuery")
  @argumentDefinitions(
    range: { type: "DateRange!" }
    first: { type: "Int", defaultValue: 250 }
    after: { type: "String" }
  ) {
    users(range: $range, first: $first, after: $after) @connection(key: "relay_users", filters: ["range"]) {
      edges { node { ...relay_person } }
    }
  }
`;

/** For `useLazyLoadQuery`. */
export const QUERY = graphql`
  query relayPeopleQuery($range: DateRange!) {
    ...relay_people @arguments(range: $range)
  }
`;

/** Shows people at once, and what each of them cost when that is there; `fetchInParts` of relay-network.ts reads it. */
export const DEFERRED = graphql`
  query relayDeferredQuery($first: Int!) {
    users(range: { last: { days: 7 } }, first: $first) {
      nodes { id email ...relay_cost @defer(label: "cost") }
    }
  }
`;

export const COST = graphql`
  fragment relay_cost on UserSummary { cost { net { usd } } }
`;
