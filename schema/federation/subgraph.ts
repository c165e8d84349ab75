import type { GraphQLSchema } from "graphql";
import { once } from "../../src/domain/once.ts";
import { badInput } from "../../src/errors.ts";
import { builder, buildSchema } from "../framework/builder.ts";
// The plain schema is built first, without what is added here.
import "../index.ts";
import {
  contextOfEntities,
  contextOfEntity,
  ENTITY_TYPES,
  entityOf,
  entityRequests,
  entityTypes,
  type Representation,
} from "./entities.ts";
import { ENTITIES_FIELD, SERVICE_FIELD, subgraphText } from "./service.ts";

/** Returns the schema as a subgraph of Federation 2. Built once, when it is first needed. */
export const subgraphSchema = once(build);

function build(): GraphQLSchema {
  builder.scalarType("_Any", {
    description: "An object as another subgraph knows it: `__typename` and the fields of one key.",
    serialize() {
      throw new Error("_Any is an input");
    },
    parseValue(value): Representation {
      if (typeof value === "object" && value !== null && !Array.isArray(value))
        return value as Representation;
      throw badInput("A representation is an object with `__typename` and a key.");
    },
  });
  const Entity = builder.unionType("_Entity", {
    description: "An object that other subgraphs can refer to.",
    types: ENTITY_TYPES as never,
  });
  const Service = builder.objectRef<Record<never, never>>("_Service").implement({
    description: "This subgraph.",
    fields: (t) => ({
      sdl: t.string({
        nullable: true,
        description: "Its schema, as far as the caller may query it.",
        resolve: (_service, _args, _ctx, { schema }) => subgraphText(schema),
      }),
    }),
  });
  builder.queryFields((t) => ({
    [SERVICE_FIELD]: t.field({
      requires: ["anybody"],
      type: Service,
      description:
        "This subgraph, for composition. As introspection, it needs an operation without other fields.",
      resolve: () => ({}),
    }),
    [ENTITIES_FIELD]: t.field({
      requires: ["anybody"],
      type: [Entity],
      nullable: { list: false, items: true },
      description:
        "The objects that other subgraphs refer to, in their order. Null: no object has this key; an `id` that finds none is an error. An `id` leads to its organization; other keys are looked up in the organization of the request, as by a field of the root without one. Errors: NOT_FOUND, BAD_USER_INPUT, FORBIDDEN, UPSTREAM_*.",
      args: {
        representations: t.arg({
          type: ["_Any"],
          required: true,
          description: "`__typename` and the fields of one key of each object.",
        }),
      },
      context: ({ representations }, ctx) => contextOfEntities(representations, subgraphSchema(), ctx),
      contextOfItem: contextOfEntity,
      requests: ({ args, schema }, ctx) => entityRequests(args.representations, schema, ctx),
      finds: ({ representations }, ctx, schema) => entityTypes(representations, schema, ctx),
      maxRows: (_range, { representations }) => representations.length,
      resolve: async (_root, { representations }, ctx, info) => {
        // Their fields begin together, so that objects by different keys share a batch as well.
        const found = await Promise.allSettled(representations.map((each) => entityOf(each, ctx, info)));
        return found.map((each) => (each.status === "fulfilled" ? each.value : each.reason));
      },
    }),
  }));
  return buildSchema();
}
