import type { Archive } from "../../cache/archive.ts";
import { decodeEntry, encodeEntry, type Kept } from "../../cache/entry.ts";
import type { Instant } from "../../domain/day.ts";
import type { Endpoint, KeyFamily } from "../endpoint.ts";
import { type AddressOptions, addressOf, type PageQuestion } from "./address.ts";
import type { BackgroundWrites } from "./background-writes.ts";
import { KeyOwners } from "./key-owners.ts";
import type { Page } from "./page.ts";
import { type PageStore, removeNames } from "./page-store.ts";
import { canonicalPath } from "./path.ts";
import { earliestDay } from "./windows.ts";

export interface PageArchiveOptions extends AddressOptions {
  /** Keeps what upstream stops serving; null: nothing is archived. */
  readonly archive: Archive | null;
  readonly writes: BackgroundWrites;
  readonly now: () => Instant;
  /** Decodes archived bodies, and stores them for the next read. */
  readonly pages: PageStore;
  /** Requests the id of the organization behind a key; null where upstream does not say. */
  readonly requestOwner: (key: KeyFamily) => Promise<string | null>;
}

/** Final pages that upstream stops serving, without the names and addresses of people. They belong to the organization, not to the key. */
export class PageArchive {
  readonly #options: PageArchiveOptions;
  /** Entries that are there: nothing is removed from an archive, and a page is read from the store again and again. */
  readonly #archived = new Set<string>();
  /** The organizations of keys. */
  readonly owners: KeyOwners;

  constructor(options: PageArchiveOptions) {
    this.#options = options;
    this.owners = new KeyOwners(options.archive, options.baseUrl, options.requestOwner);
  }

  get isThere(): boolean {
    return this.#options.archive !== null;
  }

  /** Returns the archived page of a question before the retention window; null for other questions and for pages that are missing. */
  async get<P, Row>(question: PageQuestion<P, Row>): Promise<Page<Row> | null> {
    const { archive, pages, writes } = this.#options;
    if (archive === null || !this.#isExpired(question)) return null;
    await writes.earlier(); // of the pages that an answer just given was made from
    const { key } = addressOf(this.#options, question);
    for await (const entry of this.entries(question)) {
      try {
        const page = removeNames(question.endpoint, pages.decode(question, entry));
        return pages.put(question.endpoint, key, page, entry.body.length);
      } catch {
        // An earlier version read the contract otherwise: the entry counts as missing.
      }
    }
    return null;
  }

  /** True for a final page of an endpoint with a retention window. */
  takes<P, Row>({ coverage }: Pick<Endpoint<P, Row>, "coverage">, page: Page<Row>): boolean {
    return this.#options.archive !== null && page.state === "FINAL" && coverage?.horizonDays != null;
  }

  /** Archives a page that it takes. */
  async put<P, Row>(question: PageQuestion<P, Row>, page: Page<Row>, body: string): Promise<void> {
    const { endpoint } = question;
    if (!this.takes(endpoint, page)) return;
    await this.add(question, page.fetchedAt, async () => withoutNames(endpoint, body));
  }

  /** Yields what is archived of a question, by the organization and then by the key. A `prefix` tells what is not a page. */
  async *entries<P, Row>(question: PageQuestion<P, Row>, prefix = ""): AsyncGenerator<Kept, void, void> {
    const { archive } = this.#options;
    if (archive === null) return;
    const { credential } = addressOf(this.#options, question);
    for (const owner of [await this.owners.known(credential), credential.fingerprint]) {
      if (owner === null) continue;
      const name = prefix + this.#nameOf(owner, question);
      const bytes = await archive.get(name);
      const entry = bytes === null ? null : await decodeEntry(name, bytes);
      if (entry !== null) yield entry;
    }
  }

  /** Archives what `bodyOf` makes, where the archive lacks it: what is read again and again is prepared once. Null is not archived. */
  async add<P, Row>(
    question: PageQuestion<P, Row>,
    fetchedAt: Instant,
    bodyOf: () => Promise<string | null>,
    prefix = "",
  ): Promise<void> {
    const { archive } = this.#options;
    if (archive === null) return;
    const { credential } = addressOf(this.#options, question);
    const owner = (await this.owners.find(credential, question.endpoint.key)) ?? credential.fingerprint;
    const key = prefix + this.#nameOf(owner, question);
    if (this.#archived.has(key)) return;
    if (await archive.has(key)) {
      if (this.#archived.size >= MAX_ARCHIVED) this.#archived.clear();
      this.#archived.add(key);
      return;
    }
    const body = await bodyOf();
    if (body !== null) await archive.put(key, await encodeEntry({ key, body, fetchedAt }));
  }

  #isExpired<P, Row>({ endpoint, params }: PageQuestion<P, Row>): boolean {
    const range = endpoint.rangeOf(params);
    return (
      range !== null && endpoint.coverage !== null && range.from < earliestDay(endpoint, this.#options.now())
    );
  }

  #nameOf<P, Row>(owner: string, { endpoint, params, token }: PageQuestion<P, Row>): string {
    return `${owner} ${this.#options.baseUrl.href} ${canonicalPath(endpoint, params, token)}`;
  }
}

const MAX_ARCHIVED = 10_000;

/** Removes from a body the keys that name people: it is kept for years. */
function withoutNames({ nameKeys = [] }: Pick<Endpoint<never, unknown>, "nameKeys">, body: string): string {
  if (nameKeys.length === 0) return body;
  const json: unknown = JSON.parse(body);
  unset(json, nameKeys);
  return JSON.stringify(json);
}

/** Makes the keys undefined, at any depth: JSON has no undefined. */
export function unset(json: unknown, keys: readonly string[]): void {
  if (typeof json !== "object" || json === null) return;
  if (Array.isArray(json)) {
    for (const item of json) unset(item, keys);
    return;
  }
  const object = json as Record<string, unknown>;
  for (const [key, value] of Object.entries(object)) {
    if (keys.includes(key)) object[key] = undefined;
    else unset(value, keys);
  }
}
