import { type FetcherParams, formatResult, type SyncExecutionResult } from "@graphiql/toolkit";
import { Kind, parse } from "graphql";
import { withOrganization } from "../client/page-organization.ts";
import { fetchAsCaller } from "../client/session.ts";
import type { GatewayAnswer, GraphQLResponse } from "./answer.ts";

/**
 * Answers by the text that the editor shows for them. The editor writes an answer into the tab that is open then, so the text is what
 * connects a tab with its answer.
 */
const answers = new Map<string, GatewayAnswer>();

const MOST_ANSWERS = 20;
/** Letters of the kept answers together; the newest is kept at any length. */
const MOST_LETTERS = 20_000_000;

export function answerByText(text: string): GatewayAnswer | null {
  return answers.get(text) ?? null;
}

type Params = Pick<FetcherParams, "query" | "operationName" | "variables">;

async function post(params: Params, path: string): Promise<{ response: Response; body: GraphQLResponse }> {
  const response = await fetchAsCaller(withOrganization(path), {
    method: "POST",
    headers: {
      accept: "application/graphql-response+json, application/json",
      "content-type": "application/json",
    },
    body: JSON.stringify(params),
  });
  return { response, body: await response.json() };
}

/** Sends an operation to the gateway, and remembers its answer with what its headers say. */
export async function fetchAnswer(params: Params): Promise<SyncExecutionResult> {
  const named = { ...params, operationName: operationToRun(params) };
  const { response, body } = await post(named, "/graphql");
  answers.set(formatResult(body), {
    query: params.query,
    operationName: named.operationName,
    variables: (params.variables ?? {}) as Readonly<Record<string, unknown>>,
    body,
    requests: requestsIn(response.headers.get("upstream-usage")),
    isKept: /\bhit\b/.test(response.headers.get("cache-status") ?? ""),
  });
  let letters = [...answers.keys()].reduce((sum, text) => sum + text.length, 0);
  for (const oldest of answers.keys()) {
    if (answers.size === 1 || (answers.size <= MOST_ANSWERS && letters <= MOST_LETTERS)) break;
    answers.delete(oldest);
    letters -= oldest.length;
  }
  return body as SyncExecutionResult;
}

/** Answer to a question of the page itself, which no tab shows. */
export async function fetchFacts(query: string): Promise<GraphQLResponse> {
  const { body } = await post({ query }, "/graphql");
  return body;
}

/** Plan of an operation: what it would request, without running it. */
export async function fetchPlan(params: Params): Promise<GraphQLResponse> {
  const { body } = await post({ ...params, operationName: operationToRun(params) }, "/graphql?explain");
  return body;
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

function requestsIn(usage: string | null): number | null {
  const count = /requests=(\d+)/.exec(usage ?? "")?.[1];
  return count === undefined ? null : Number(count);
}
