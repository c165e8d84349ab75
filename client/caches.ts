import { CONNECTIONS, SCALARS, WITHOUT_ID } from "./generated.ts";

/** Keys of types without `id` for urql's graphcache: they are kept in the object around them. */
export const GRAPHCACHE_KEYS: Readonly<Record<string, () => null>> = Object.fromEntries(
  WITHOUT_ID.map((name) => [name, () => null]),
);

/** Resolvers for urql's graphcache, which join the pages of each list: `graphcacheResolvers(relayPagination())`. */
export function graphcacheResolvers<Resolver>(
  relayPagination: Resolver,
): Record<string, Record<string, Resolver>> {
  return mapFields(() => relayPagination);
}

/** Settings of the Relay compiler beside `src` and `schema`. */
export const RELAY_CONFIG: { readonly language: "typescript"; readonly customScalarTypes: typeof SCALARS } = {
  language: "typescript",
  customScalarTypes: SCALARS,
};

/** The part of Apollo's field policies that matters here. */
interface ListPolicy {
  // biome-ignore lint/suspicious/noExplicitAny: Apollo's own types say no more of what is in its cache
  merge?: any;
}

interface TypePolicy<Policy> {
  merge?: true;
  fields?: Record<string, Policy>;
}

/**
 * Type policies for Apollo's InMemoryCache, which join the pages of each list: `apolloTypePolicies(relayStylePagination)`. Lists with
 * other arguments stay apart. Objects without `id` are merged into the field that they are in.
 */
export function apolloTypePolicies<Policy extends ListPolicy>(
  relayStylePagination: (keyArgs: string[]) => Policy,
): Record<string, TypePolicy<Policy>> {
  const policies: Record<string, TypePolicy<Policy>> = {};
  for (const name of WITHOUT_ID) policies[name] = { merge: true };
  const lists = mapFields((keyArgs) => withNodes(relayStylePagination([...keyArgs])));
  for (const [type, fields] of Object.entries(lists)) policies[type] = { ...policies[type], fields };
  return policies;
}

interface CachedList {
  readonly nodes?: readonly unknown[];
  readonly pageInfo?: { readonly endCursor?: string | null };
  /** Pages with selected `nodes`, in order. */
  readonly nodePages?: readonly NodePage[];
}

interface NodePage {
  readonly endCursor: string | null;
  readonly nodes: readonly unknown[];
}

interface MergeOptions {
  readonly args: { readonly after?: string | null } | null;
  // biome-ignore lint/suspicious/noExplicitAny: Apollo's own type of it is generic
  readonly readField: (name: string, from: any) => any;
}

/** Apollo's policy joins `edges` alone: `nodes` would be those of the last page. */
function withNodes<Policy extends ListPolicy>(policy: Policy): Policy {
  const { merge: mergeEdges } = policy;
  const merge = (existing: CachedList | undefined, incoming: CachedList, options: MergeOptions) => {
    const merged = mergeEdges(existing, incoming, options);
    if (incoming.nodes === undefined) return merged;
    const nodePages = joined(existing?.nodePages ?? [], incoming, options);
    return { ...merged, nodePages, nodes: nodePages.flatMap(({ nodes }) => nodes) };
  };
  return { ...policy, merge };
}

/** A page that follows none of those kept begins a new list: a gap would go unnoticed. */
function joined(kept: readonly NodePage[], incoming: CachedList, { args, readField }: MergeOptions) {
  const endCursor = incoming.pageInfo ? (readField("endCursor", incoming.pageInfo) ?? null) : null;
  const after = args?.after ?? null;
  const last = after === null ? -1 : kept.findIndex((page) => page.endCursor === after);
  return [...kept.slice(0, last + 1), { endCursor, nodes: incoming.nodes ?? [] }];
}

function mapFields<Value>(
  valueFor: (keyArgs: readonly string[]) => Value,
): Record<string, Record<string, Value>> {
  return Object.fromEntries(
    Object.entries(CONNECTIONS).map(([type, fields]) => [
      type,
      Object.fromEntries(
        Object.entries(fields as Record<string, readonly string[]>).map(([field, keyArgs]) => [
          field,
          valueFor(keyArgs),
        ]),
      ),
    ]),
  );
}
