import { type GraphQLObjectType, type GraphQLResolveInfo, type GraphQLSchema, isObjectType } from "graphql";
import { contextFor } from "../../src/analytics/organizations.ts";
import type { Context } from "../../src/context.ts";
import type { OrganizationKind } from "../../src/domain/organization.ts";
import { permissionsOf } from "../../src/domain/viewer.ts";
import { badInput } from "../../src/errors.ts";
import { apiKeyById, workspaceById } from "../../src/loaders/console.ts";
import { teamRequests } from "../../src/loaders/teams.ts";
import { isGranted, refusal, requirementsById, requirementsOf } from "../../src/planning/permissions.ts";
import type { Found } from "../../src/planning/plan.ts";
import { unlessRefused } from "../../src/planning/selected-field.ts";
import { apiKeys } from "../../src/upstream/endpoints/api-keys.ts";
import { type FieldRequests, type RequestPlan, requestsFor } from "../../src/upstream/plan.ts";
import { withArticle } from "../framework/article.ts";
import { contextOfId, decodeGlobalId, ofType } from "../framework/builder.ts";
import { nodeOf, openNode } from "../framework/node.ts";
import { ofWorkspaces } from "../organization/workspace.ts";
import { memberLookup } from "../people/member-lookup.ts";
import { placements, teamOf } from "../people/team.ts";
import { userByEmail } from "../people/user-lookup.ts";

/** An object as another subgraph knows it: its type and the fields of one of its keys. */
export type Representation = Readonly<Record<string, unknown>>;

/** A field, beside `id`, that identifies the objects of a type. */
interface EntityKey {
  /** The one kind of organization that has such objects, and what they are, as an error names them; either where it is left out. */
  readonly only?: { readonly kind: OrganizationKind; readonly what: string };
  readonly requests: (ctx: Context) => FieldRequests | readonly FieldRequests[];
  /** Finds the object with this value; null if no object has it. Keys that are looked up together go into one batch. */
  readonly find: (value: string, ctx: Context) => Promise<object | null>;
}

/** The types that other subgraphs can refer to, each by its `id` or by one of these fields. */
const ENTITIES: Readonly<Record<string, Readonly<Record<string, EntityKey>>>> = {
  ApiKey: {
    apiKeyId: {
      only: { kind: "CONSOLE", what: "API keys" },
      requests: () => requestsFor(apiKeys, [{}]),
      find: (apiKeyId, ctx) => apiKeyById(ctx, {}).load(apiKeyId),
    },
  },
  Team: {
    teamId: {
      requests: teamRequests,
      async find(teamId, ctx) {
        const placement = (await placements(ctx)).find((each) => teamOf(each)?.teamId === teamId);
        return placement === undefined ? null : { placement };
      },
    },
  },
  User: {
    email: { requests: memberLookup, find: (email, ctx) => userByEmail(ctx, email) },
  },
  Workspace: {
    workspaceId: {
      only: { kind: "CONSOLE", what: "workspaces" },
      requests: ofWorkspaces.requests,
      async find(workspaceId, ctx) {
        const workspace = await workspaceById(ctx, {}).load(workspaceId);
        return workspace?.workspaceId === workspaceId ? workspace : null;
      },
    },
  },
};

export const ENTITY_TYPES = Object.keys(ENTITIES);

/** The fields of the keys of a type, `id` first; none where other subgraphs cannot refer to it. */
export function keysOf(typename: string): readonly string[] {
  const keys = ENTITIES[typename];
  return keys === undefined ? [] : ["id", ...Object.keys(keys)];
}

/** The context of the first representation that has one, else of the operation: objects have their own, see `contextOfEntity`. */
export function contextOfEntities(
  representations: readonly Representation[],
  schema: GraphQLSchema,
  ctx: Context,
): Context {
  const [first] = openKeys(representations, schema, ctx);
  return first?.ctx ?? ctx;
}

/** Contexts of the objects that were found. */
const contexts = new WeakMap<object, Context>();

/** The context of the organization that an object was found in. */
export function contextOfEntity(found: unknown): Context | undefined {
  return typeof found === "object" && found !== null ? contexts.get(found) : undefined;
}

/**
 * The object that a representation identifies; null where its own key finds none, which other subgraphs cannot know. Throws BAD_USER_INPUT
 * where it has several keys that are not of one object.
 */
export async function entityOf(
  representation: Representation,
  ctx: Context,
  info: GraphQLResolveInfo,
): Promise<object | null> {
  const [key, ...others] = keysIn(representation, info.schema);
  const { type } = key;
  const required = requirementsById(type);
  if (!isGranted(required, permissionsOf(ctx.viewer)))
    throw refusal(ctx.viewer, required, withArticle(type.name, "A"));
  const own = contextOfKey(key, ctx);
  const found = await find(key, own, info);
  for (const other of others) {
    const same = await find(other, own, info);
    if ((found && (await idOf(type, found, own, info))) !== (same && (await idOf(type, same, own, info))))
      throw badInput(
        `\`${key.field}\` and \`${other.field}\` of this representation are not keys of one ${type.name}; pass one of them.`,
      );
  }
  if (found !== null) contexts.set(found, own);
  return found;
}

