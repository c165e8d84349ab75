import { pathToArray } from "@graphql-tools/utils";
import {
  type DocumentNode,
  type ExecutionArgs,
  type FragmentDefinitionNode,
  type GraphQLError,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
} from "graphql";
import { LRUCache } from "lru-cache";
import type { Context } from "../context.ts";
import { defaultRange } from "./range-input.ts";
import { type OperationInput, SelectedField } from "./selected-field.ts";
import { OperationShape } from "./shape.ts";

/** An operation that is about to run: its variables coerced, and its fields as they will be resolved. */
export interface PlannedOperation extends OperationInput {
  readonly definition: OperationDefinitionNode;
  readonly schema: GraphQLSchema;
  /** The fields of the root; each leads to those below it. */
  readonly fields: readonly SelectedField[];
}

/** Errors in the variables of an operation. */
export interface VariableFaults {
  readonly faults: readonly GraphQLError[];
}

/** The operation that is about to run; null where the document has no such operation. */
export function operationOf(args: ExecutionArgs): PlannedOperation | VariableFaults | null {
  const { schema, document } = args;
  const definition = getOperationAST(document, args.operationName);
  if (!definition) return null;
  const coerced = coerceVariables(schema, definition, args.variableValues ?? {});
  if ("faults" in coerced) return coerced;
  const shape = shapeOf(schema, definition, () => fragmentsIn(document));
  return readOperation(shape, coerced.variables, args.contextValue as Context);
}

/** The field that is being resolved, as it was planned. */
export function selectedFieldAt(ctx: Context, info: GraphQLResolveInfo): SelectedField {
  const { schema, fragments, operation: definition, variableValues: variables, path } = info;
  const shape = shapeOf(schema, definition, () => fragments);
  const operation = readOperation(shape, variables, ctx);
  const field = operation === null ? undefined : fieldAt(operation.fields, path);
  if (field !== undefined) return field;
  throw new Error(`${info.parentType.name}.${info.fieldName} is resolved and was not read for its plan`);
}

function fieldAt(
  root: readonly SelectedField[],
  path: GraphQLResolveInfo["path"],
): SelectedField | undefined {
  const { prev, typename } = path;
  if (typename === undefined) return prev && fieldAt(root, prev); // an index in a list
  const siblings = prev === undefined ? root : (fieldAt(root, prev)?.fieldsBelow ?? []);
  const names = pathToArray(path).filter((key) => typeof key === "string");
  return siblings.find((field) => field.path === names.join(".") && field.type.name === typename);
}

/** The shapes of the operations that were requested lately. */
const shapes = new LRUCache<OperationDefinitionNode, OperationShape>({ max: 200 });

/** An operation of a document as its text and the schema decide it. */
export function operationShape(
  schema: GraphQLSchema,
  document: DocumentNode,
  definition: OperationDefinitionNode,
): OperationShape {
  return shapeOf(schema, definition, () => fragmentsIn(document));
}

type Fragments = Record<string, FragmentDefinitionNode>;

function shapeOf(
  schema: GraphQLSchema,
  definition: OperationDefinitionNode,
  fragments: () => Fragments,
): OperationShape {
  const known = shapes.get(definition);
  if (known?.schema === schema) return known;
  const shape = new OperationShape(schema, definition, fragments());
  shapes.set(definition, shape);
  return shape;
}

function fragmentsIn({ definitions }: DocumentNode): Fragments {
  const fragments = definitions.filter((each) => each.kind === Kind.FRAGMENT_DEFINITION);
  return Object.fromEntries(fragments.map((each) => [each.name.value, each]));
}

const operations = new WeakMap<Context, PlannedOperation>();

/** Reads an operation, once for the context of its execution. */
function readOperation(
  shape: OperationShape,
  variables: Record<string, unknown>,
  ctx: Context,
): PlannedOperation | null {
  const { schema, definition } = shape;
  const known = operations.get(ctx);
  if (known?.definition === definition) return known;
  if (!schema.getRootType(definition.operation)) return null;
  const input: OperationInput = { schema, variables, ctx };
  const place = { range: defaultRange(ctx.now()), above: null, ctx: null };
  const fields = shape.root(variables).map((each) => new SelectedField(input, each, place));
  const operation = { ...input, definition, fields };
  operations.set(ctx, operation);
  return operation;
}

/** Reports at most so many: each repeats the whole of its variable, so that all of them grow with the square of it. */
const MAX_FAULTS = 3;

type Coerced = VariableFaults | { readonly variables: Record<string, unknown> };

const coercions = new WeakMap<
  object,
  { readonly definition: OperationDefinitionNode; readonly coerced: Coerced }
>();

/** Coerces the variables of a request as its operation declares them, once. */
export function coerceVariables(
  schema: GraphQLSchema,
  definition: OperationDefinitionNode,
  given: Readonly<Record<string, unknown>>,
): Coerced {
  const known = coercions.get(given);
  if (known?.definition === definition) return known.coerced;
  const { coerced: variables, errors } = getVariableValues(
    schema,
    definition.variableDefinitions ?? [],
    given,
    { maxErrors: MAX_FAULTS },
  );
  // The last of them may say that there are more.
  const coerced = variables === undefined ? { faults: errors.slice(0, MAX_FAULTS) } : { variables };
  coercions.set(given, { definition, coerced });
  return coerced;
}
