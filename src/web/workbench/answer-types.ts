import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getArgumentValues,
  getNamedType,
  getNullableType,
  getVariableValues,
  isCompositeType,
  isEnumType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SelectionSetNode,
} from "graphql";
import type { GatewayAnswer } from "./answer.ts";

/** A field of an answer with what the schema says of it. */
export interface AnswerField {
  readonly key: string;
  readonly field: GraphQLField<unknown, unknown>;
  readonly parent: GraphQLCompositeType;
  /** Arguments with their defaults. */
  readonly args: Readonly<Record<string, unknown>>;
  /** The arguments that the query gives. */
  readonly given: Readonly<Record<string, unknown>>;
  readonly fields: readonly AnswerField[];
}

/** The fields of the operation that an answer is for; null: it does not fit the schema. */
export function answerFields(schema: GraphQLSchema, answer: GatewayAnswer): readonly AnswerField[] | null {
  try {
    const document = parse(answer.query);
    const operations = document.definitions.filter((each) => each.kind === Kind.OPERATION_DEFINITION);
    const operation =
      operations.find((each) => each.name?.value === answer.operationName) ?? operations.at(0);
    const root = schema.getQueryType();
    if (operation === undefined || operation.operation !== "query" || !root) return null;
    const fragments = document.definitions.filter((each) => each.kind === Kind.FRAGMENT_DEFINITION);
    return new Selection(schema, fragments, operation, answer.variables).fieldsOf(root, [
      operation.selectionSet,
    ]);
  } catch {
    return null;
  }
}

class Selection {
  readonly #schema: GraphQLSchema;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #variables: Record<string, unknown>;

  constructor(
    schema: GraphQLSchema,
    fragments: readonly FragmentDefinitionNode[],
    operation: OperationDefinitionNode,
    inputs: Readonly<Record<string, unknown>>,
  ) {
    this.#schema = schema;
    this.#fragments = new Map(fragments.map((each) => [each.name.value, each]));
    this.#variables = getVariableValues(schema, operation.variableDefinitions ?? [], inputs).coerced ?? {};
  }

  fieldsOf(parent: GraphQLCompositeType, sets: readonly SelectionSetNode[]): AnswerField[] {
    const found = new Map<
      string,
      { field: AnswerField["field"]; of: GraphQLCompositeType; nodes: FieldNode[] }
    >();
    for (const set of sets) this.#collect(parent, set, found);
    return [...found].map(([key, { field, of, nodes }]) => {
      const type = getNamedType(field.type);
      const args = nodes[0] === undefined ? {} : getArgumentValues(field, nodes[0], this.#variables);
      const given = new Set(nodes[0]?.arguments?.map(({ name }) => name.value));
      return {
        key,
        field,
        parent: of,
        args,
        given: Object.fromEntries(Object.entries(args).filter(([name]) => given.has(name))),
        fields: isCompositeType(type)
          ? this.fieldsOf(
              type,
              nodes.flatMap(({ selectionSet }) => selectionSet ?? []),
            )
          : [],
      };
    });
  }

  #collect(
    parent: GraphQLCompositeType,
    { selections }: SelectionSetNode,
    found: Map<string, { field: AnswerField["field"]; of: GraphQLCompositeType; nodes: FieldNode[] }>,
  ): void {
    for (const each of selections) {
      if (each.kind === Kind.FIELD) {
        const key = each.alias?.value ?? each.name.value;
        const field =
          isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[each.name.value] : undefined;
        if (field === undefined) continue; // __typename
        const known = found.get(key);
        if (known === undefined) found.set(key, { field, of: parent, nodes: [each] });
        else known.nodes.push(each);
        continue;
      }
      const of = each.kind === Kind.INLINE_FRAGMENT ? each : this.#fragments.get(each.name.value);
      if (of === undefined) continue;
      const narrowed = of.typeCondition && this.#schema.getType(of.typeCondition.name.value);
      this.#collect(isCompositeType(narrowed) ? narrowed : parent, of.selectionSet, found);
    }
  }
}

export function isListField({ field }: AnswerField): boolean {
  return isListType(getNullableType(field.type)) && isCompositeType(getNamedType(field.type));
}

/** True for a list that is read in pages. */
export function isPaged(type: GraphQLNamedType): boolean {
  return isObjectType(type) && type.getFields().pageInfo !== undefined;
}

export function implementsAny(type: GraphQLNamedType, names: readonly string[]): boolean {
  return isObjectType(type) && type.getInterfaces().some(({ name }) => names.includes(name));
}

/** Values of the arguments that are a list of enum values: the dimensions that rows are grouped by. */
export function groupingOf({ field, args }: AnswerField): string[] {
  return field.args
    .filter(({ type }) => isListType(getNullableType(type)) && isEnumType(getNamedType(type)))
    .flatMap(({ name }) => (Array.isArray(args[name]) ? args[name] : []))
    .map(String);
}

/** Reads the length of buckets from the arguments of a list; null: it has no such argument. */
export function bucketArgument({ field, args }: AnswerField): string | null {
  const argument = field.args.find(({ type }) => {
    const named = getNamedType(type);
    return (
      !isListType(getNullableType(type)) &&
      isEnumType(named) &&
      named.getValue("WEEK") !== undefined &&
      named.getValue("DAY") !== undefined
    );
  });
  return argument === undefined ? null : String(args[argument.name] ?? "NONE");
}
