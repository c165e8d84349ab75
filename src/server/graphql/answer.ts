import { Reply } from "../http/exchange.ts";
import type { ClientError } from "./client-error.ts";
import { longJson } from "./long-json.ts";
import type { MediaType } from "./request-params.ts";
import type { TranslatedResult } from "./translate-errors.ts";

/** How an error of a whole request is answered; see `httpExtension`. */
interface HttpExtension {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** With this, the status holds only for clients that take application/graphql-response+json (GraphQL over HTTP, 6.4.1). */
  readonly spec?: boolean;
}

/** The response with an answer of GraphQL, in the media type that its client takes. One that `isLong` is written in parts. */
export async function answerOf(result: TranslatedResult, type: MediaType, isLong: boolean): Promise<Reply> {
  const bytesOf = isLong ? longJson : shortJson;
  const contentType = ["content-type", `${type}; charset=utf-8`];
  const { errors } = result;
  if (errors === undefined) return new Reply(200, contentType, await bytesOf(result));
  const headers: Record<string, string> = {};
  let status: number | null = null;
  for (const { extensions } of errors) {
    const http = (extensions.http ?? {}) as HttpExtension;
    Object.assign(headers, http.headers);
    if (http.status === undefined || (http.spec && type === "application/json")) continue;
    status = Math.max(status ?? 0, http.status);
  }
  const fields = [...contentType, ...Object.entries(headers).flat()];
  const body = await bytesOf({ ...result, errors: errors.map(withoutHttp) });
  return new Reply(status ?? 200, fields, body);
}

/** An error as it stands in an answer: its status is that of the response. */
export function withoutHttp(error: ClientError): object {
  const { http: _, ...extensions } = error.extensions;
  return { ...error.toJSON(), extensions };
}

function shortJson(result: object): Uint8Array<ArrayBuffer> {
  return Buffer.from(JSON.stringify(result));
}