/** The `id` of an object, as its field has it. */
async function idOf(
  type: GraphQLObjectType,
  found: object,
  ctx: Context,
  info: GraphQLResolveInfo,
): Promise<unknown> {
  return type.getFields().id?.resolve?.(found, {}, ctx, info);
}

async function find(
  { type, field, value }: Key,
  ctx: Context,
  info: GraphQLResolveInfo,
): Promise<object | null> {
  const { viewer } = ctx;
  if (field === "id") {
    if (decodeGlobalId(value, ctx).typename !== type.name)
      throw badInput(`This id is not one of ${withArticle(type.name)}.`);
    return nodeOf(value, ctx, info);
  }
  const shown = requirementsOf(type.getFields()[field] ?? {});
  if (shown !== null && !isGranted(shown, permissionsOf(viewer)))
    throw refusal(viewer, shown, `${withArticle(type.name, "A")} by \`${field}\``);
  const found = (await ENTITIES[type.name]?.[field]?.find(value, ctx)) ?? null;
  return found && ofType(type.name, found);
}

/** The context of the organization that an `id` names; other keys name none, and are looked up where a field of the root would be. */
function contextOfKey({ type, field, value }: Key, ctx: Context): Context {
  if (field === "id") return contextOfId(ctx, value);
  return contextFor(ctx, { name: null, kind: null, ...ENTITIES[type.name]?.[field]?.only });
}

/** The upstream requests that finding objects by their representations makes. Those that are refused plan none. */
export function entityRequests(
  representations: readonly Representation[],
  schema: GraphQLSchema,
  ctx: Context,
): readonly FieldRequests[] {
  const plans = new Map<Context, RequestPlan[]>();
  const planned = new Map<Context, Set<string>>();
  const keys = openKeys(representations, schema, ctx).flatMap(({ ctx, keys }) =>
    keys.map((key) => ({ ...key, ctx })),
  );
  for (const { type, field, value, ctx: own } of keys) {
    const plansOfOwn = plans.getOrInsertComputed(own, () => []);
    if (field === "id") plansOfOwn.push(...(openNode(value, schema, own)?.plans ?? []));
    const before = planned.getOrInsertComputed(own, () => new Set());
    if (field === "id" || before.has(`${type.name}.${field}`)) continue;
    before.add(`${type.name}.${field}`);
    const requests = ENTITIES[type.name]?.[field]?.requests(own) ?? [];
    plansOfOwn.push(...[requests].flat().flatMap((each) => each.plans));
  }
  return [...plans].map(([own, each]) => ({ plans: each, enough: null, ctx: own }));
}

/** The types of the objects that representations identify, in each organization. */
export function entityTypes(
  representations: readonly Representation[],
  schema: GraphQLSchema,
  ctx: Context,
): readonly Found[] {
  return openKeys(representations, schema, ctx).map(({ ctx: own, keys: [{ type }] }) => {
    return { type, range: null, ctx: own };
  });
}

interface Key {
  readonly type: GraphQLObjectType;
  readonly field: string;
  readonly value: string;
}

/** The keys of one representation, the one that finds its object first. */
type Keys = readonly [Key, ...Key[]];

/** The keys of representations that can be looked up, each with its context; the others are refused one by one. */
function openKeys(
  representations: readonly Representation[],
  schema: GraphQLSchema,
  ctx: Context,
): readonly { readonly keys: Keys; readonly ctx: Context }[] {
  return representations.flatMap((each) => {
    const keys = readKeys(each, schema);
    if (typeof keys === "string") return [];
    const own = unlessRefused(() => contextOfKey(keys[0], ctx));
    return own === null ? [] : [{ keys, ctx: own }];
  });
}

function keysIn(representation: Representation, schema: GraphQLSchema): Keys {
  const keys = readKeys(representation, schema);
  if (typeof keys === "string") throw badInput(keys);
  return keys;
}

/** The keys in a representation, or what is wrong with it. */
function readKeys(representation: Representation, schema: GraphQLSchema): Keys | string {
  const { __typename: typename } = representation;
  const isEntity = typeof typename === "string" && Object.hasOwn(ENTITIES, typename);
  const type = isEntity ? schema.getType(typename) : undefined;
  if (!isObjectType(type))
    return `A representation has a \`__typename\` of ${ENTITY_TYPES.join(", ")}; other types have no keys.`;
  const fields = keysOf(type.name);
  const [first, ...others] = fields.flatMap((field): Key[] => {
    const value = representation[field];
    return typeof value === "string" ? [{ type, field, value }] : [];
  });
  if (first !== undefined) return [first, ...others];
  return `A representation of ${withArticle(type.name)} has one of its keys as text: ${fields.map((each) => `\`${each}\``).join(" or ")}.`;
}
