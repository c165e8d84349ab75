import { InMemoryCache } from "@apollo/client";
import { Client, type Exchange, makeResult } from "@urql/core";
import { cacheExchange } from "@urql/exchange-graphcache";
import { GRAPHCACHE_KEYS, POSSIBLE_TYPES } from "claude-analytics-gateway/client";
import { type DocumentNode, introspectionFromSchema } from "graphql";
import { createOperationDescriptor, Environment, Network, RecordSource, Store } from "relay-runtime";
import { filter, map, pipe } from "wonka";
import { schema } from "../../schema/index.ts";
import { relayOperation } from "./relay-operation.ts";

/** The store of a client, which keeps what has an id once, whichever answer it came with. */
export interface NormalizedStore {
  write(document: DocumentNode, data: object): Promise<void>;
  /** The answer as a view shows it now. */
  read(document: DocumentNode): Promise<unknown>;
}

function apollo(): NormalizedStore {
  const cache = new InMemoryCache({ possibleTypes: POSSIBLE_TYPES });
  return {
    async write(query, data) {
      cache.writeQuery({ query, data });
    },
    async read(query) {
      return cache.readQuery({ query });
    },
  };
}

const INTROSPECTION = introspectionFromSchema(schema);

function urql(): NormalizedStore {
  let answer: object = {};
  /** The network: a question is answered as it was on the wire. */
  const wire: Exchange = () => (operations) => {
    return pipe(
      operations,
      filter(({ kind }) => kind === "query"),
      map((operation) => makeResult(operation, { data: answer })),
    );
  };
  const client = new Client({
    url: "http://gateway.test/graphql",
    exchanges: [cacheExchange({ keys: GRAPHCACHE_KEYS, schema: INTROSPECTION }), wire],
  });
  return {
    async write(query, data) {
      answer = data;
      await client.query(query, {}, { requestPolicy: "network-only" }).toPromise();
    },
    async read(query) {
      return client.readQuery(query, {})?.data;
    },
  };
}

function relay(): NormalizedStore {
  const environment = new Environment({
    network: Network.create(() => {
      throw new Error("nothing is asked");
    }),
    store: new Store(new RecordSource(), { gcReleaseBufferSize: 1_000 }),
  });
  const operations = new Map<DocumentNode, ReturnType<typeof createOperationDescriptor>>();
  return {
    async write(document, data) {
      const operation = createOperationDescriptor(relayOperation(document), {});
      operations.set(document, operation);
      environment.retain(operation);
      environment.commitPayload(operation, data as never);
    },
    async read(document) {
      const operation = operations.get(document);
      return operation && environment.lookup(operation.fragment).data;
    },
  };
}

export const STORES: Readonly<Record<string, () => NormalizedStore>> = {
  "Apollo's InMemoryCache": apollo,
  "urql's graphcache": urql,
  "Relay's store": relay,
};
