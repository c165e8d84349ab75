import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isObjectType,
  isUnionType,
} from "graphql";
import type { Dataset } from "../domain/dataset.ts";
import { type FieldPlan, fieldPlanOf } from "./plan.ts";
import { statedSources } from "./sources.ts";

/** A condition under which a field of rows has a value. */
export interface FieldCondition {
  /** As `Type.field`. */
  readonly field: string;
  readonly groupedBy: string | null;
  readonly notGroupedBy: readonly string[];
  readonly maxDays: number | null;
}

/** The conditions of the fields that show a dataset; `dimensions` are those that it can be split by. */
export function conditionsOf(
  schema: GraphQLSchema,
  dataset: Dataset,
  dimensions: readonly string[],
): readonly FieldCondition[] {
  return fieldsBelow(schema, dataset).flatMap(([field, plan]) => {
    const { dimension = null, hiddenBy, nullBy = [], ofOneDay } = plan;
    if (dimension !== null && !dimensions.includes(dimension)) return [];
    const notGroupedBy = [...nullBy, ...(hiddenBy === undefined ? [] : [hiddenBy])].filter((each) =>
      dimensions.includes(each),
    );
    const maxDays = ofOneDay === true ? 1 : null;
    const isAlways = dimension === null && notGroupedBy.length === 0 && maxDays === null;
    return isAlways ? [] : { field, groupedBy: dimension, notGroupedBy, maxDays };
  });
}

/** The fields of a dataset's rows that it has no values for, as `Type.field`. */
export function fieldsWithout(schema: GraphQLSchema, dataset: Dataset): readonly string[] {
  return fieldsBelow(schema, dataset).flatMap(([field, { lackedBy = [] }]) =>
    lackedBy.includes(dataset) ? field : [],
  );
}

type Field = GraphQLField<unknown, unknown>;

type NamedPlan = readonly [field: string, plan: FieldPlan];

const known = new WeakMap<GraphQLSchema, Map<Dataset, readonly NamedPlan[]>>();

/** The fields below those that state a dataset as a source, by name. It passes the whole schema, so it is done once for each. */
function fieldsBelow(schema: GraphQLSchema, dataset: Dataset): readonly NamedPlan[] {
  return known
    .getOrInsertComputed(schema, () => new Map())
    .getOrInsertComputed(dataset, () => findFieldsBelow(schema, dataset));
}

/** A field that states other sources shows those. */
function findFieldsBelow(schema: GraphQLSchema, dataset: Dataset): readonly NamedPlan[] {
  const types = new Set<GraphQLNamedType>();
  const visit = (type: GraphQLNamedType) => {
    if (types.has(type)) return;
    types.add(type);
    if (isUnionType(type)) for (const each of type.getTypes()) visit(each);
    if (isInterfaceType(type)) for (const each of schema.getPossibleTypes(type)) visit(each);
    if (isObjectType(type)) for (const field of fieldsOf(type)) if (shows(field)) visit(typeOf(field));
  };
  const shows = (field: Field) => {
    const sources = statedSources(field);
    return sources.length === 0 || sources.includes(dataset);
  };
  for (const type of Object.values(schema.getTypeMap()))
    if (isObjectType(type))
      for (const field of fieldsOf(type)) if (statedSources(field).includes(dataset)) visit(typeOf(field));
  return [...types].flatMap((type) =>
    isObjectType(type)
      ? fieldsOf(type).map((field) => [`${type.name}.${field.name}`, fieldPlanOf(field)] as const)
      : [],
  );
}

function fieldsOf(type: { getFields(): Readonly<Record<string, Field>> }): readonly Field[] {
  return Object.values(type.getFields());
}

function typeOf({ type }: Field): GraphQLNamedType {
  return getNamedType(type);
}
