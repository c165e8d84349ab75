import { hash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { Instant } from "../../domain/day.ts";
import type { Reply, RequestHead } from "../http/exchange.ts";
import type { RequestRecord } from "../http/request-record.ts";
import { KeptAnswer } from "./kept-answer.ts";
import { viewerKey } from "./viewer-key.ts";

export interface AnswerCacheOptions {
  /** Bound of the memory for answers. */
  readonly maxBytes: number;
  /** Request headers that prove who a caller is. */
  readonly credentialHeaders: readonly string[];
  /** How long shared caches may keep an answer to a trusted document; null: they may not. Requires that all callers may read the same. */
  readonly publicSeconds: number | null;
  readonly now: () => Instant;
}

/** The part of the memory that one answer may take. */
const LARGEST_PART = 1 / 8;

/** Keys of answers that were made lately and found no room. */
const REMEMBERED = 10_000;

/**
 * Answers as bytes, found by all of the request that can change them: its method, URL and body, the headers that it is read by, and what
 * its caller may read. The settings and the schema are those of the process. An error, a part of an answer, or an answer from anything
 * that may change unnoticed is not kept.
 *
 * Where there is no room, an answer is kept once it has been requested before: questions that are asked once would push out those that
 * come again.
 */
export class AnswerCache {
  readonly #options: AnswerCacheOptions;
  readonly #answers: LRUCache<string, KeptAnswer>;
  // Bounded by size: a `max` reserves memory for all of them at once.
  readonly #asked = new LRUCache<string, true>({ maxSize: REMEMBERED, sizeCalculation: () => 1 });
  readonly #vary: string;

  constructor(options: AnswerCacheOptions) {
    this.#options = options;
    this.#vary = ["accept", "accept-encoding", ...options.credentialHeaders].join(", ");
    this.#answers = new LRUCache({
      maxSize: options.maxBytes,
      maxEntrySize: Math.ceil(options.maxBytes * LARGEST_PART),
      sizeCalculation: bytesOf,
    });
  }

  /** Returns an answer that a new one would equal. Its use is recorded as the operation is. */
  find(key: string, record: RequestRecord): KeptAnswer | null {
    const kept = this.#answers.get(key);
    if (kept === undefined) return null;
    if (!kept.isCurrent(this.#options.now())) {
      this.#answers.delete(key);
      return null;
    }
    record.isKept = true;
    record.operation = kept.operation;
    record.spending.push({ usage: NO_USAGE, datasets: kept.datasets });
    return kept;
  }

  /** Keeps the answer to a request; null where it must not be kept. */
  keep(key: string, { status, headers, body }: Reply, record: RequestRecord): KeptAnswer | null {
    const { validities, operation, spending, registers } = record;
    if (validities === null || registers || status !== 200 || body === null) return null;
    const kept = new KeptAnswer({
      body,
      contentType: headers.get("content-type") ?? "",
      fields: STATED.flatMap((name) => {
        const value = headers.get(name);
        return value === null ? [] : [name, value];
      }),
      madeAt: record.receivedAt,
      validities,
      operation,
      datasets: new Set(spending.flatMap(({ datasets }) => [...datasets])),
      vary: this.#vary,
      publicSeconds: record.namesTrusted ? this.#options.publicSeconds : null,
    });
    const bytes = bytesOf(kept, key);
    if (bytes > this.#answers.maxEntrySize) return null;
    if (!this.#hasRoom(bytes) && !this.#isAskedAgain(key)) return null;
    this.#answers.set(key, kept);
    return kept;
  }

  /** True if so many bytes fit beside the answers that hold. Removes those that do not, the least recently used first. */
  #hasRoom(bytes: number): boolean {
    const answers = this.#answers;
    while (answers.calculatedSize + bytes > answers.maxSize) {
      const [oldest] = answers.rkeys();
      if (oldest === undefined || answers.peek(oldest)?.isCurrent(this.#options.now())) return false;
      answers.delete(oldest);
    }
    return true;
  }

  #isAskedAgain(key: string): boolean {
    const digest = hash("sha1", key, "latin1");
    if (this.#asked.has(digest)) return true;
    this.#asked.set(digest, true);
    return false;
  }
}

function bytesOf(answer: KeptAnswer, key: string): number {
  return answer.bytes + 2 * key.length;
}

/** Headers that state something about the content. */
const STATED = ["content-security-policy", "freshness", "link", "list-extent"];

const NO_USAGE = { requests: 0, cacheHits: 0, duplicates: 0, waitMs: 0 };

/** The key of an answer. Only the body can contain a line break. */
export function answerKey(
  { method, headers }: RequestHead,
  { viewer, incoming }: RequestRecord,
  body: Buffer,
): string {
  const types = `${headers.get("accept") ?? ""}\n${headers.get("content-type") ?? ""}`;
  return `${method}\n${incoming.target}\n${types}\n${viewerKey(viewer)}\n${body.toString("latin1")}`;
}
