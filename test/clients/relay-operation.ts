import {
  type DocumentNode,
  type FieldNode,
  type GraphQLNamedType,
  GraphQLObjectType,
  getNamedType,
  getNullableType,
  isAbstractType,
  isLeafType,
  isListType,
  isObjectType,
  Kind,
  type SelectionSetNode,
  valueFromASTUntyped,
} from "graphql";
import type { ConcreteRequest, NormalizationSelection, ReaderSelection } from "relay-runtime";
import { schema } from "../../schema/index.ts";

/** Selections as Relay's compiler writes them; without variables its readers and its writers take the same ones. */
type Selection = NormalizationSelection & ReaderSelection;

/** A query without variables or named fragments, as Relay's runtime takes it from the compiler. */
export function relayOperation(document: DocumentNode): ConcreteRequest {
  const [definition] = document.definitions;
  const query = schema.getQueryType();
  if (definition?.kind !== Kind.OPERATION_DEFINITION || !query) throw new Error("no query");
  const selections = selectionsOf(query, definition.selectionSet);
  return {
    kind: "Request",
    fragment: {
      kind: "Fragment",
      name: "Whole",
      type: query.name,
      argumentDefinitions: [],
      selections,
      metadata: null,
      abstractKey: null,
    },
    operation: { kind: "Operation", name: "Whole", argumentDefinitions: [], selections },
    params: { id: null, cacheID: "whole", metadata: {}, name: "Whole", operationKind: "query", text: "" },
  };
}

function selectionsOf(type: GraphQLNamedType, set: SelectionSetNode): Selection[] {
  return set.selections.map((selection): Selection => {
    if (selection.kind === Kind.FIELD) return fieldOf(type, selection);
    const on =
      selection.kind === Kind.INLINE_FRAGMENT
        ? schema.getType(selection.typeCondition?.name.value ?? "")
        : undefined;
    if (selection.kind !== Kind.INLINE_FRAGMENT || !isObjectType(on))
      throw new Error("no fragment on an object");
    return {
      kind: "InlineFragment",
      type: on.name,
      abstractKey: null,
      selections: selectionsOf(on, selection.selectionSet),
    };
  });
}

function fieldOf(
  parent: GraphQLNamedType,
  { name, alias, arguments: given = [], selectionSet }: FieldNode,
): Selection {
  const args = given
    .map((arg) => ({ kind: "Literal" as const, name: arg.name.value, value: valueFromASTUntyped(arg.value) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const about = {
    alias: alias?.value ?? null,
    name: name.value,
    args: args.length === 0 ? null : args,
    storageKey: null,
  };
  const field = parent instanceof GraphQLObjectType ? parent.getFields()[name.value] : undefined;
  if (field === undefined || isLeafType(getNamedType(field.type))) return { kind: "ScalarField", ...about };
  const type = getNamedType(field.type);
  const concreteType = isAbstractType(type) ? null : type.name;
  const plural = isListType(getNullableType(field.type));
  if (selectionSet === undefined) throw new Error(`${name.value} has no selection`);
  return {
    kind: "LinkedField",
    ...about,
    concreteType,
    plural,
    selections: selectionsOf(type, selectionSet),
  };
}
