import { type GraphQLSchema, isInterfaceType, isObjectType } from "graphql";
import type { Dataset } from "../domain/dataset.ts";
import type { FieldPlan } from "./plan.ts";

/** A part of the schema that shows figures: a field, or a type. */
interface Part {
  readonly extensions?:
    | { readonly plan?: FieldPlan | undefined; readonly sources?: readonly Dataset[] | undefined }
    | null
    | undefined;
}

/** The datasets that a part of the schema states as its sources. */
export function statedSources({ extensions }: Part): readonly Dataset[] {
  return extensions?.plan?.sources ?? extensions?.sources ?? [];
}

/** Closes a description with its sources; a list of errors stays last. */
export function withSources(
  description: string | null | undefined,
  sources: readonly Dataset[],
): string | null | undefined {
  if (sources.length === 0 || !description) return description;
  const sentence = `${sources.length === 1 ? "Source" : "Sources"}: ${sources.join(", ")}.`;
  const [text, errors] = description.split(/ (?=Errors: )/);
  return [text, sentence, errors].filter((part) => part !== undefined).join(" ");
}

/** The fields that state a dataset as a source, as `Type.field`; those of Query first. */
export function fieldsShowing(schema: GraphQLSchema, dataset: Dataset): readonly string[] {
  return fieldsOf.getOrInsertComputed(schema, fieldsByDataset).get(dataset) ?? [];
}

/** Schemas do not change: one is looked through once, and not for each dataset of an answer. */
const fieldsOf = new WeakMap<GraphQLSchema, ReadonlyMap<Dataset, readonly string[]>>();

function fieldsByDataset(schema: GraphQLSchema): ReadonlyMap<Dataset, readonly string[]> {
  const query = schema.getQueryType();
  const types = Object.values(schema.getTypeMap()).filter(
    (type) => isObjectType(type) || isInterfaceType(type),
  );
  const found = new Map<Dataset, string[]>();
  for (const type of [...types.filter((each) => each === query), ...types.filter((each) => each !== query)])
    for (const field of Object.values(type.getFields()))
      for (const dataset of new Set(statedSources(field)))
        found.getOrInsertComputed(dataset, () => []).push(`${type.name}.${field.name}`);
  return found;
}
