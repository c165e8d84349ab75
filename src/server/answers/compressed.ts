import { entityFields } from "../http/content.ts";
import { codingFor, encode } from "../http/encodings.ts";
import { Reply, type RequestHead } from "../http/exchange.ts";

/**
 * Returns an answer of GraphQL in the coding that its client prefers.
 *
 * The length of compressed bytes can betray a secret that stands beside text of an attacker (BREACH). An answer holds none: keys and
 * tokens are in no answer, and figures are those that its caller may read anyway. Nor can a page make a browser send such a text with the
 * rights of its user: a cookie counts for requests of the gateway's pages alone, and requests from pages of other origins are refused.
 */
export async function compressed(answer: Reply, head: RequestHead): Promise<Reply> {
  const { status, headers, body } = answer;
  if (body === null) return answer;
  const coding = codingFor(head.headers.get("accept-encoding"), body.length);
  const encoded = coding === "identity" ? body : await encode(coding, body);
  const reply = new Reply(status, [...headers.fields, ...entityFields(coding, encoded)], encoded);
  reply.headers.set("vary", "accept-encoding");
  return reply;
}
