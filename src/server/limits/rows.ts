import { collectFields, collectSubFields } from "@graphql-tools/utils";
import {
  type FieldNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getArgumentValues,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isIntrospectionType,
  isListType,
  isObjectType,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
} from "graphql";
import { rowsWanted } from "../../../schema/connection.ts";
import { isPermitted } from "../../../schema/demand.ts";
import type { Selected } from "../../../schema/selected.ts";
import { rangeByDefault, rangeOfField, type rows, typesBelow } from "../../../schema/walks.ts";
import type { Context } from "../../context.ts";
import type { DayRange } from "../../domain/range.ts";
import { GatewayError } from "../../errors.ts";

/**
 * How many rows an operation asks for at the most: of each list as many as `first` or `ids` says, or days where it has one for each,
 * and where it stands in the rows of another one, as many for each of those. Any other list inside of a row counts as one row,
 * since only the data knows. So does any field that asks upstream, or is refused, since its error would be told of each row it
 * stands in. Fields of one name are one, as when they are run.
 */
export function rowsOf({ schema, operation, root, fragments, variables }: Selected, ctx: Context): number {
  function rowsIn(
    type: GraphQLObjectType,
    fields: ReadonlyMap<string, readonly FieldNode[]>,
    above: DayRange,
  ): number {
    let rows = 0;
    for (const nodes of fields.values()) {
      const [node] = nodes;
      const field = node && fieldOf(type, node.name.value);
      if (field === undefined) continue;
      if (!isPermitted(field, ctx)) {
        rows++;
        continue;
      }
      try {
        const args = getArgumentValues(field, node as FieldNode, variables);
        const range = rangeOfField(field, args, above, ctx);
        const size = sizeOf(schema, type, field, args, range, ctx);
        const below = size === 0 ? [] : typesBelow(field, args, range, schema, ctx);
        const each = Math.max(0, ...below.map((of) => rowsBelow(of.type, nodes, of.range)));
        rows += isCounted(type, field) ? size * (1 + each) : isLookedUp(type, field) ? 1 + each : each;
      } catch (fault) {
        // The field says so itself when it is run.
        if (!(fault instanceof GraphQLError || fault instanceof GatewayError)) throw fault;
        rows++;
      }
    }
    return rows;
  }

  /** A row is of one type, whichever of them. */
  function rowsBelow(type: GraphQLObjectType, nodes: readonly FieldNode[], range: DayRange): number {
    return rowsIn(type, collectSubFields(schema, fragments, variables, type, [...nodes]).fields, range);
  }

  const { fields } = collectFields(schema, fragments, variables, root, operation.selectionSet);
  return rowsIn(root, fields, rangeByDefault(ctx));
}

function fieldOf(type: GraphQLObjectType, name: string): GraphQLField<unknown, unknown> | undefined {
  if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
  if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef;
  return type.getFields()[name];
}

/** Whether the field adds rows: the rows of a connection are those of the field that led to it. */
function isCounted(type: GraphQLObjectType, field: GraphQLField<unknown, unknown>): boolean {
  if (field.args.some((arg) => arg.name === "first")) return true;
  return isListType(getNullableType(field.type)) && !isConnection(type);
}

/** Whether upstream is asked for the field of each row, and not once for all of a list. */
function isLookedUp(type: GraphQLObjectType, { extensions }: GraphQLField<unknown, unknown>): boolean {
  return extensions.walks !== undefined && !isConnection(type);
}

function isConnection({ name }: GraphQLObjectType): boolean {
  return name.endsWith("Connection");
}

function sizeOf(
  schema: GraphQLSchema,
  type: GraphQLObjectType,
  field: GraphQLField<unknown, unknown>,
  args: Record<string, unknown>,
  range: DayRange,
  { maxFirst }: Context,
): number {
  if (field.args.some((arg) => arg.name === "first")) {
    const first = rowsWanted(args);
    return first >= 0 && first <= maxFirst ? first : 0;
  }
  if (!isListType(getNullableType(field.type))) return 1;
  if (Array.isArray(args.ids)) return args.ids.length;
  const rowsOver = field.extensions.rows as Parameters<typeof rows>[0] | undefined;
  if (rowsOver !== undefined) return rowsOver({ range });
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
