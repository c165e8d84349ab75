import { collectFields, collectSubFields } from "@graphql-tools/utils";
import {
  type FieldNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getArgumentValues,
  getNamedType,
  getNullableType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isIntrospectionType,
  isListType,
  isObjectType,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
} from "graphql";
import { rowsWanted } from "../../../schema/connection.ts";
import type { Selected } from "../../../schema/selected.ts";

/**
 * How many rows an operation asks for at the most: of each list as many as `first` or `ids` says, and where it stands in the rows
 * of another one, as many for each of those. A list inside of a row that takes no `first` counts as one row, since only the data
 * knows; one whose `first` is refused has none. Fields of one name are one, as they are when the operation is run.
 */
export function rowsOf(
  { schema, operation, root, fragments, variables }: Selected,
  maxFirst: number,
): number {
  function rowsIn(type: GraphQLObjectType, fields: ReadonlyMap<string, readonly FieldNode[]>): number {
    let rows = 0;
    for (const nodes of fields.values()) {
      const [node] = nodes;
      const field = node && fieldOf(type, node.name.value);
      if (field === undefined) continue;
      const size = sizeOf(schema, type, field, argumentsOf(field, node as FieldNode, variables), maxFirst);
      const each = size === 0 ? 0 : rowsBelow(getNamedType(field.type), nodes);
      rows += isCounted(type, field) ? size * (1 + each) : each;
    }
    return rows;
  }

  /** A row is of one type, whichever of them. */
  function rowsBelow(type: GraphQLNamedType, nodes: readonly FieldNode[]): number {
    const types = isAbstractType(type) ? schema.getPossibleTypes(type) : isObjectType(type) ? [type] : [];
    return Math.max(
      0,
      ...types.map((each) =>
        rowsIn(each, collectSubFields(schema, fragments, variables, each, [...nodes]).fields),
      ),
    );
  }

  return rowsIn(root, collectFields(schema, fragments, variables, root, operation.selectionSet).fields);
}

function fieldOf(type: GraphQLObjectType, name: string): GraphQLField<unknown, unknown> | undefined {
  if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
  if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef;
  return type.getFields()[name];
}

function argumentsOf(
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
  variables: Selected["variables"],
): Record<string, unknown> | null {
  try {
    return getArgumentValues(field, node, variables);
  } catch {
    return null; // the field says so itself when it is run
  }
}

/** Whether the field adds rows: the rows of a connection are those of the field that led to it. */
function isCounted({ name }: GraphQLObjectType, field: GraphQLField<unknown, unknown>): boolean {
  if (field.args.some((arg) => arg.name === "first")) return true;
  return isListType(getNullableType(field.type)) && !name.endsWith("Connection");
}

function sizeOf(
  schema: GraphQLSchema,
  type: GraphQLObjectType,
  field: GraphQLField<unknown, unknown>,
  args: Record<string, unknown> | null,
  maxFirst: number,
): number {
  if (args === null) return 0;
  if (field.args.some((arg) => arg.name === "first")) {
    const first = rowsWanted(args);
    return first >= 0 && first <= maxFirst ? first : 0;
  }
  if (!isListType(getNullableType(field.type))) return 1;
  if (Array.isArray(args.ids)) return args.ids.length;
  return isIntrospectionType(type) ? introspected(schema, field.name) : 1;
}

const sizes = new WeakMap<GraphQLSchema, Readonly<Record<string, number>>>();

/** How long a list of introspection is on average; a type leads to others, each as long again. */
function introspected(schema: GraphQLSchema, name: string): number {
  const known = sizes.get(schema);
  if (known !== undefined) return known[name] ?? 1;
  const types = Object.values(schema.getTypeMap());
  const objects = types.filter(isObjectType);
  const fields = objects.flatMap((each) => Object.values(each.getFields()));
  const sum = (lengths: readonly number[]) => lengths.reduce((a, b) => a + b, 0);
  const made = {
    types: types.length,
    fields: fields.length / objects.length,
    args: sum(fields.map(({ args }) => args.length)) / fields.length,
    enumValues: sum(types.map((each) => (isEnumType(each) ? each.getValues().length : 0))) / types.length,
    inputFields:
      sum(types.map((each) => (isInputObjectType(each) ? Object.keys(each.getFields()).length : 0))) /
      types.length,
  };
  sizes.set(schema, made);
  return introspected(schema, name);
}
