import { collectFields, collectSubFields } from "@graphql-tools/utils";
import {
  assertValidSchema,
  type DocumentNode,
  defaultFieldResolver,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLAbstractType,
  type GraphQLField,
  type GraphQLFieldResolver,
  GraphQLIncludeDirective,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getArgumentValues,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  Kind,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
  visit,
} from "graphql";

import { fieldPlanOf } from "../planning/plan.ts";
import { LastingAnswers } from "./lasting-answers.ts";

export type CoercedVariables = Readonly<Record<string, unknown>>;

/** The fields that one object of a type is answered with, in order. */
export interface PreparedSelection {
  readonly fields: readonly PreparedField[];
  /** Every response name. An answer begins as its copy: V8 gives it all properties at once. */
  readonly blank: Readonly<Record<string, undefined>>;
  /** A key is `__proto__`, which assignment takes for the prototype. */
  readonly hasProtoKey: boolean;
  /** Answers about objects that never change; null where its fields depend on more than their object. */
  readonly lasting: LastingAnswers | null;
}

/** An output type, as its values are completed. */
export type Output = { readonly isNonNull: boolean } & (
  | { readonly kind: "leaf"; readonly type: GraphQLLeafType }
  | { readonly kind: "object"; readonly type: GraphQLObjectType }
  | { readonly kind: "abstract"; readonly type: GraphQLAbstractType }
  | { readonly kind: "list"; readonly item: Output }
);

export type OutputOf<Kind extends Output["kind"]> = Extract<Output, { readonly kind: Kind }>;

/** An operation without what differs from request to request. */
export class PreparedOperation {
  readonly schema: GraphQLSchema;
  readonly definition: OperationDefinitionNode;
  readonly fragments: Record<string, FragmentDefinitionNode>;
  #root: PreparedSelection | undefined;
  /** Number of the fields that have been prepared. */
  #size = 0;

  constructor(
    schema: GraphQLSchema,
    definition: OperationDefinitionNode,
    fragments: Record<string, FragmentDefinitionNode>,
  ) {
    this.schema = schema;
    this.definition = definition;
    this.fragments = fragments;
  }

  /** The fields of the root, a query type. Throws for a condition that is neither true nor false, as do those below. */
  selectionOf(root: GraphQLObjectType, variables: CoercedVariables): PreparedSelection {
    this.#root ??= this.#selection(
      root,
      collectFields(this.schema, this.fragments, variables, root, this.definition.selectionSet).fields,
    );
    return this.#root;
  }

  /** The fields below one, on a type that its objects can be of. */
  selectionBelow(
    field: PreparedField,
    type: GraphQLObjectType,
    variables: CoercedVariables,
  ): PreparedSelection {
    let selection = field.below.get(type);
    if (selection === undefined) {
      const { fields } = collectSubFields(this.schema, this.fragments, variables, type, [...field.nodes]);
      selection = this.#selection(type, fields);
      field.below.set(type, selection);
    }
    return selection;
  }

  #selection(type: GraphQLObjectType, byName: ReadonlyMap<string, readonly FieldNode[]>): PreparedSelection {
    const fields = [...byName].flatMap(([key, nodes]) => {
      const field = fieldOf(this.schema, type, nodes[0]?.name.value ?? "");
      return field === undefined ? [] : [new PreparedField(this.#size++, key, type, field, nodes)];
    });
    return {
      fields,
      blank: Object.fromEntries(fields.map(({ key }) => [key, undefined])),
      hasProtoKey: fields.some(({ key }) => key === "__proto__"),
      lasting: fields.every(({ isOfObject }) => isOfObject) ? new LastingAnswers(fields.length) : null,
    };
  }
}

/** The field of a type by its name, introspection included. */
export function fieldOf(
  schema: GraphQLSchema,
  type: GraphQLObjectType,
  name: string,
): GraphQLField<unknown, unknown> | undefined {
  if (name === TypeNameMetaFieldDef.name) return TypeNameMetaFieldDef;
  if (type === schema.getQueryType()) {
    if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
    if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef;
  }
  return type.getFields()[name];
}

export class PreparedField {
  /** Response name. */
  readonly key: string;
  readonly parentType: GraphQLObjectType;
  readonly definition: GraphQLField<unknown, unknown>;
  readonly nodes: readonly FieldNode[];
  readonly output: Output;
  readonly resolve: GraphQLFieldResolver<unknown, unknown>;
  /** The property of its object that it is, as graphql's default resolver reads it; null: its resolver has to be called. */
  readonly property: string | null;
  /** Its value depends on its object alone, beside the permissions that it requires. Lists are left out: they are completed in parts. */
  readonly isOfObject: boolean;
  /** Its resolver has a parameter for the information about the field, which is not made for others. */
  readonly takesInfo: boolean;
  readonly below = new Map<GraphQLObjectType, PreparedSelection>();
  readonly #index: number;
  readonly #node: FieldNode;
  /** Its arguments hold no variable. */
  readonly #isStatic: boolean;
  #static: CoercedVariables | undefined;

