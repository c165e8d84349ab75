import { BodyTooLong, type Exchange, Reply } from "./exchange.ts";
import type { RequestRecord } from "./request-record.ts";

/** Adapts a fetch `Request` to the pipeline. */
export function fetchExchange(sent: Request, record: RequestRecord): Exchange {
  const { url, headers, signal } = sent;
  const method = sent.method === "HEAD" ? "GET" : sent.method;
  return {
    head: { method, url, headers },
    record,
    readBody: (maxBytes) => bytesOf(sent, maxBytes),
    leaving: () => signal,
  };
}

async function bytesOf({ body }: Request, maxBytes: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of body ?? []) {
    length += part.length;
    if (length > maxBytes) throw new BodyTooLong();
    parts.push(part);
  }
  return Buffer.concat(parts, length);
}

/** Makes the fetch `Response` of what the pipeline returns. */
export function asResponse(answer: Response | Reply): Response {
  if (!(answer instanceof Reply)) return answer;
  const { status, headers, body } = answer;
  const { fields } = headers;
  const pairs = fields.flatMap((name, i) => (i % 2 === 0 ? [[name, fields[i + 1] ?? ""]] : []));
  return new Response(body, { status, headers: pairs as [string, string][] });
}
