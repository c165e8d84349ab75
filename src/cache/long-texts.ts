import { LRUCache } from "lru-cache";
import { shortHash } from "../domain/short-hash.ts";
import type { SharedStore } from "./shared-store.ts";
import type { Validity } from "./validity.ts";

const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Texts that are too long for the id or link that needs them, by digest. They are kept in this process and, where there is one, in
 * the store that replicas share, and can be lost like all that is there.
 */
export class LongTexts {
  readonly #shared: Pick<SharedStore, "get" | "set"> | null;
  readonly #kept = new LRUCache<string, string>({
    maxSize: MAX_BYTES,
    sizeCalculation: (text) => text.length,
  });

  constructor(shared: Pick<SharedStore, "get" | "set"> | null) {
    this.#shared = shared;
  }

  /** Keeps a text and returns its digest. */
  async keep(text: string): Promise<string> {
    const digest = digestOfText(text);
    if (this.#kept.has(digest)) return digest;
    this.#kept.set(digest, text);
    await this.#shared?.set(keyOf(digest), Buffer.from(text), null);
    return digest;
  }

  /** Returns how long an answer with a digest may be reused: a new one would keep a text again that has been lost. */
  validityOf(digest: string): Validity {
    return { isCurrent: () => this.#kept.has(digest) };
  }

  /** Returns the text of a digest; null where it is not known, or no longer. */
  async find(digest: string): Promise<string | null> {
    const kept = this.#kept.get(digest);
    if (kept !== undefined) return kept;
    const bytes = await this.#shared?.get(keyOf(digest));
    const text = bytes ? Buffer.from(bytes).toString("utf8") : null;
    if (text === null || digestOfText(text) !== digest) return null;
    this.#kept.set(digest, text);
    return text;
  }
}

export function digestOfText(text: string): string {
  return shortHash(text, 22);
}

function keyOf(digest: string): string {
  return `text:${digest}`;
}
