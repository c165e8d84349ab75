import { resolveNodes } from "@pothos/plugin-relay";
import { type GraphQLResolveInfo, type GraphQLSchema, isObjectType } from "graphql";
import type { Context } from "../src/context.ts";
import { permitsOf } from "../src/domain/viewer.ts";
import { badInput, GatewayError } from "../src/errors.ts";
import type { FieldWalks } from "../src/upstream/plan.ts";
import { builder, decodeGlobalId } from "./builder.ts";
import { asksById, isOpen, refusal } from "./demand.ts";
import { finds, type nodeWalks, walks } from "./walks.ts";

const Node = builder.nodeInterfaceRef();

builder.queryFields((t) => ({
  node: t.field({
    authScopes: { anybody: true },
    type: Node,
    nullable: true,
    description: "The object with this id. Errors: NOT_FOUND, BAD_USER_INPUT.",
    extensions: byId<{ id: string }>(({ id }) => [id]),
    args: { id: t.arg.id({ required: true, description: "An `id` this graph has given out." }) },
    resolve: (_root, { id }, ctx, info) => nodeOf(id, ctx, info),
  }),
  nodes: t.field({
    authScopes: { anybody: true },
    type: [Node],
    nullable: { list: false, items: true },
    description:
      "The objects with these ids, in their order; null where one is not found, with an error that says so.",
    extensions: byId<{ ids: readonly string[] }>(({ ids }) => ids),
    args: { ids: t.arg.idList({ required: true, description: "`id`s this graph has given out." }) },
    resolve: (_root, { ids }, ctx, info) => ids.map((id) => nodeOf(id, ctx, info)),
  }),
}));

/** The extensions of a field that finds objects by the ids among its arguments. */
function byId<Args>(idsOf: (args: Args) => readonly string[]) {
  return {
    ...walks<Args>(({ args, schema }, ctx): FieldWalks => {
      const found = idsOf(args).flatMap((id) => openNode(id, schema, ctx) ?? []);
      return { walks: found.flatMap((each) => each.walks), enough: null };
    }),
    ...finds<Args>((args, schema, ctx) => idsOf(args).flatMap((id) => openNode(id, schema, ctx) ?? [])),
  };
}

/** What is known of an object by its id alone; null where the viewer may not find it, or the id is refused when it is looked up. */
function openNode(globalId: string, schema: GraphQLSchema, ctx: Context) {
  try {
    const { typename, id } = decodeGlobalId(globalId, ctx);
    const type = schema.getType(typename);
    if (!isObjectType(type) || !isOpen(asksById(type), permitsOf(ctx.viewer))) return null;
    const { nodeWalks: walksTo, nodeRange: rangeOf } = type.extensions as Partial<
      ReturnType<typeof nodeWalks>
    >;
    const walks = [walksTo?.(id, ctx) ?? []].flat().flatMap((each) => each.walks);
    return { type, walks, range: rangeOf?.(id) ?? null };
  } catch (fault) {
    if (fault instanceof GatewayError) return null;
    throw fault;
  }
}

async function nodeOf(globalId: string, ctx: Context, info: GraphQLResolveInfo): Promise<object> {
  const { typename, id } = decodeGlobalId(globalId, ctx);
  const type = info.schema.getType(typename);
  if (!isObjectType(type) || !type.getInterfaces().some(({ name }) => name === Node.name))
    throw badInput("This id names no object of this graph; pass an `id` as it was given out.");
  const asked = asksById(type);
  if (!isOpen(asked, permitsOf(ctx.viewer))) throw refusal(ctx.viewer, asked, `A ${typename}`);
  const [node] = await resolveNodes(builder, ctx, info, [{ typename, id }]);
  return node as object;
}