  constructor(
    index: number,
    key: string,
    parentType: GraphQLObjectType,
    definition: GraphQLField<unknown, unknown>,
    nodes: readonly FieldNode[],
  ) {
    this.#index = index;
    this.key = key;
    this.parentType = parentType;
    this.definition = definition;
    this.nodes = nodes;
    this.output = outputOf(definition.type);
    const isTypename = definition === TypeNameMetaFieldDef;
    // The type is known, and clients with a normalized cache select its name in every object.
    this.resolve = isTypename ? () => parentType.name : (definition.resolve ?? defaultFieldResolver);
    this.takesInfo = this.resolve.length > 3;
    const isProperty = this.resolve === defaultFieldResolver && definition.args.length === 0;
    this.property = isProperty ? definition.name : null;
    const isValueOrObject = this.output.kind === "leaf" || this.output.kind === "object";
    this.isOfObject = isValueOrObject && (isProperty || isTypename || fieldPlanOf(definition).isOfObject);
    this.#node = nodes[0] as FieldNode;
    this.#isStatic = !hasVariable(this.#node);
  }

  /** Its arguments, which are coerced once for all objects of an operation; `known` holds those of one. Throws as graphql does. */
  argsOf(variables: CoercedVariables, known: CoercedVariables[]): CoercedVariables {
    if (this.#isStatic) {
      this.#static ??= Object.freeze(getArgumentValues(this.definition, this.#node));
      return this.#static;
    }
    known[this.#index] ??= getArgumentValues(this.definition, this.#node, variables);
    return known[this.#index] as CoercedVariables;
  }
}

function outputOf(type: GraphQLOutputType): Output {
  if (isNonNullType(type)) return { ...outputOf(type.ofType), isNonNull: true };
  if (isListType(type)) return { kind: "list", item: outputOf(type.ofType), isNonNull: false };
  if (isLeafType(type)) return { kind: "leaf", type, isNonNull: false };
  return isAbstractType(type)
    ? { kind: "abstract", type, isNonNull: false }
    : { kind: "object", type, isNonNull: false };
}

function hasVariable(node: FieldNode): boolean {
  let has = false;
  for (const argument of node.arguments ?? [])
    visit(argument.value, {
      Variable() {
        has = true;
      },
    });
  return has;
}

const OUTCOMES: ReadonlyMap<unknown, string> = new Map([
  [true, "1"],
  [false, "0"],
]);

/** More of one definition are not kept: each condition doubles their number. */
const MAX_PREPARED = 16;

/** The prepared operations of a definition, by the outcome of its `@skip` and `@include`. */
interface PreparedDefinition {
  readonly schema: GraphQLSchema;
  /** The variables that decide it. */
  readonly conditions: readonly string[];
  readonly fragments: Record<string, FragmentDefinitionNode>;
  readonly operations: Map<string, PreparedOperation>;
}

const definitions = new WeakMap<OperationDefinitionNode, PreparedDefinition>();

/** Prepares an operation. The result is kept with its document, for each outcome of its conditions. */
export function prepare(
  schema: GraphQLSchema,
  document: DocumentNode,
  definition: OperationDefinitionNode,
  variables: CoercedVariables,
): PreparedOperation {
  let known = definitions.get(definition);
  if (known?.schema !== schema) {
    known = prepareDefinition(schema, document);
    definitions.set(definition, known);
  }
  const { conditions, fragments, operations } = known;
  // Another operation of the document can have the name for a text: it decides nothing here.
  const outcome = conditions.map((name) => OUTCOMES.get(variables[name]) ?? "-").join("");
  const before = operations.get(outcome);
  if (before !== undefined) return before;
  const operation = new PreparedOperation(schema, definition, fragments);
  if (operations.size >= MAX_PREPARED) operations.clear();
  operations.set(outcome, operation);
  return operation;
}

function prepareDefinition(schema: GraphQLSchema, document: DocumentNode): PreparedDefinition {
  assertValidSchema(schema);
  const fragments: Record<string, FragmentDefinitionNode> = Object.create(null);
  for (const each of document.definitions)
    if (each.kind === Kind.FRAGMENT_DEFINITION) fragments[each.name.value] = each;
  return { schema, conditions: conditionsIn(document), fragments, operations: new Map() };
}

/** The variables in `@skip` and `@include`. */
function conditionsIn(document: DocumentNode): readonly string[] {
  const names = new Set<string>();
  visit(document, {
    Directive({ name, arguments: given }) {
      if (name.value !== GraphQLSkipDirective.name && name.value !== GraphQLIncludeDirective.name) return;
      for (const { value } of given ?? []) if (value.kind === Kind.VARIABLE) names.add(value.name.value);
    },
  });
  return [...names];
}
