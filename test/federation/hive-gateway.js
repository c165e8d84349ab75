// JavaScript: the types of Hive Gateway add members to those of graphql, and no executor of this project has them.
import { createRequire } from "node:module";

// Its other build imports a path that only a package with an install script has; package.json puts one without in its place.
const { createGatewayRuntime } = createRequire(import.meta.url)("@graphql-hive/gateway-runtime");

export function hiveGateway(supergraph) {
  const runtime = createGatewayRuntime({
    supergraph,
    logging: false,
    maskedErrors: false,
    propagateHeaders: {
      fromClientToSubgraphs: ({ request }) => ({ authorization: request.headers.get("authorization") ?? "" }),
    },
  });
  return { fetch: (url, init) => runtime.fetch(url, init), dispose: () => runtime[Symbol.asyncDispose]() };
}
