// biome-ignore-all lint/performance/noBarrelFile: the entry of a package

export * from "../schema/operations/documents.ts";
export { apolloTypePolicies, GRAPHCACHE_KEYS, graphcacheResolvers, RELAY_CONFIG } from "./caches.ts";
export { type Answer, type Client, type ClientOptions, createClient, type RequestOptions } from "./client.ts";
export { type AnswerError, GatewayError, type GatewayErrorCode } from "./gateway-error.ts";
export { type ErrorCode, POSSIBLE_TYPES, SCALARS, type Scalars } from "./generated.ts";
export { type Page, pagesOf, rowsOf } from "./paging.ts";
export type { TypedDocument } from "./typed-document.ts";
