// graphql-request with a document of the library, which has its types.
import { CostByModelDocument, type ErrorCode } from "claude-analytics-gateway/client";
import { ClientError, request } from "graphql-request";

/** What each model cost last month, in US dollars as text: exact to the last digit. */
export async function costByModel(url: string): Promise<Map<string, string>> {
  const { cost } = await request(url, CostByModelDocument, {});
  return new Map(cost?.nodes.map((row) => [row?.model ?? "(no model)", row?.net?.usd ?? "0"]));
}

/** The code of the first error of an answer; null for errors of other kinds, such as a lost connection. */
export function codeOf(error: unknown): ErrorCode | null {
  if (!(error instanceof ClientError)) return null;
  return (error.response.errors?.[0]?.extensions.code as ErrorCode | undefined) ?? null;
}
