import { type GraphQLSchema, getNamedType, isAbstractType, isLeafType, isObjectType } from "graphql";
import { badInput } from "../../errors.ts";
import { isConnection } from "../../planning/rows.ts";
import type { FieldShape, OperationShape } from "../../planning/shape.ts";
import { columnKindOf, type FieldColumn } from "../export/fields.ts";

type Variables = Record<string, unknown>;

/** The one list of a document, as rows with columns. */
export interface RowList {
  /** The field of the list, which has the arguments `first` and `after` if it is read in pages. */
  readonly list: FieldShape;
  readonly isPaged: boolean;
  /** Response names from the root of the answer to a row. */
  readonly path: readonly string[];
  readonly columns: readonly FieldColumn[];
}

/** A list, and the field of its rows: the list itself, `nodes`, or the `node` of `edges`. */
interface FoundList {
  readonly list: FieldShape;
  readonly rows: FieldShape;
}

/** Finds the one list of an operation. Throws BAD_USER_INPUT where it has none, or several. */
export function rowListOf(operation: OperationShape, variables: Variables): RowList {
  const { schema } = operation;
  const outer = listsAmong(schema, operation.root(variables), variables);
  const inner = outer.flatMap(({ rows }) => listsAmong(schema, below(schema, rows, variables), variables));
  const [found, ...others] = [...outer, ...inner];
  if (found === undefined) throw badInput(`The document has no list, and so no rows. ${OTHERWISE}`);
  if (others.length > 0) {
    const names = [found, ...others].map(({ list }) => `\`${list.path}\``).join(", ");
    throw badInput(
      `Rows are those of one list, and the document has ${others.length + 1}: ${names}. Use a document with one of them. ${OTHERWISE}`,
    );
  }
  const { list, rows } = found;
  return {
    list,
    isPaged: isConnection(getNamedType(list.field.type)),
    path: rows.path.split("."),
    columns: distinctNames(columnsIn(schema, rows, variables, rows.path.length + 1)),
  };
}

const OTHERWISE = "Without `format`, the answer is that of `/graphql`.";

/** The fields below a field, of every type that its value can have. */
function below(schema: GraphQLSchema, field: FieldShape, variables: Variables): readonly FieldShape[] {
  const named = getNamedType(field.field.type);
  const types = isAbstractType(named) ? schema.getPossibleTypes(named) : isObjectType(named) ? [named] : [];
  const fields = types.flatMap((type) => field.below(type, variables));
  return [...new Map(fields.map((each) => [each.path, each])).values()];
}

function listsAmong(
  schema: GraphQLSchema,
  fields: readonly FieldShape[],
  variables: Variables,
): readonly FoundList[] {
  return fields.flatMap((field): readonly FoundList[] => {
    const type = getNamedType(field.field.type);
    if (isLeafType(type)) return [];
    if (field.isList) return [{ list: field, rows: field }];
    const inside = below(schema, field, variables);
    if (!isConnection(type)) return listsAmong(schema, inside, variables);
    const rows = inside.flatMap((each) => {
      if (each.field.name === "nodes") return [each];
      if (each.field.name !== "edges") return [];
      return below(schema, each, variables).filter((edge) => edge.field.name === "node");
    });
    const others = inside.filter((each) => !ROWS.includes(each.field.name));
    return [...rows.map((each) => ({ list: field, rows: each })), ...listsAmong(schema, others, variables)];
  });
}

const ROWS: readonly string[] = ["nodes", "edges"];

/** The values of a row, however deep: `net { usd }` is the column `net_usd`. */
function columnsIn(
  schema: GraphQLSchema,
  field: FieldShape,
  variables: Variables,
  start: number,
): readonly FieldColumn[] {
  return below(schema, field, variables).flatMap((each) => {
    if (!isLeafType(getNamedType(each.field.type))) return columnsIn(schema, each, variables, start);
    const path = each.path.slice(start).split(".");
    const kind = columnKindOf(each.type, each.field.type, path);
    return [{ name: path.join("_"), kind, path }];
  });
}

/** An alias can have the name that a nested value gets. */
function distinctNames(columns: readonly FieldColumn[]): readonly FieldColumn[] {
  for (const [name, same] of Map.groupBy(columns, (column) => column.name))
    if (same.length > 1)
      throw badInput(
        `${same.map(({ path }) => `\`${path.join(".")}\``).join(" and ")} would both be the column \`${name}\`; use another alias in the document. ${OTHERWISE}`,
      );
  return columns;
}
