import { collectFields, pathToArray } from "@graphql-tools/utils";
import {
  type ExecutionArgs,
  type GraphQLError,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
} from "graphql";
import type { Context } from "../context.ts";
import { defaultRange } from "./range-input.ts";
import { type OperationInput, type SelectedField, selectedFields } from "./selected-field.ts";

/** An operation that is about to run: its variables coerced, and its fields as they will be resolved. */
export interface PlannedOperation extends OperationInput {
  readonly definition: OperationDefinitionNode;
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
  const fragments = Object.fromEntries(
    document.definitions.flatMap((each) =>
      each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each]] : [],
    ),
  );
  const ctx = args.contextValue as Context;
  return readOperation({ schema, definition, fragments, variables: coerced.variables, ctx });
}

/** The field that is being resolved, as it was planned. */
export function selectedFieldAt(ctx: Context, info: GraphQLResolveInfo): SelectedField {
  const { schema, fragments, operation: definition, variableValues: variables, path } = info;
  const operation = readOperation({ schema, definition, fragments, variables, ctx });
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

const operations = new WeakMap<Context, PlannedOperation>();

/** Reads an operation, once for the context of its execution. */
function readOperation(
  input: OperationInput & Pick<PlannedOperation, "definition">,
): PlannedOperation | null {
  const { schema, definition, fragments, variables, ctx } = input;
  const known = operations.get(ctx);
  if (known?.definition === definition) return known;
  const root = schema.getRootType(definition.operation);
  if (!root) return null;
  const { fields } = collectFields(schema, fragments, variables, root, definition.selectionSet);
  const operation = { ...input, fields: selectedFields(input, root, fields, atRoot(ctx)) };
  operations.set(ctx, operation);
  return operation;
}

function atRoot({ now }: Context) {
  return { path: "", range: defaultRange(now()), above: null };
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
