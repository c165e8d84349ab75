import type { DocumentNode } from "graphql";

/** A document with the types of its data and variables, in the form that GraphQL clients agree on (`@graphql-typed-document-node`). */
export interface TypedDocument<Data, Variables> extends DocumentNode {
  /** Only for types: no document has it. */
  __apiType?: (variables: Variables) => Data;
}
