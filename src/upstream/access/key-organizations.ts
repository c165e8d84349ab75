import { decodeEntry, encodeEntry, type Kept } from "../../cache/entry.ts";
import type { SharedStore } from "../../cache/shared-store.ts";
import type { Validity } from "../../cache/validity.ts";
import type { Instant } from "../../domain/day.ts";
import type { OrganizationKind } from "../../domain/organization.ts";
import { type KeyFamily, ORGANIZATION_OF_KEY } from "../endpoint.ts";
import { UpstreamRefusal } from "../errors/refusal.ts";
import { shared } from "../pages/replicas.ts";
import { LEARNED_FOR_MS } from "./access.ts";
import type { Credentials } from "./credential.ts";

export interface KeyOrganizationsOptions {
  readonly credentials: Credentials;
  readonly baseUrl: URL;
  /** Shares what one replica has found out; null where this process is alone. */
  readonly shared: SharedStore | null;
  readonly now: () => Instant;
  /** How long a replica waits for the proof of another one. */
  readonly timeoutMs: number;
  /** The keys belong to the organizations they are set for, such as those of the sandbox in this process. */
  readonly areKeysProven: boolean;
}

/**
 * The kind of organization that each key belongs to, as upstream has shown it: neither the variable a key is set in nor its prefix
 * proves anything. Stored under the digest of the key, for replicas and for the time after a restart.
 */
export class KeyOrganizations {
  readonly #options: KeyOrganizationsOptions;
  readonly #found = new Map<KeyFamily, { readonly kind: OrganizationKind; readonly at: Instant }>();
  /** Refusals that prove nothing. They hold for an hour, so that a key without the right scope is not tried with each question. */
  readonly #refused = new Map<KeyFamily, { readonly fault: UpstreamRefusal; readonly at: Instant }>();
  readonly #proofs = new Map<KeyFamily, Promise<OrganizationKind>>();

  constructor(options: KeyOrganizationsOptions) {
    this.#options = options;
  }

  /** True if the key is known to belong to the other kind of organization. This holds for an hour, since upstream can be wrong once. */
  isForeign(key: KeyFamily): boolean {
    const kind = this.#kindOf(key);
    return kind !== null && kind !== ORGANIZATION_OF_KEY[key];
  }

  /** Returns how long the proof holds that a key belongs to the organization it is set for. */
  proofOf(key: KeyFamily): Validity {
    return { isCurrent: () => this.#kindOf(key) === ORGANIZATION_OF_KEY[key] };
  }

  /** Returns the kind that is known here or stored, else the outcome of `request`, which is made once for all callers and replicas. */
  async prove(key: KeyFamily, request: () => Promise<OrganizationKind>): Promise<OrganizationKind> {
    const known = this.#kindOf(key);
    if (known !== null) return known;
    const refused = this.#refused.get(key);
    if (refused !== undefined && this.#isRecent(refused.at)) throw refused.fault;
    return this.#proofs.getOrInsertComputed(key, () => this.#prove(key, request));
  }

  /** Notes that an endpoint which one kind of organization alone has answered. */
  async learn(key: KeyFamily): Promise<void> {
    const kind = ORGANIZATION_OF_KEY[key];
    if (this.#kindOf(key) === kind) return;
    const kept = this.#note(key, kind);
    await this.#options.shared?.set(kept.key, await encodeEntry(kept), null);
  }

  /** Forgets a proof when upstream refuses the key itself. */
  async forget(key: KeyFamily): Promise<void> {
    if (this.#found.delete(key)) await this.#options.shared?.delete(this.#nameOf(key));
  }

  /** True if a question needs the proof first. Makes no upstream request. */
  async isUnproven(key: KeyFamily): Promise<boolean> {
    if (this.#kindOf(key) !== null) return false;
    const name = this.#nameOf(key);
    const bytes = (await this.#options.shared?.get(name)) ?? null;
    const entry = bytes === null ? null : await decodeEntry(name, bytes);
    if (entry === null || !isKind(entry.body)) return true;
    this.#note(key, entry.body);
    return false;
  }

  async #prove(key: KeyFamily, request: () => Promise<OrganizationKind>): Promise<OrganizationKind> {
    const { shared: store, timeoutMs } = this.#options;
    const ask = async () => {
      const kind = await request();
      return { page: kind, kept: this.#note(key, kind) };
    };
    try {
      if (store === null) return (await ask()).page;
      const sharing = {
        store,
        key: this.#nameOf(key),
        read: ({ body }: Kept) => kindIn(body),
        isUsable: () => true,
        stored: (body: string) => body,
        lifetimeMs: (kind: OrganizationKind) => (kind === ORGANIZATION_OF_KEY[key] ? null : LEARNED_FOR_MS),
        maxWaitMs: timeoutMs,
        writes: null,
      };
      const { page: kind } = await shared(sharing, ask);
      this.#note(key, kind);
      return kind;
    } catch (fault) {
      if (fault instanceof UpstreamRefusal && fault.reason !== "KEY_REFUSED")
        this.#refused.set(key, { fault, at: this.#options.now() });
      throw fault;
    } finally {
      this.#proofs.delete(key);
    }
  }

  #kindOf(key: KeyFamily): OrganizationKind | null {
    if (this.#options.areKeysProven) return ORGANIZATION_OF_KEY[key];
    const found = this.#found.get(key);
    if (found === undefined) return null;
    return found.kind === ORGANIZATION_OF_KEY[key] || this.#isRecent(found.at) ? found.kind : null;
  }

  #note(key: KeyFamily, kind: OrganizationKind): Kept {
    const at = this.#options.now();
    this.#found.set(key, { kind, at });
    this.#refused.delete(key);
    return { key: this.#nameOf(key), body: kind, fetchedAt: at };
  }

  #isRecent(at: Instant): boolean {
    return this.#options.now() < at + LEARNED_FOR_MS;
  }

  #nameOf(key: KeyFamily): string {
    return `organization of ${this.#options.credentials[key]?.fingerprint ?? ""} ${this.#options.baseUrl.href}`;
  }
}

function kindIn(text: string): OrganizationKind {
  if (!isKind(text)) throw new RangeError("not a kind of organization");
  return text;
}

function isKind(text: string): text is OrganizationKind {
  return text === "ENTERPRISE" || text === "CONSOLE";
}
