import { createHash } from "node:crypto";
import type { Validity } from "../../cache/validity.ts";
import type { Dataset } from "../../domain/dataset.ts";
import type { Instant } from "../../domain/day.ts";
import { Reply, type RequestHead } from "../http/exchange.ts";
import type { OperationRecord } from "../http/request-record.ts";
import { type Coding, codingFor, encode } from "./encodings.ts";

export interface KeptAnswerOptions {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly contentType: string;
  readonly madeAt: Instant;
  /** Everything it was made from. */
  readonly validities: ReadonlySet<Validity>;
  /** For the audit log. */
  readonly operation: OperationRecord | null;
  readonly datasets: ReadonlySet<Dataset>;
  /** The request headers that choose among answers to one URL. */
  readonly vary: string;
}

/** Ranges, horizons and finality change with the UTC day, and by an upstream delay of whole hours. */
const CLOCK_MS = 3_600_000;

/** An answer as bytes, with a strong validator for each content coding. It is sent only while a new one would be the same. */
export class KeptAnswer {
  readonly #options: KeptAnswerOptions;
  readonly #tag: string;
  readonly #encoded = new Map<Coding, Uint8Array<ArrayBuffer>>();

  constructor(options: KeptAnswerOptions) {
    this.#options = options;
    this.#tag = createHash("sha256").update(options.body).digest("base64url").slice(0, TAG_LENGTH);
    this.#encoded.set("identity", options.body);
  }

  get operation(): OperationRecord | null {
    return this.#options.operation;
  }

  get datasets(): ReadonlySet<Dataset> {
    return this.#options.datasets;
  }

  /** Bytes in memory, once it is kept in several codings. */
  get bytes(): number {
    const { body, validities } = this.#options;
    return 2 * body.length + BYTES_PER_VALIDITY * validities.size;
  }

  /** True while an answer made at this instant would be the same. */
  isCurrent(now: Instant): boolean {
    const { madeAt, validities } = this.#options;
    if (Math.floor(madeAt / CLOCK_MS) !== Math.floor(now / CLOCK_MS)) return false;
    for (const validity of validities) if (!validity.isCurrent()) return false;
    return true;
  }

  /** The response to a request, in the coding that its client prefers; 304 where the client has it. */
  reply({ method, headers }: RequestHead, now: Instant): Reply | Promise<Reply> {
    const { body, contentType, madeAt, vary } = this.#options;
    const coding = codingFor(headers.get("accept-encoding"), body.length);
    const etag = `"${this.#tag}${coding === "identity" ? "" : `-${coding}`}"`;
    const fields: [string, string][] = [
      ["etag", etag],
      ["vary", vary],
      ["age", String(Math.max(0, Math.floor((now - madeAt) / 1_000)))],
    ];
    if (method === "GET") {
      fields.push(["cache-control", "private, no-cache"]); // a browser may keep it, and asks each time whether it still holds
      if (isAmong(etag, headers.get("if-none-match"))) return new Reply(304, fields, null);
    }
    fields.push(["content-type", contentType]);
    if (coding === "identity") return replyOf(fields, body);
    fields.push(["content-encoding", coding]);
    const encoded = this.#encoded.get(coding);
    if (encoded !== undefined) return replyOf(fields, encoded);
    return encode(coding, body).then((made) => {
      this.#encoded.set(coding, made);
      return replyOf(fields, made);
    });
  }
}

const TAG_LENGTH = 27;
const BYTES_PER_VALIDITY = 100;

function replyOf(fields: [string, string][], body: Uint8Array<ArrayBuffer>): Reply {
  fields.push(["content-length", String(body.length)]);
  return new Reply(200, fields, body);
}

/** Compares weakly, as `if-none-match` does (RFC 9110, 13.1.2). */
function isAmong(etag: string, listed: string | null): boolean {
  if (listed === null) return false;
  return listed.split(",").some((each) => each.trim() === "*" || each.trim().replace(/^W\//, "") === etag);
}
