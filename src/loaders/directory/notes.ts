import { decodeEntry, encodeEntry } from "../../cache/entry.ts";
import type { SharedStore } from "../../cache/shared-store.ts";
import type { Instant } from "../../domain/day.ts";
import type { DirectoryPart, Progress } from "./part.ts";

/** A part is wanted for this long after its last use, so that weekends and holidays do not end it. */
export const WANTED_MS = 8 * 24 * 3_600_000;

/** A use of a part is noted this often. */
const USES_MS = 3_600_000;

/** Shared state of replicas about a part that is too large for one operation. */
export interface PartNote extends Progress {
  /** When the oldest of its pages was fetched; null while some have not been. */
  readonly wholeAt: Instant | null;
  readonly usedAt: Instant;
  /** When this was noted; zero where a fetch ended early, so that the next question begins it again. */
  readonly at: Instant;
}

export interface PartNotesOptions {
  readonly now: () => Instant;
  /** Null: this process is alone. */
  readonly store: SharedStore | null;
  /** The key of a part's note and lease in the store. */
  readonly keyOf: (part: DirectoryPart) => string;
  /** True if the gateway has the API key that the part is read with. */
  readonly isReadable: (part: DirectoryPart) => boolean;
}

/** The notes of all parts, kept in the process and shared through the store. */
export class PartNotes {
  readonly #options: PartNotesOptions;
  readonly #own = new Map<DirectoryPart, PartNote>();
  readonly #usedAt = new Map<DirectoryPart, Instant>();

  constructor(options: PartNotesOptions) {
    this.#options = options;
  }

  /** Returns what is known of a part that was too large for one operation; null where it never was, or long ago. */
  async of(part: DirectoryPart): Promise<PartNote | null> {
    const { store, keyOf, isReadable } = this.#options;
    const own = this.ownOf(part);
    if (store === null || !isReadable(part)) return own;
    const key = keyOf(part);
    const bytes = await store.get(key);
    const entry = bytes === null ? null : await decodeEntry(key, bytes);
    return (entry && noteIn(entry.body)) ?? own;
  }

  /** Returns what this process noted last. */
  ownOf(part: DirectoryPart): PartNote | null {
    return this.#own.get(part) ?? null;
  }

  async write(part: DirectoryPart, note: PartNote): Promise<void> {
    this.#own.set(part, note);
    const { store, keyOf } = this.#options;
    if (store === null) return;
    const key = keyOf(part);
    await store.set(
      key,
      await encodeEntry({ key, body: JSON.stringify(note), fetchedAt: note.at }),
      WANTED_MS,
    );
  }

  /** Notes a use of a part that is too large for one operation, once an hour at most. */
  async noteUse(part: DirectoryPart): Promise<void> {
    const now = this.#options.now();
    if (now < (this.#usedAt.get(part) ?? 0) + USES_MS) return;
    this.#usedAt.set(part, now);
    const note = await this.of(part);
    if (note !== null) await this.write(part, { ...note, usedAt: now });
  }
}

/** Reads a note; null for one of another form, which a newer version of the gateway may have written. */
function noteIn(body: string): PartNote | null {
  const note = JSON.parse(body) as { readonly [K in keyof PartNote]?: unknown } | null;
  const isNumber = (value: unknown) => Number.isSafeInteger(value);
  const isNumberOrNull = (value: unknown) => value === null || isNumber(value);
  const isNote =
    [note?.done, note?.usedAt, note?.at].every(isNumber) &&
    [note?.total, note?.wholeAt].every(isNumberOrNull);
  return isNote ? (note as PartNote) : null;
}
