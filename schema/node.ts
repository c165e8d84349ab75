import { resolveNodes } from "@pothos/plugin-relay";
import { type GraphQLResolveInfo, type GraphQLSchema, isObjectType } from "graphql";
import type { Context } from "../src/context.ts";
import { permitsOf } from "../src/domain/viewer.ts";
import { badInput } from "../src/errors.ts";
import type { FieldWalks } from "../src/upstream/plan.ts";
import { builder, decodeGlobalId } from "./builder.ts";
import { asksById, isOpen, refusal } from "./demand.ts";
import { type nodeWalks, walks } from "./walks.ts";

const Node = builder.nodeInterfaceRef();

builder.queryFields((t) => ({
  node: t.field({
    authScopes: { anybody: true },
    type: Node,
    nullable: true,
    description: "The object with this id. Errors: NOT_FOUND, BAD_USER_INPUT.",
    extensions: walks<{ id: string }>(({ args, schema }, ctx) => walksToNodes([args.id], schema, ctx)),
    args: { id: t.arg.id({ required: true, description: "An `id` this graph has given out." }) },
    resolve: (_root, { id }, ctx, info) => nodeOf(id, ctx, info),
  }),
  nodes: t.field({
    authScopes: { anybody: true },
    type: [Node],
    nullable: { list: false, items: true },
    description:
      "The objects with these ids, in their order; null where one is not found, with an error that says so.",
    extensions: walks<{ ids: readonly string[] }>(({ args, schema }, ctx) =>
      walksToNodes(args.ids, schema, ctx),
    ),
    args: { ids: t.arg.idList({ required: true, description: "`id`s this graph has given out." }) },
    resolve: (_root, { ids }, ctx, info) => ids.map((id) => nodeOf(id, ctx, info)),
  }),
}));

function walksToNodes(ids: readonly string[], schema: GraphQLSchema, ctx: Context): FieldWalks {
  const walks = ids.flatMap((globalId) => {
    const { typename, id } = decodeGlobalId(globalId);
    const type = schema.getType(typename);
    if (!isObjectType(type) || !isOpen(asksById(type), permitsOf(ctx.viewer))) return [];
    const find = type.extensions.nodeWalks as ReturnType<typeof nodeWalks>["nodeWalks"] | undefined;
    return [find?.(id, ctx) ?? []].flat().flatMap((found) => found.walks);
  });
  return { walks, enough: null };
}

async function nodeOf(globalId: string, ctx: Context, info: GraphQLResolveInfo): Promise<object> {
  const { typename, id } = decodeGlobalId(globalId);
  const type = info.schema.getType(typename);
  if (!isObjectType(type) || !type.getInterfaces().some(({ name }) => name === Node.name))
    throw badInput("This id names no object of this graph; pass an `id` as it was given out.");
  const asked = asksById(type);
  if (!isOpen(asked, permitsOf(ctx.viewer))) throw refusal(ctx.viewer, asked, `A ${typename}`);
  const [node] = await resolveNodes(builder, ctx, info, [{ typename, id }]);
  return node as object;
}
