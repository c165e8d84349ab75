import {
  type DocumentNode,
  type FieldNode,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredInputField,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from "graphql";

export type JsonSchema = Readonly<Record<string, unknown>>;

/** Scalars in the form that JSON has them. */
const SCALARS: Readonly<Record<string, JsonSchema>> = {
  Int: { type: "integer" },
  Float: { type: "number" },
  String: { type: "string" },
  ID: { type: "string" },
  Boolean: { type: "boolean" },
  Count: { type: "integer", minimum: 0 },
  Difference: { type: "integer" },
  Decimal: { type: "string" },
  Date: { type: "string", format: "date" },
  DateTime: { type: "string", format: "date-time" },
};

/** Objects within objects within objects are named, and not spelled out: agents read all tools before the first call. */
const MAX_LEVELS = 2;

/** The JSON Schema of the values that an input type takes. */
export function inputSchema(type: GraphQLInputType, level = 0): JsonSchema {
  const inner = getNullableType(type);
  if (isListType(inner)) return { type: "array", items: inputSchema(inner.ofType, level) };
  if (isEnumType(inner)) return { type: "string", enum: inner.getValues().map(({ name }) => name) };
  if (!isInputObjectType(inner)) return scalarSchema(inner.name);
  if (level >= MAX_LEVELS)
    return { type: "object", description: `\`${inner.name}\`: read analytics://schema/${inner.name}.` };
  const fields = Object.values(inner.getFields());
  const required = fields.filter(isRequiredInputField).map(({ name }) => name);
  const properties = fields.map((field) => {
    const schema = isObjectList(field.type)
      ? { type: "array", items: inputSchema(getNamedType(field.type), MAX_LEVELS) }
      : inputSchema(field.type, level + 1);
    return [field.name, described(schema, firstSentence(field.description))] as const;
  });
  return {
    type: "object",
    properties: Object.fromEntries(properties),
    ...(required.length > 0 ? { required } : {}),
    ...(inner.isOneOf ? { minProperties: 1, maxProperties: 1 } : {}),
    additionalProperties: false,
  };
}

function isObjectList(type: GraphQLInputType): boolean {
  return isListType(getNullableType(type)) && isInputObjectType(getNamedType(type));
}

export function firstSentence(text: string | null | undefined): string | undefined {
  return text ? (/^.*?[.:;](?= |$)/s.exec(text)?.[0] ?? text) : undefined;
}

export function described(schema: JsonSchema, description: string | null | undefined): JsonSchema {
  return description ? { ...schema, description } : schema;
}

function scalarSchema(name: string): JsonSchema {
  return SCALARS[name] ?? {};
}

/** A value that an operation selects. */
export interface SelectedLeaf {
  /** Response names from the root. */
  readonly path: string;
  readonly field: GraphQLField<unknown, unknown>;
}

interface Selected {
  readonly field: GraphQLField<unknown, unknown>;
  readonly nodes: readonly FieldNode[];
}

/** The JSON Schema of the data of an operation, and the values in it. */
export function outputSchema(
  schema: GraphQLSchema,
  { definitions }: DocumentNode,
  definition: OperationDefinitionNode,
): { readonly schema: JsonSchema; readonly leaves: readonly SelectedLeaf[] } {
  const leaves: SelectedLeaf[] = [];

  function selectionsOf(type: GraphQLNamedType, set: SelectionSetNode, found: Map<string, Selected>): void {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        const key = selection.alias?.value ?? selection.name.value;
        const hasFields = isObjectType(type) || isInterfaceType(type);
        const field = hasFields ? type.getFields()[selection.name.value] : undefined;
        if (field !== undefined)
          found.set(key, { field, nodes: [...(found.get(key)?.nodes ?? []), selection] });
        continue;
      }
      const fragment =
        selection.kind === Kind.INLINE_FRAGMENT
          ? selection
          : definitions.find(
              (each) => each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === selection.name.value,
            );
      if (
        fragment === undefined ||
        !("selectionSet" in fragment) ||
        fragment.kind === Kind.OPERATION_DEFINITION
      )
        continue;
      const condition = fragment.typeCondition?.name.value;
      const inner = condition === undefined ? type : schema.getType(condition);
      if (inner !== undefined) selectionsOf(inner, fragment.selectionSet, found);
    }
  }

  function objectOf(type: GraphQLNamedType, sets: readonly SelectionSetNode[], path: string): JsonSchema {
    const found = new Map<string, Selected>();
    for (const set of sets) selectionsOf(type, set, found);
    const properties = [...found].map(([key, selected]) => {
      const below = path === "" ? key : `${path}.${key}`;
      return [key, described(schemaOf(selected.field.type, selected, below), selected.field.description)];
    });
    return { type: "object", properties: Object.fromEntries(properties) };
  }

  function schemaOf(type: GraphQLOutputType, selected: Selected, path: string): JsonSchema {
    if (isNonNullType(type)) return present(type.ofType, selected, path);
    const { type: name, enum: values, ...others } = present(type, selected, path);
    return {
      ...(name === undefined ? {} : { type: [name, "null"] }),
      ...(Array.isArray(values) ? { enum: [...values, null] } : {}),
      ...others,
    };
  }

  function present(type: GraphQLOutputType, selected: Selected, path: string): JsonSchema {
    if (isListType(type)) return { type: "array", items: schemaOf(type.ofType, selected, path) };
    const named = getNamedType(type);
    const sets = selected.nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
    if (sets.length > 0) return objectOf(named, sets, path);
    leaves.push({ path, field: selected.field });
    return isEnumType(named)
      ? { type: "string", enum: named.getValues().map(({ name }) => name) }
      : scalarSchema(named.name);
  }

  const root = schema.getRootType(definition.operation);
  if (!root) throw new RangeError("the schema has no such operations");
  return { schema: objectOf(root, [definition.selectionSet], ""), leaves };
}
