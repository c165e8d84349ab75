import type { DocumentNode, GraphQLSchema, OperationDefinitionNode } from "graphql";
import type { Warning } from "../../context.ts";
import type { Reply, RequestHead } from "../http/exchange.ts";

/** An operation that a request names, and the way to run it. */
export interface RunnableOperation {
  readonly head: RequestHead;
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly text: string;
  readonly definition: OperationDefinitionNode;
  /** The variables that the request gives. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** Their values, with the defaults of the document. */
  readonly values: Record<string, unknown>;
  /** Maximum rows that a list may request. */
  readonly maxFirst: number;
  /**
   * Runs a version of the document. All runs together are within the limits of one operation. Throws HttpError where any part of the
   * answer failed.
   */
  readonly run: (
    document: DocumentNode,
    variables: Readonly<Record<string, unknown>>,
  ) => Promise<WholeAnswer>;
}

/** An answer without errors. */
export interface WholeAnswer {
  readonly data: Readonly<Record<string, unknown>>;
  /** Age of the figures of all runs so far. */
  readonly freshness: {
    readonly state: string | null;
    readonly refreshedAt: string | null;
    readonly stale: boolean;
  };
  readonly warnings: readonly Warning[];
}

/** A form of responses other than that of GraphQL. */
export interface AnswerForm {
  /** Makes the response. An error that it throws is answered with its status. */
  readonly write: (operation: RunnableOperation) => Promise<Reply>;
  /** True if pages of other origins may show the response: its URL itself is the credential. */
  readonly isEmbeddable: boolean;
}
