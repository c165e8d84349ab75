import { entityFields } from "../http/content.ts";
import { codingFor, encode } from "../http/encodings.ts";
import { Reply, type RequestHead } from "../http/exchange.ts";

/**
 * Returns an answer of GraphQL in the coding that its client prefers.
 *
 * The length of compressed bytes can betray a secret that stands beside text of an attacker (BREACH). An answer holds none: keys and
 * tokens are in no answer, and figures are those that its caller may read anyway. Nor can a page make a browser send such a text with the
 * rights of its user: tokens are sent in a header, never in a cookie, and requests from pages of other origins are refused.
 */
export async function compressed(response: Response, { headers }: RequestHead): Promise<Response | Reply> {
  if (!response.headers.get("content-type")?.includes("json")) return response;
  const bytes = new Uint8Array(await response.arrayBuffer());
  const coding = codingFor(headers.get("accept-encoding"), bytes.length);
  const encoded = await encode(coding, bytes);
  const inherited = [...response.headers].filter(([name]) => name !== "content-length").flat();
  const reply = new Reply(response.status, [...inherited, ...entityFields(coding, encoded)], encoded);
  const varied = response.headers.get("vary");
  reply.headers.set("vary", varied === null ? "accept-encoding" : `${varied}, accept-encoding`);
  return reply;
}
