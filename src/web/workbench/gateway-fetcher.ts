import type { FetcherParams, SyncExecutionResult } from "@graphiql/toolkit";
import { Kind, parse } from "graphql";
import { authorization, rejectSession } from "../client/session.ts";

type Params = Pick<FetcherParams, "query" | "operationName" | "variables">;

async function post(params: Params): Promise<SyncExecutionResult> {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: {
      accept: "application/graphql-response+json, application/json",
      "content-type": "application/json",
      ...authorization(),
    },
    body: JSON.stringify(params),
  });
  if (response.status === 401) rejectSession();
  return response.json();
}

/** Sends an operation to the gateway, by the name that its text has. */
export function fetchAnswer(params: Params): Promise<SyncExecutionResult> {
  return post({ ...params, operationName: operationToRun(params) });
}

/** The editor reads the name of a new query a moment later than its text; until then it gives that of the query before. */
function operationToRun({ query, operationName = null }: Params): string | null {
  try {
    const names = parse(query).definitions.flatMap((each) =>
      each.kind === Kind.OPERATION_DEFINITION ? [each.name?.value ?? null] : [],
    );
    return names.includes(operationName) ? operationName : (names[0] ?? null);
  } catch {
    return operationName;
  }
}
