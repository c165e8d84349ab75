import type { DocumentName, ResultOf, VariablesOf } from "./documents.ts";
import { withOrganization } from "./page-organization.ts";
import { parametersOf } from "./parameters.ts";
import { fetchAsCaller } from "./session.ts";

/** An error of an answer, or of a request that failed as a whole. */
export interface AnswerError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: {
    readonly code?: string;
    readonly scope?: string;
    readonly retryAfter?: number;
    /** The days that can be requested, of errors about others. */
    readonly oldestDay?: string;
    readonly newestDay?: string;
    /** How much of a dataset that is being fetched is there. */
    readonly dataset?: string;
    readonly done?: number;
    readonly total?: number;
  };
}

/** How settled and how old the figures of an answer are. */
export interface AnswerFreshness {
  readonly state: "OPEN" | "SETTLING" | "FINAL" | null;
  readonly refreshedAt: string | null;
  readonly stale: boolean;
}

export interface DocumentAnswer<Data> {
  /** Null: the request failed as a whole; `errors` say why. */
  readonly data: Data | null;
  readonly errors: readonly AnswerError[];
  readonly freshness: AnswerFreshness | null;
}

/** Runs a trusted document by GET, so that the browser keeps the answer and validates it. Failures are errors of the answer; only an abort throws. */
export async function runDocument<Name extends DocumentName>(
  name: Name,
  variables: VariablesOf<Name>,
  signal: AbortSignal,
): Promise<DocumentAnswer<ResultOf<Name>>> {
  try {
    const response = await fetchAsCaller(
      withOrganization(`/q/${name}?${parametersOf({ ...(variables as object) })}`),
      {
        headers: { accept: "application/graphql-response+json, application/json" },
        signal,
      },
    );
    const body = await response.json();
    return {
      data: body.data ?? null,
      errors: body.errors ?? [],
      freshness: body.extensions?.freshness ?? null,
    };
  } catch (fault) {
    if (signal.aborted) throw fault;
    const message = "The gateway did not answer. Check the connection, then try again.";
    return { data: null, errors: [{ message, extensions: { code: "NETWORK" } }], freshness: null };
  }
}
