import { collectFields } from "@graphql-tools/utils";
import {
  type ExecutionArgs,
  type GraphQLError,
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
  /** The fields of the root; each leads to those below it. */
  readonly fields: readonly SelectedField[];
}

/** Errors in the variables of an operation. */
export interface VariableFaults {
  readonly faults: readonly GraphQLError[];
}

const operations = new WeakMap<ExecutionArgs, PlannedOperation | VariableFaults | null>();

/** Reads the operation of one execution, once however many ask for it; null where the document has no such operation. */
export function operationOf(args: ExecutionArgs): PlannedOperation | VariableFaults | null {
  const known = operations.get(args);
  if (known !== undefined) return known;
  const operation = readOperation(args);
  operations.set(args, operation);
  return operation;
}

function readOperation(args: ExecutionArgs): PlannedOperation | VariableFaults | null {
  const { schema, document } = args;
  const definition = getOperationAST(document, args.operationName);
  const root = definition && schema.getRootType(definition.operation);
  if (!root) return null;
  const coerced = coerceVariables(schema, definition, args.variableValues ?? {});
  if ("faults" in coerced) return coerced;
  const fragments = Object.fromEntries(
    document.definitions.flatMap((each) =>
      each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each]] : [],
    ),
  );
  const ctx = args.contextValue as Context;
  const operation = { schema, fragments, variables: coerced.variables, ctx };
  const { fields } = collectFields(schema, fragments, coerced.variables, root, definition.selectionSet);
  return { ...operation, fields: selectedFields(operation, root, fields, atRoot(ctx)) };
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
