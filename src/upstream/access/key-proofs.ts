import type { Instant } from "../../domain/day.ts";
import type { Tenant } from "../../domain/organization.ts";
import { Outage } from "../../errors.ts";
import { Operation } from "../budget/operation.ts";
import { type Endpoint, type KeyFamily, ORGANIZATION_OF_KEY } from "../endpoint.ts";
import { isRefusal } from "../errors/refusal.ts";
import type { PageSource } from "../pages/page-source.ts";
import type { Access } from "./access.ts";
import type { Credentials } from "./credential.ts";
import { foreignKey, foreignKeyText, unproven } from "./foreign-key.ts";
import type { KeyOrganizations } from "./key-organizations.ts";
import { proveKind, SHOWN_BY } from "./proof.ts";

export interface KeyProofsOptions {
  readonly tenant: Tenant;
  readonly credentials: Credentials;
  readonly baseUrl: URL;
  readonly now: () => Instant;
  /** Longest wait for one proof. */
  readonly deadlineMs: number;
  readonly onFault: (fault: unknown) => void;
  readonly access: Access;
  readonly organizations: KeyOrganizations;
  readonly source: PageSource;
}

/** Makes sure that a key belongs to the organization it is set for before anything is read with it. */
export class KeyProofs {
  readonly #options: KeyProofsOptions;

  constructor(options: KeyProofsOptions) {
    this.#options = options;
  }

  /**
   * Resolves once upstream has shown that a key belongs to the organization it is set for. Throws WRONG_ORGANIZATION, or what keeps
   * upstream from showing it.
   */
  async prove(operation: Operation, key: KeyFamily): Promise<void> {
    const own = ORGANIZATION_OF_KEY[key];
    const kind = await this.#options.organizations.prove(key, () => this.#request(operation, key));
    if (kind !== own) throw foreignKey(SHOWN_BY[own].dataset, key, this.#options.tenant);
  }

  /**
   * Throws where a key belongs to the other kind of organization, or where an endpoint that both kinds have would be read without
   * proof. Look-ups are read where upstream refuses the proof for a scope: they hold no figures that could be labelled wrongly.
   */
  async admit<P, Row>(operation: Operation, endpoint: Endpoint<P, Row>): Promise<void> {
    const { credentials, organizations, tenant } = this.#options;
    const { key, dataset, isOfBothKinds, subject } = endpoint;
    if (credentials[key] === null) return;
    if (organizations.isForeign(key)) throw foreignKey(dataset, key, tenant);
    if (!isOfBothKinds) return;
    try {
      await operation.wait(this.prove(operation, key));
      operation.dependOn(organizations.proofOf(key));
    } catch (fault) {
      const failure = unproven(endpoint, fault, tenant);
      if (subject === "live" && isRefusal(failure) && failure.reason !== "WRONG_ORGANIZATION") return;
      throw failure;
    }
  }

  /** True where nothing keeps an endpoint from being read without proof. */
  needsNone({ key, isOfBothKinds }: Pick<Endpoint<never, unknown>, "key" | "isOfBothKinds">): boolean {
    const { credentials, organizations } = this.#options;
    return credentials[key] !== null && !isOfBothKinds && !organizations.isForeign(key);
  }

  /** Makes one small request for all who wait for it, so it ends with the time of an operation and not with the first to leave. */
  async #request(operation: Operation, key: KeyFamily) {
    const { access, baseUrl, deadlineMs, now, onFault, source, tenant } = this.#options;
    const { priority, caller, unbounded } = operation;
    const signal = unbounded ? operation.signal : AbortSignal.timeout(deadlineMs);
    const proving = new Operation(2, { signal, priority, caller, unbounded });
    const own = ORGANIZATION_OF_KEY[key];
    const { dataset } = SHOWN_BY[own];
    try {
      const shown = await proveKind(key, now(), (endpoint, params) =>
        source.probe(proving, endpoint, params),
      );
      if (shown === own) access.answered(dataset, null);
      else
        onFault(
          new Outage(foreignKeyText(key, tenant), "WRONG_ORGANIZATION", { dataset, host: baseUrl.host }),
        );
      return shown;
    } finally {
      operation.usage.requests += proving.usage.requests;
      operation.bucket = proving.bucket;
    }
  }
}
