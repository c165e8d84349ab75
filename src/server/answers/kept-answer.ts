import type { Validity } from "../../cache/validity.ts";
import type { Dataset } from "../../domain/dataset.ts";
import type { Instant } from "../../domain/day.ts";
import { Content } from "../http/content.ts";
import type { Reply, RequestHead } from "../http/exchange.ts";
import type { OperationRecord } from "../http/request-record.ts";

export interface KeptAnswerOptions {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly contentType: string;
  /** Headers about the content, each name followed by its value. */
  readonly fields: readonly string[];
  readonly madeAt: Instant;
  /** Everything it was made from. */
  readonly validities: ReadonlySet<Validity>;
  /** For the audit log. */
  readonly operation: OperationRecord | null;
  readonly datasets: ReadonlySet<Dataset>;
  /** The request headers that choose among answers to one URL. */
  readonly vary: string;
  /** How long shared caches may keep it; null: they may not. */
  readonly publicSeconds: number | null;
}

/** Ranges, horizons and finality change with the UTC day, and by an upstream delay of whole hours. */
const CLOCK_MS = 3_600_000;

/** An answer as bytes, with a strong validator for each content coding. It is sent only while a new one would be the same. */
export class KeptAnswer {
  readonly #options: KeptAnswerOptions;
  readonly #content: Content;

  constructor(options: KeptAnswerOptions) {
    this.#options = options;
    this.#content = new Content(options.body, options.contentType);
  }

  get operation(): OperationRecord | null {
    return this.#options.operation;
  }

  get datasets(): ReadonlySet<Dataset> {
    return this.#options.datasets;
  }

  /** Bytes in memory, once it is kept in several codings. */
  get bytes(): number {
    return 2 * this.#content.size + BYTES_PER_VALIDITY * this.#options.validities.size;
  }

  /** True while an answer made at this instant would be the same. */
  isCurrent(now: Instant): boolean {
    const { madeAt, validities } = this.#options;
    if (Math.floor(madeAt / CLOCK_MS) !== Math.floor(now / CLOCK_MS)) return false;
    for (const validity of validities) if (!validity.isCurrent()) return false;
    return true;
  }

  /** The response to a request, in the coding that its client prefers; 304 where the client has it. */
  reply(head: RequestHead, now: Instant): Reply | Promise<Reply> {
    const { madeAt, vary, publicSeconds } = this.#options;
    const fields = [...this.#options.fields, "vary", vary];
    if (head.method === "GET" && publicSeconds !== null) {
      // Without an age: it holds now, and a cache counts from here on.
      fields.push(
        "cache-control",
        publicSeconds === 0 ? "public, no-cache" : `public, max-age=${publicSeconds}`,
      );
      return this.#content.reply(head, fields);
    }
    fields.push("age", String(Math.max(0, Math.floor((now - madeAt) / 1_000))));
    // A browser may keep it, and asks each time whether it still holds.
    if (head.method === "GET") fields.push("cache-control", "private, no-cache");
    return this.#content.reply(head, fields);
  }
}

const BYTES_PER_VALIDITY = 100;
