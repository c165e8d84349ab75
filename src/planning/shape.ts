import { collectFields, collectSubFields } from "@graphql-tools/utils";
import {
  type ASTNode,
  BREAK,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getArgumentValues,
  getNullableType,
  isLeafType,
  isListType,
  isObjectType,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  visit,
} from "graphql";
import { requirementsOf } from "./permissions.ts";
import { type FieldPlan, fieldPlanOf, type Requires } from "./plan.ts";

type Variables = Record<string, unknown>;

/** Fragments can make a short text have very many fields. */
const MAX_KEPT_FIELDS = 1_000;

/**
 * An operation as its text and the schema decide it, read once for all requests. Values of arguments that name a variable, fields under
 * `@skip` or `@include`, permissions and days depend on the request, and are not part of it.
 */
export class OperationShape {
  readonly schema: GraphQLSchema;
  readonly definition: OperationDefinitionNode;
  readonly fragments: Record<string, FragmentDefinitionNode>;
  readonly #isConditional: boolean;
  #fields = 0;
  #root: readonly FieldShape[] | null = null;

  constructor(
    schema: GraphQLSchema,
    definition: OperationDefinitionNode,
    fragments: Record<string, FragmentDefinitionNode>,
  ) {
    this.schema = schema;
    this.definition = definition;
    this.fragments = fragments;
    this.#isConditional = [definition, ...Object.values(fragments)].some(hasConditions);
  }

  /** False where variables decide which fields are selected, and once there are too many fields to keep. */
  get isKept(): boolean {
    return !this.#isConditional && this.#fields <= MAX_KEPT_FIELDS;
  }

  /** Makes the shapes of fields of a type. */
  shapesOf(
    type: GraphQLObjectType,
    byName: ReadonlyMap<string, readonly FieldNode[]>,
    prefix: string,
  ): readonly FieldShape[] {
    this.#fields += byName.size;
    return [...byName].flatMap(([name, nodes]) => {
      const field = fieldOf(type, nodes[0]?.name.value ?? "");
      return field === undefined ? [] : [new FieldShape(this, type, field, nodes, prefix + name)];
    });
  }

  /** The fields of the root. */
  root(variables: Variables): readonly FieldShape[] {
    if (this.#root !== null) return this.#root;
    const { schema, definition, fragments } = this;
    const type = schema.getRootType(definition.operation);
    if (!type) return [];
    const { fields } = collectFields(schema, fragments, variables, type, definition.selectionSet);
    const shapes = this.shapesOf(type, fields, "");
    if (this.isKept) this.#root = shapes;
    return shapes;
  }
}

/** A field as its text and the schema alone decide it. */
export class FieldShape {
  /** Its place in the answer, by response names. */
  readonly path: string;
  /** The type it is a field of. */
  readonly type: GraphQLObjectType;
  readonly field: GraphQLField<unknown, unknown>;
  readonly nodes: readonly FieldNode[];
  readonly plan: FieldPlan;
  /** The permissions it requires, any of them; null where it requires none. */
  readonly requires: Requires | null;
  /** It takes `first`. */
  readonly isPaged: boolean;
  readonly isList: boolean;
  readonly #operation: OperationShape;
  readonly #below = new Map<GraphQLObjectType, readonly FieldShape[]>();
  readonly #takesVariables: boolean;
  #args: Variables | null = null;
  #isPlain: boolean | undefined;

  constructor(
    operation: OperationShape,
    type: GraphQLObjectType,
    field: GraphQLField<unknown, unknown>,
    nodes: readonly FieldNode[],
    path: string,
  ) {
    this.#operation = operation;
    this.path = path;
    this.type = type;
    this.field = field;
    this.nodes = nodes;
    this.plan = fieldPlanOf(field);
    this.requires = requirementsOf(field);
    this.isPaged = field.args.some(({ name }) => name === "first");
    this.isList = isListType(getNullableType(field.type));
    this.#takesVariables = nodes[0]?.arguments?.some(hasVariables) ?? false;
  }

  /**
   * True if it is a value of its object, or holds such values alone: without arguments, requests, rows and permissions.
   * False where the text alone does not say so.
   */
  get isPlain(): boolean {
    this.#isPlain ??= this.#hasNoPlan && this.#isOfPlainFields();
    return this.#isPlain;
  }

  get #hasNoPlan(): boolean {
    const { requests, range, dimension, finds, context } = this.plan;
    const parts = [requests, range, dimension, finds, context];
    return this.field.args.length === 0 && parts.every((each) => each === undefined);
  }

  #isOfPlainFields(): boolean {
    const type = getNullableType(this.field.type);
    if (isLeafType(type)) return true;
    if (!isObjectType(type) || !this.#operation.isKept) return false;
    return this.below(type, {}).every(({ isPlain, requires }) => isPlain && requires === null);
  }

  /** Its arguments. Throws where their values are wrong. */
  args(variables: Variables): Variables {
    if (this.#args !== null) return this.#args;
    const [node] = this.nodes;
    const isEmpty = this.field.args.length === 0 || node === undefined;
    const args = isEmpty ? {} : getArgumentValues(this.field, node, variables);
    if (!this.#takesVariables) this.#args = args;
    return args;
  }

  /** The fields below it of the objects of a type. */
  below(type: GraphQLObjectType, variables: Variables): readonly FieldShape[] {
    const known = this.#below.get(type);
    if (known !== undefined) return known;
    const { schema, fragments } = this.#operation;
    const { fields } = collectSubFields(schema, fragments, variables, type, [...this.nodes]);
    const shapes = this.#operation.shapesOf(type, fields, `${this.path}.`);
    if (this.#operation.isKept) this.#below.set(type, shapes);
    return shapes;
  }
}

function fieldOf(type: GraphQLObjectType, name: string): GraphQLField<unknown, unknown> | undefined {
  if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
  if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef;
  return type.getFields()[name];
}

function hasConditions(definition: ASTNode): boolean {
  let isFound = false;
  visit(definition, {
    Directive({ name }) {
      if (name.value !== "skip" && name.value !== "include") return;
      isFound = true;
      return BREAK;
    },
  });
  return isFound;
}

function hasVariables(argument: ASTNode): boolean {
  let isFound = false;
  visit(argument, {
    Variable() {
      isFound = true;
      return BREAK;
    },
  });
  return isFound;
}
