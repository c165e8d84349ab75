// gql.tada: documents get their types from the schema as they are written. `npx gql.tada generate-output` writes schema-types.d.ts, by
// the plugin "gql.tada/ts-plugin" in tsconfig.json.
import type { Scalars } from "claude-analytics-gateway/client";
import { initGraphQLTada } from "gql.tada";
import type { introspection } from "./schema-types.js";

export const graphql = initGraphQLTada<{ introspection: introspection; scalars: Scalars }>();
