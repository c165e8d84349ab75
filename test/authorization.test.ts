import { type GraphQLField, type GraphQLObjectType, getNamedType, isAbstractType, isObjectType } from "graphql";
import { describe, expect, test } from "vitest";
import { asksFor } from "../schema/demand.ts";
import { schema } from "../schema/index.ts";

/** Every field with what is asked of the viewer on every way to it: the scopes of the fields above it and its own. */
test("x", () => {
  const query = schema.getQueryType() as GraphQLObjectType;
  for (const f of Object.values(query.getFields())) expect(asksFor(f), f.name).not.toBeNull();
});
