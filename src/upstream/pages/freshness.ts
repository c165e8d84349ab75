import { isOfDirectory } from "../../domain/dataset.ts";
import type { Instant } from "../../domain/day.ts";
import { type ErrorCode, GatewayError } from "../../errors.ts";
import type { Access } from "../access/access.ts";
import type { Endpoint } from "../endpoint.ts";
import { FRESH } from "../endpoints/coverage.ts";
import type { Page } from "./page.ts";

export interface FreshnessOptions {
  readonly access: Pick<Access, "accessStatus">;
  /** Upper bound on the freshness lifetime in seconds of pages that are not final; undefined leaves it to the endpoint. */
  readonly freshSeconds: number | undefined;
  readonly now: () => Instant;
}

/** The properties of an endpoint that decide the freshness lifetime of its pages. */
type Aging = Pick<Endpoint<never, unknown>, "dataset" | "subject" | "freshSeconds">;

/** Judges by the clock and by the newest known export how a stored page may be used. */
export class PageFreshness {
  readonly #options: FreshnessOptions;

  constructor(options: FreshnessOptions) {
    this.#options = options;
  }

  /** True for a final page, and for others until their lifetime after the last confirmation ends or a newer export is known. */
  isFresh(
    { state, watermark, fetchedAt }: Pick<Page<unknown>, "state" | "watermark" | "fetchedAt">,
    endpoint: Aging,
  ): boolean {
    if (state === "FINAL") return true;
    const isBefore = (since: Instant) => this.#options.now() < since + this.#lifetimeOf(endpoint);
    const newest = watermark === null ? null : this.#options.access.accessStatus(endpoint.dataset);
    if (newest?.refreshedAt === watermark) return isBefore(Math.max(fetchedAt, newest?.at ?? 0));
    const isReplaced =
      watermark !== null && newest !== null && newest.refreshedAt !== null && newest.refreshedAt > watermark;
    return !isReplaced && isBefore(fetchedAt);
  }

  /** True where a stale page may be served while it is revalidated. Look-ups hold names, which must not outlive their lifetime. */
  isServableWhileRevalidating({ fetchedAt }: Page<unknown>, endpoint: Aging): boolean {
    return endpoint.subject !== "live" && this.#options.now() < fetchedAt + 2 * this.#lifetimeOf(endpoint);
  }

  /** True where a stale page may be served because upstream fails (stale-if-error, RFC 5861). */
  isServableOnError({ fetchedAt }: Page<unknown>): boolean {
    return this.#options.now() < fetchedAt + STALE_MS;
  }

  /** True where the names in a page are older than a look-up may be. */
  hasOldNames({ areNamesRemoved, fetchedAt }: Pick<Page<unknown>, "areNamesRemoved" | "fetchedAt">): boolean {
    return !areNamesRemoved && this.#options.now() >= fetchedAt + FRESH.lookups * 1_000;
  }

  /** FRESH_TTL bounds figures only: names and groups of a large organization take longer to fetch than it may be. */
  #lifetimeOf({ freshSeconds, dataset }: Aging): number {
    const most = isOfDirectory(dataset) ? undefined : this.#options.freshSeconds;
    return Math.min(freshSeconds, most ?? Number.POSITIVE_INFINITY) * 1_000;
  }
}

/** Figures that can still change are stored this long beyond their freshness, to be served when upstream fails. */
const STALE_MS = 24 * 3_600_000;

/** Returns how long a page is worth storing; null for a final one, which never expires. */
export function storageLifetimeMs({ state }: Page<unknown>): number | null {
  return state === "FINAL" ? null : STALE_MS;
}

/** Faults for which an older page, marked as stale, is a better answer. */
const TRANSIENT: readonly ErrorCode[] = [
  "UPSTREAM_UNAVAILABLE",
  "UPSTREAM_RATE_LIMITED",
  "UPSTREAM_BILLING",
  "UPSTREAM_BUDGET_EXHAUSTED",
  "UPSTREAM_SHAPE",
];

export function isTransient(fault: unknown): fault is GatewayError {
  return fault instanceof GatewayError && TRANSIENT.includes(fault.code);
}
