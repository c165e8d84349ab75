import {
  type ExecutionArgs,
  type FragmentDefinitionNode,
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

/** Each fault in a variable is told with the whole of it, so that all of them cost as much as the square of its size. */
export const ONE_FAULT = { maxErrors: 1 } as const;

/** Null where execution will refuse it: it is not there, or its variables are not of their types. */
export function selectedBy({
  schema,
  document,
  operationName,
  variableValues,
}: ExecutionArgs): Selected | null {
  const operation = getOperationAST(document, operationName);
  const root = operation && schema.getRootType(operation.operation);
  if (!root) return null;
  const { coerced } = getVariableValues(
    schema,
    operation.variableDefinitions ?? [],
    variableValues ?? {},
    ONE_FAULT,
  );
  if (coerced === undefined) return null;
  const fragments = Object.fromEntries(
    document.definitions.flatMap((each) =>
      each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each]] : [],
    ),
  );
  return { schema, operation, root, fragments, variables: coerced };
}
