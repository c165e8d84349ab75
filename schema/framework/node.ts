import { resolveNodes } from "@pothos/plugin-relay";
import { type GraphQLResolveInfo, type GraphQLSchema, isObjectType } from "graphql";
import type { Context } from "../../src/context.ts";
import { permissionsOf } from "../../src/domain/viewer.ts";
import { badInput, GatewayError } from "../../src/errors.ts";
import { isGranted, refusal, requirementsById } from "../../src/planning/permissions.ts";
import type { FieldPlanOptions } from "../../src/planning/plan.ts";
import { lookupOf } from "../../src/planning/plan.ts";
import { withArticle } from "./article.ts";
import { builder, contextOfId, contextOfIds, decodeGlobalId } from "./builder.ts";
import { isNode } from "./visible.ts";

const Node = builder.nodeInterfaceRef();

builder.queryFields((t) => ({
  node: t.field({
    requires: ["anybody"],
    type: Node,
    nullable: true,
    description: "The object with this id. Errors: NOT_FOUND, BAD_USER_INPUT.",
    ...byId<{ readonly id: string }>(({ id }) => [id]),
    context: ({ id }, ctx) => contextOfId(ctx, id),
    args: { id: t.arg.id({ required: true, description: "An `id` from an answer of this API." }) },
    resolve: (_root, { id }, ctx, info) => nodeOf(id, ctx, info),
  }),
  nodes: t.field({
    requires: ["anybody"],
    type: [Node],
    nullable: { list: false, items: true },
    description:
      "The objects with these ids, in their order; null, with an error, for an id that is not found. Where the gateway has several organizations, ids of one tenant, that of the first.",
    ...byId<{ readonly ids: readonly string[] }>(({ ids }) => ids),
    context: ({ ids }, ctx) => contextOfIds(ctx, ids),
    args: { ids: t.arg.idList({ required: true, description: "`id`s from answers of this API." }) },
    resolve: (_root, { ids }, ctx, info) => ids.map((id) => nodeOf(id, ctx, info)),
  }),
}));

/** A field that finds objects by the ids among its arguments. */
function byId<Args>(idsOf: (args: Args) => readonly string[]) {
  return {
    requests: ({ args, schema }, ctx) => {
      const found = idsOf(args).flatMap((id) => openNode(id, schema, ctx) ?? []);
      return { plans: found.flatMap((each) => each.plans), enough: null };
    },
    finds: (args, ctx, schema) => idsOf(args).flatMap((id) => openNode(id, schema, ctx) ?? []),
  } as const satisfies FieldPlanOptions<Args>;
}

/** Plans an object by its id alone; null where the viewer may not find it, or the id is refused when it is looked up. */
export function openNode(globalId: string, schema: GraphQLSchema, ctx: Context) {
  try {
    const { typename, id } = decodeGlobalId(globalId, ctx);
    const type = schema.getType(typename);
    if (!isObjectType(type) || !isGranted(requirementsById(type), permissionsOf(ctx.viewer))) return null;
    const lookup = lookupOf(type);
    const plans = [lookup?.requests(id, ctx) ?? []].flat().flatMap((each) => each.plans);
    return { type, plans, range: lookup?.range?.(id) ?? null };
  } catch (fault) {
    if (fault instanceof GatewayError) return null;
    throw fault;
  }
}

/** Looks an object up by its id. Throws FORBIDDEN where the viewer may not, whether there is one or not. */
export async function nodeOf(globalId: string, ctx: Context, info: GraphQLResolveInfo): Promise<object> {
  const { typename, id } = decodeGlobalId(globalId, ctx);
  const type = info.schema.getType(typename);
  if (!isObjectType(type) || !isNode(type))
    throw badInput("This id identifies no object of this API; pass an `id` as an answer returned it.");
  const required = requirementsById(type);
  if (!isGranted(required, permissionsOf(ctx.viewer)))
    throw refusal(ctx.viewer, required, withArticle(typename, "A"));
  const [node] = await resolveNodes(builder, ctx, info, [{ typename, id }]);
  return node as object;
}
