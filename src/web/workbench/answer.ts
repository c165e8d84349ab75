import type { AnswerError, AnswerFreshness } from "../client/run-document.ts";

/** Body of a response of the gateway. */
export interface GraphQLResponse {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly AnswerError[];
  readonly extensions?: {
    readonly freshness?: AnswerFreshness;
    readonly upstream?: { readonly requests?: number };
    readonly plan?: unknown;
  };
}

/** An answer with the operation that it answers. */
export interface GatewayAnswer {
  readonly query: string;
  readonly operationName: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly body: GraphQLResponse;
  /** Upstream requests that it took; null: not stated. */
  readonly requests: number | null;
  /** True if the gateway had the whole answer in store. */
  readonly isKept: boolean;
}
