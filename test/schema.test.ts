import {
  type GraphQLArgument,
  type GraphQLEnumType,
  type GraphQLInputObjectType,
  GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  validateSchema,
} from "graphql";
import { expect, test } from "vitest";
import { schema } from "../schema/index.ts";

interface Described {
  readonly name: string;
  readonly description?: string | null | undefined;
}

const types = Object.values(schema.getTypeMap()).filter(
  (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
);

function parts(type: (typeof types)[number]): [path: string, part: Described][] {
  const named = (part: Described): [string, Described] => [`${type.name}.${part.name}`, part];
  if (isEnumType(type)) return (type as GraphQLEnumType).getValues().map(named);
  if (isInputObjectType(type)) return Object.values((type as GraphQLInputObjectType).getFields()).map(named);
  if (!isObjectType(type) && !isInterfaceType(type)) return [];
  return Object.values(type.getFields()).flatMap((field) => [
    named(field),
    ...field.args.map((arg: GraphQLArgument): [string, Described] => [
      `${type.name}.${field.name}(${arg.name})`,
      arg,
    ]),
  ]);
}

test("the schema is valid, which nothing checks while it is served", () => {
  expect(validateSchema(new GraphQLSchema({ ...schema.toConfig(), assumeValid: false }))).toEqual([]);
});

test("every type, field, argument and enum value is described", () => {
  const all = types.flatMap((type): [string, Described][] => [[type.name, type], ...parts(type)]);
  const bare = all.filter(([, { description }]) => !description?.trim()).map(([path]) => path);
  expect(bare).toEqual([]);
  expect(all.length).toBeGreaterThan(300);
});
