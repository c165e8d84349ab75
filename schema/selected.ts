import {
  type ExecutionArgs,
  type FragmentDefinitionNode,
  type GraphQLError,
  type GraphQLObjectType,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
} from "graphql";

/** An operation that is about to be run, its variables coerced. */
export interface Selected {
  readonly schema: GraphQLSchema;
  readonly operation: OperationDefinitionNode;
  readonly root: GraphQLObjectType;
  readonly fragments: Record<string, FragmentDefinitionNode>;
  readonly variables: Record<string, unknown>;
}

/** What is wrong with the variables of an operation. */
export interface Faulty {
  readonly faults: readonly GraphQLError[];
}

/** How many faults are told. Each repeats the whole of its variable, so that all of them would be as long as the square of that. */
const MAX_FAULTS = 3;

/** Variables as an operation declares them, or what keeps them from that. */
export function coercedBy(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  given: Readonly<Record<string, unknown>>,
): Faulty | { readonly variables: Record<string, unknown> } {
  const { coerced, errors } = getVariableValues(schema, variableDefinitions, given, {
    maxErrors: MAX_FAULTS,
  });
  // The last of them may say that there are more.
  return coerced === undefined ? { faults: errors.slice(0, MAX_FAULTS) } : { variables: coerced };
}

/** Null where there is no such operation. */
export function selectedBy({
  schema,
  document,
  operationName,
  variableValues,
}: ExecutionArgs): Selected | Faulty | null {
  const operation = getOperationAST(document, operationName);
  const root = operation && schema.getRootType(operation.operation);
  if (!root) return null;
  const coerced = coercedBy(schema, operation, variableValues ?? {});
  if ("faults" in coerced) return coerced;
  const fragments = Object.fromEntries(
    document.definitions.flatMap((each) =>
      each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each]] : [],
    ),
  );
  return { schema, operation, root, fragments, variables: coerced.variables };
}
