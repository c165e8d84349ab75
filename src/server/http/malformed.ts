import { STATUS_CODES } from "node:http";
import type { GatewayError } from "../../errors.ts";
import type { RequestLimits } from "../../settings/limits.ts";
import { exceeded } from "../limits/exceeded.ts";
import { HttpError, JSON_TYPE } from "./http-error.ts";
import { PROTECTIVE } from "./origin.ts";

/** A fault of Node's HTTP parser. */
export interface ParserFault extends Error {
  readonly code?: string;
  /** The bytes that came last. */
  readonly rawPacket?: Buffer;
}

/** The answer to a request that Node could not parse, in the form of every other error. */
export function malformedRequest({ code, rawPacket }: ParserFault, limits: RequestLimits): HttpError {
  const bad = (status: number, message: string) => new HttpError("BAD_REQUEST", message, { status });
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return tooLong(exceeded(limits, "MAX_HEADER_BYTES"), longestPart(rawPacket));
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return bad(413, "The chunk extensions of the body are too long; send it without them.");
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return bad(408, "The request took too long to arrive; send it again.");
    default:
      return bad(400, "This is not an HTTP/1.1 request.");
  }
}

function tooLong({ code, message, details }: GatewayError, longest: string | null): HttpError {
  const part = longest === null ? "" : ` The longest part is ${longest}.`;
  return new HttpError(code, message + part, { status: 431, details });
}

/** The name of the longest line; null where its beginning came earlier. Its value is never repeated. */
function longestPart(bytes: Buffer = Buffer.alloc(0)): string | null {
  const [first = "", ...lines] = bytes.toString("latin1").split("\r\n");
  const longest = lines.reduce((a, b) => (b.length > a.length ? b : a), first);
  if (longest === first) return /^[A-Z]+ \//.test(first) ? "the URL" : null;
  const name = /^([\w-]{1,64}):/.exec(longest)?.[1];
  return name === undefined ? null : `the header \`${name.toLowerCase()}\``;
}

/** A response as bytes, for a connection on which Node made none. */
export function rawResponse(
  { status, headers, body }: HttpError,
  more: Readonly<Record<string, string>>,
): string {
  const all = {
    ...JSON_TYPE,
    ...PROTECTIVE,
    ...headers,
    ...more,
    "content-length": String(Buffer.byteLength(body)),
    connection: "close",
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, "", body].join("\r\n");
}
