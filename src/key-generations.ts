import type { DirectoryCache } from "./loaders/directory/directory.ts";
import type { Credentials } from "./upstream/access/credential.ts";
import type { createUpstream } from "./upstream/create-upstream.ts";

/** Upstream, and what is known of its organizations, as one set of keys opens them. */
interface KeyGeneration {
  readonly upstream: ReturnType<typeof createUpstream>;
  readonly directory: DirectoryCache;
}

/**
 * The keys in use, with everything that was learned with them. Other keys begin anew: their organization, its access and its people may
 * be others. Operations under way end with the keys that they began with.
 */
export class KeyGenerations {
  readonly #keys: () => Credentials;
  readonly #open: (credentials: Credentials) => KeyGeneration;
  readonly #ending = new Set<Promise<unknown>>();
  #credentials: Credentials;
  #current: KeyGeneration;

  constructor(keys: () => Credentials, open: (credentials: Credentials) => KeyGeneration) {
    this.#keys = keys;
    this.#open = open;
    this.#credentials = keys();
    this.#current = open(this.#credentials);
  }

  current(): KeyGeneration {
    const credentials = this.#keys();
    if (credentials === this.#credentials) return this.#current;
    const isSame = fingerprintsOf(credentials) === fingerprintsOf(this.#credentials);
    this.#credentials = credentials;
    if (isSame) return this.#current;
    const end = endOf(this.#current);
    this.#ending.add(end);
    void end.finally(() => this.#ending.delete(end));
    this.#current = this.#open(credentials);
    return this.#current;
  }

  /** Resolves once all that was fetched is stored. */
  async dispose(): Promise<void> {
    await Promise.all([...this.#ending, endOf(this.#current)]);
  }
}

async function endOf({ directory, upstream }: KeyGeneration): Promise<void> {
  await directory.stop();
  await upstream.stored();
}

function fingerprintsOf({ analytics, admin }: Credentials): string {
  return `${analytics?.fingerprint} ${admin?.fingerprint}`;
}
