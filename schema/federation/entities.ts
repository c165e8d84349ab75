import { type GraphQLObjectType, type GraphQLResolveInfo, type GraphQLSchema, isObjectType } from "graphql";
import { contextFor } from "../../src/analytics/organizations.ts";
import type { Context } from "../../src/context.ts";
import { permissionsOf } from "../../src/domain/viewer.ts";
import { badInput } from "../../src/errors.ts";
import { apiKeyById, workspaceById } from "../../src/loaders/console.ts";
import { teamRequests } from "../../src/loaders/teams.ts";
import { isGranted, refusal, requirementsById, requirementsOf } from "../../src/planning/permissions.ts";
import type { Found } from "../../src/planning/plan.ts";
import { apiKeys } from "../../src/upstream/endpoints/api-keys.ts";
import { type FieldRequests, type RequestPlan, requestsFor } from "../../src/upstream/plan.ts";
import { contextOfIds, decodeGlobalId, ofType } from "../framework/builder.ts";
import { nodeOf, openNode } from "../framework/node.ts";
import { ofWorkspaces } from "../organization/workspace.ts";
import { memberLookup } from "../people/member-lookup.ts";
import { placements, teamOf } from "../people/team.ts";
import { userByEmail } from "../people/user-lookup.ts";

/** An object as another subgraph knows it: its type and the fields of one of its keys. */
export type Representation = Readonly<Record<string, unknown>>;

/** A field, beside `id`, that identifies the objects of a type. */
interface EntityKey {
  readonly requests: (ctx: Context) => FieldRequests | readonly FieldRequests[];
  /** Finds the object with this value; null if no object has it. Keys that are looked up together go into one batch. */
  readonly find: (value: string, ctx: Context) => Promise<object | null>;
}

/** The types that other subgraphs can refer to, each by its `id` or by one of these fields. */
const ENTITIES: Readonly<Record<string, Readonly<Record<string, EntityKey>>>> = {
  ApiKey: {
    apiKeyId: {
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

/** The context of the organization that an `id` among representations names, else that the request names. */
export function contextOfEntities(representations: readonly Representation[], ctx: Context): Context {
  const ids = representations.map(({ id }) => id).filter((id) => typeof id === "string");
  return ids.length > 0 ? contextOfIds(ctx, ids) : contextFor(ctx, { name: null, kind: null });
}

/** The object that a representation identifies; null where its own key finds none, which other subgraphs cannot know. */
export async function entityOf(
  representation: Representation,
  ctx: Context,
  info: GraphQLResolveInfo,
): Promise<object | null> {
  const { type, field, value } = keyIn(representation, info.schema);
  const { viewer } = ctx;
  const required = requirementsById(type);
  if (!isGranted(required, permissionsOf(viewer))) throw refusal(viewer, required, `A ${type.name}`);
  if (field === "id") {
    if (decodeGlobalId(value, ctx).typename !== type.name)
      throw badInput(`This id is not one of a ${type.name}.`);
    return nodeOf(value, ctx, info);
  }
  const shown = requirementsOf(type.getFields()[field] ?? {});
  if (shown !== null && !isGranted(shown, permissionsOf(viewer)))
    throw refusal(viewer, shown, `A ${type.name} by \`${field}\``);
  const found = (await ENTITIES[type.name]?.[field]?.find(value, ctx)) ?? null;
  return found && ofType(type.name, found);
}

/** The upstream requests that finding objects by their representations makes. Those that are refused plan none. */
export function entityRequests(
  representations: readonly Representation[],
  schema: GraphQLSchema,
  ctx: Context,
): FieldRequests {
  const plans: RequestPlan[] = [];
  const planned = new Set<string>();
  for (const { type, field, value } of keysIn(representations, schema)) {
    if (field === "id") plans.push(...(openNode(value, schema, ctx)?.plans ?? []));
    if (field === "id" || planned.has(`${type.name}.${field}`)) continue;
    planned.add(`${type.name}.${field}`);
    const requests = ENTITIES[type.name]?.[field]?.requests(ctx) ?? [];
    plans.push(...[requests].flat().flatMap((each) => each.plans));
  }
  return { plans, enough: null };
}

/** The types of the objects that representations identify. */
export function entityTypes(
  representations: readonly Representation[],
  schema: GraphQLSchema,
): readonly Found[] {
  const types = new Set(keysIn(representations, schema).map(({ type }) => type));
  return [...types].map((type) => ({ type, range: null }));
}

interface Key {
  readonly type: GraphQLObjectType;
  readonly field: string;
  readonly value: string;
}

function keysIn(representations: readonly Representation[], schema: GraphQLSchema): readonly Key[] {
  return representations.flatMap((each) => {
    const key = readKey(each, schema);
    return typeof key === "string" ? [] : [key];
  });
}

function keyIn(representation: Representation, schema: GraphQLSchema): Key {
  const key = readKey(representation, schema);
  if (typeof key === "string") throw badInput(key);
  return key;
}

/** The key in a representation, or what is wrong with it. */
function readKey(representation: Representation, schema: GraphQLSchema): Key | string {
  const { __typename: typename } = representation;
  const isEntity = typeof typename === "string" && Object.hasOwn(ENTITIES, typename);
  const type = isEntity ? schema.getType(typename) : undefined;
  if (!isObjectType(type))
    return `A representation has a \`__typename\` of ${ENTITY_TYPES.join(", ")}; other types have no keys.`;
  const keys = keysOf(type.name);
  for (const field of keys) {
    const value = representation[field];
    if (typeof value === "string") return { type, field, value };
  }
  return `A representation of a ${type.name} has one of its keys as text: ${keys.map((each) => `\`${each}\``).join(" or ")}.`;
}
