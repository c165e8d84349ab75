import type { Validity } from "../../cache/validity.ts";
import type { ClosedReason, Dataset } from "../../domain/dataset.ts";
import type { Instant } from "../../domain/day.ts";
import type { UpstreamRefusal } from "../errors/refusal.ts";

/** The last answer of upstream about access to a dataset. */
export interface AccessStatus {
  /** Why upstream does not let the gateway read it; null where it answered. */
  readonly refusal: ClosedReason | null;
  /** When upstream exported what it answered with; null where it does not say, or refused. */
  readonly refreshedAt: Instant | null;
  /** When it said so. */
  readonly at: Instant;
}

/** Keys are widened and organizations are enrolled without telling the gateway, so what was learned holds for an hour. */
export const LEARNED_FOR_MS = 3_600_000;

/** Remembers which datasets the keys of this process open. */
export class Access {
  readonly #now: () => Instant;
  readonly #learned = new Map<Dataset, AccessStatus>();

  /** First questions to datasets, under way. */
  readonly #probes = new Map<Dataset, Promise<void>>();

  constructor(now: () => Instant) {
    this.#now = now;
  }

  /** Null: nothing is known, or no longer. */
  accessStatus(dataset: Dataset): AccessStatus | null {
    const learned = this.#learned.get(dataset);
    return learned !== undefined && this.#now() < learned.at + LEARNED_FOR_MS ? learned : null;
  }

  /** Returns the validity of what is known of upstream refusing a dataset. */
  refusalOf(dataset: Dataset): Validity {
    const refusalNow = () => this.accessStatus(dataset)?.refusal ?? null;
    const refusal = refusalNow();
    return { isCurrent: () => refusalNow() === refusal };
  }

  /**
   * Returns the result of `ask`; null where upstream is known to reject the dataset. While nothing is known of it, the first
   * caller finds out, and the others `wait` instead of being rejected each.
   */
  async attempt<T>(
    dataset: Dataset,
    ask: () => Promise<T>,
    wait: (probe: Promise<unknown>) => Promise<unknown>,
  ): Promise<T | null> {
    if (this.accessStatus(dataset) === null) {
      const probe = this.#probes.get(dataset);
      if (probe === undefined) return this.#try(dataset, ask());
      await wait(probe);
    }
    return this.accessStatus(dataset)?.refusal ? null : ask();
  }

  #try<T>(dataset: Dataset, answer: Promise<T>): Promise<T> {
    const end = () => void this.#probes.delete(dataset);
    this.#probes.set(dataset, answer.then(end, end));
    return answer;
  }

  answered(dataset: Dataset, refreshedAt: Instant | null): void {
    this.#learned.set(dataset, { refusal: null, refreshedAt, at: this.#now() });
  }

  refused({ dataset, reason }: UpstreamRefusal): void {
    this.#learned.set(dataset, { refusal: reason, refreshedAt: null, at: this.#now() });
  }
}
