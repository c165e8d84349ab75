import type { Archive } from "../../cache/archive.ts";
import type { Credential } from "../access/credential.ts";
import type { KeyFamily } from "../endpoint.ts";

/** After how long an organization that did not say who it is is asked again. */
const AGAIN_MS = 300_000;

/**
 * Which organization a key is of, as the archive remembers it: a key that replaces another one of the same organization reads what that
 * one has archived. A key is written down when upstream has answered it with figures, so none reads what it was never let near.
 */
export class KeyOwners {
  readonly #archive: Archive | null;
  readonly #baseUrl: URL;
  readonly #ask: (key: KeyFamily) => Promise<string | null>;
  readonly #known = new Map<string, string>();
  readonly #failedAt = new Map<string, number>();

  constructor(archive: Archive | null, baseUrl: URL, ask: (key: KeyFamily) => Promise<string | null>) {
    this.#archive = archive;
    this.#baseUrl = baseUrl;
    this.#ask = ask;
  }

  /** Stored record of a key; null: none. */
  async known({ fingerprint }: Credential): Promise<string | null> {
    const known = this.#known.get(fingerprint);
    if (known !== undefined) return known;
    const bytes = await this.#archive?.get(this.#nameOf(fingerprint));
    if (bytes == null) return null;
    const owner = new TextDecoder().decode(bytes);
    this.#known.set(fingerprint, owner);
    return owner;
  }

  /** Asks upstream where nothing is written down; null where it does not say. Only for a key that upstream has answered. */
  async find(credential: Credential, key: KeyFamily): Promise<string | null> {
    const { fingerprint } = credential;
    try {
      const known = await this.known(credential);
      if (known !== null) return known;
      if (performance.now() < (this.#failedAt.get(fingerprint) ?? Number.NEGATIVE_INFINITY) + AGAIN_MS)
        return null;
      const owner = await this.#ask(key);
      if (owner === null) throw new RangeError("no organization");
      await this.#archive?.put(this.#nameOf(fingerprint), new TextEncoder().encode(owner));
      this.#known.set(fingerprint, owner);
      return owner;
    } catch {
      this.#failedAt.set(fingerprint, performance.now());
      return null; // what is kept by the key alone is still found by it
    }
  }

  #nameOf(fingerprint: string): string {
    return `key ${fingerprint} ${this.#baseUrl.href}`;
  }
}
