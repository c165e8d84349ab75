import {
  type GraphQLNamedType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isIntrospectionType,
  isObjectType,
} from "graphql";
import type { Context } from "../context.ts";
import type { PlannedOperation } from "./operation.ts";
import { type SelectedField, unlessRefused } from "./selected-field.ts";

/** The rows of a list that is requested without `first`. */
export const DEFAULT_FIRST = 50;

/** The rows that a client wants of a list. */
export function rowsWanted({ first }: { readonly first?: unknown }): number {
  return typeof first === "number" ? first : DEFAULT_FIRST;
}

/** The most rows that a list gives; none where `first` is out of bounds, which it refuses. */
export function rowsGiven(
  args: { readonly first?: unknown },
  { maxFirst }: Pick<Context, "maxFirst">,
): number {
  const first = rowsWanted(args);
  return first >= 0 && first <= maxFirst ? first : 0;
}

/**
 * The most rows that an operation asks for: of each list as many as `first` or `ids` says, or days where it has one for each,
 * and where it stands in the rows of another one, as many for each of those. Any other list inside of a row counts as one row,
 * since only the data knows. So does any field that asks upstream, or is refused, since its error is repeated for each row it
 * stands in. Fields of one name are one, as when they are run.
 */
export function rowsOf(operation: PlannedOperation): number {
  const rowsIn = (fields: readonly SelectedField[]): number => {
    let rows = 0;
    for (const field of fields) {
      if (!field.isPermitted) rows += 1;
      else if (!field.shape.isPlain) rows += unlessRefused(() => rowsAt(field)) ?? 1;
    }
    return rows;
  };

  function rowsAt(field: SelectedField): number {
    const size = sizeOf(field, operation);
    // A row is of one type, whichever of them.
    const each = size === 0 ? 0 : Math.max(0, ...field.below.map(({ fields }) => rowsIn(fields)));
    if (isCounted(field)) return size * (1 + each);
    return isLookedUp(field) ? 1 + each : each;
  }

  return rowsIn(operation.fields);
}

/** Recognizes a field that adds rows: the rows of a connection are those of the field that led to it. */
function isCounted({ type, shape }: SelectedField): boolean {
  return shape.isPaged || (shape.isList && !isConnection(type));
}

/** Recognizes a field that is looked up for each row, and not once for all of a list. */
function isLookedUp({ type, plan }: SelectedField): boolean {
  return plan.requests !== undefined && !isConnection(type);
}

/** Recognizes the type of a list that pages, by its name (Relay Connections). */
export function isConnection({ name }: GraphQLNamedType): boolean {
  return name.endsWith("Connection");
}

function sizeOf(selected: SelectedField, { schema, ctx }: PlannedOperation): number {
  const { type, field, plan, shape } = selected;
  const { args, range } = selected.stated;
  if (shape.isPaged) return rowsGiven(args, ctx);
  if (!shape.isList) return 1;
  if (Array.isArray(args.ids)) return args.ids.length;
  if (plan.maxRows !== undefined) return plan.maxRows(range, args);
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
