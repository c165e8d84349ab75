import { GraphQLError, type ValidationRule } from "graphql";
import type { Plugin } from "graphql-yoga";

/**
 * Refuses operations of a kind that the schema has none of, as graphql 17 does; 16 finds out when it runs them, and answers as if it
 * had.
 */
export function knownOperations(): Plugin {
  return {
    onValidate({ addValidationRule }) {
      addValidationRule(KnownOperationTypes);
    },
  };
}

const KnownOperationTypes: ValidationRule = (context) => ({
  OperationDefinition(node) {
    if (context.getSchema().getRootType(node.operation)) return;
    context.reportError(
      new GraphQLError(`The schema has no ${node.operation}s; use \`query\`.`, {
        nodes: node,
      }),
    );
  },
});
