import { hash } from "node:crypto";
import { type Coding, codingFor, encode } from "./encodings.ts";
import { Reply, type RequestHead } from "./exchange.ts";

type Bytes = Uint8Array<ArrayBuffer>;
/** Each name is followed by its value. */
type Fields = readonly string[];

/** Bytes that are sent more than once, with a strong validator for each content coding. A coding is made once, for the first client that prefers it. */
export class Content {
  readonly #bytes: Bytes;
  readonly #type: string;
  #tag: string | null = null;
  readonly #encoded = new Map<Coding, Bytes | Promise<Bytes>>();

  constructor(bytes: Bytes, type: string) {
    this.#bytes = bytes;
    this.#type = type;
    this.#encoded.set("identity", bytes);
  }

  get size(): number {
    return this.#bytes.length;
  }

  /** The response to a request, in the coding that its client prefers; to a GET, 304 where the client has it. */
  reply({ method, headers }: RequestHead, fields: Fields): Reply | Promise<Reply> {
    const coding = codingFor(headers.get("accept-encoding"), this.#bytes.length);
    this.#tag ??= hash("sha256", this.#bytes, "base64url").slice(0, TAG_LENGTH);
    const etag = `"${this.#tag}${coding === "identity" ? "" : `-${coding}`}"`;
    const validated: Fields = ["etag", etag, ...fields];
    if (method === "GET" && isAmong(etag, headers.get("if-none-match")))
      return new Reply(304, validated, null);
    const encoded = this.#encoded.get(coding) ?? this.#encode(coding);
    return encoded instanceof Promise
      ? encoded.then((bytes) => this.#replyOf(coding, validated, bytes))
      : this.#replyOf(coding, validated, encoded);
  }

  #encode(coding: Coding): Promise<Bytes> {
    const encoding = encode(coding, this.#bytes);
    this.#encoded.set(coding, encoding);
    encoding.then(
      (bytes) => this.#encoded.set(coding, bytes),
      () => this.#encoded.delete(coding),
    );
    return encoding;
  }

  #replyOf(coding: Coding, fields: Fields, bytes: Bytes): Reply {
    return new Reply(200, [...fields, "content-type", this.#type, ...entityFields(coding, bytes)], bytes);
  }
}

const TAG_LENGTH = 27;

/** The headers that describe a body in a content coding. */
export function entityFields(coding: Coding, { length }: Bytes): Fields {
  const size = ["content-length", String(length)];
  return coding === "identity" ? size : ["content-encoding", coding, ...size];
}

/** Compares weakly, as `if-none-match` does (RFC 9110, 13.1.2). */
function isAmong(etag: string, listed: string | null): boolean {
  if (listed === null) return false;
  return listed.split(",").some((each) => each.trim() === "*" || each.trim().replace(/^W\//, "") === etag);
}
