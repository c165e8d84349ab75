import type { Dataset } from "../domain/dataset.ts";
import type { Tenant } from "../domain/organization.ts";
import type { AccessStatus } from "./access/access.ts";
import type { Availability, BudgetBucket, Priority } from "./budget/budget.ts";
import type { Page } from "./pages/page.ts";

/** Where a page was found: in this process, with a request under way, in the shared store, in the archive, or upstream. */
export type PageLevel = "memory" | "joined" | "shared" | "archive" | "upstream";

/** Attempt of an upstream request, as a trace shows it. */
export interface TracedAttempt {
  /** Headers that continue the trace. */
  readonly headers: Readonly<Record<string, string>>;
  /** `fault` is what was thrown, null for an answer. */
  end(fault: unknown): void;
}

/** Begins the span of an attempt under the field or request that caused it; null where that is not traced. */
export type TraceAttempt = (attempt: {
  readonly dataset: Dataset;
  /** Path of the endpoint; null where it has an id in it. */
  readonly path: string | null;
  readonly host: URL;
  /** Number of the attempt, from 0. */
  readonly resends: number;
}) => TracedAttempt | null;

/** Receives what the upstream of a process does, for metrics. */
export interface UpstreamObserver {
  /** A request had its place in the minute after so many milliseconds. */
  waited(family: BudgetBucket["family"], priority: Priority, ms: number): void;
  /** An attempt has ended; `fault` is what was thrown, null for an answer. `tenant` is null where the operator has named no organizations. */
  attempted(dataset: Dataset, tenant: Tenant | null, fault: unknown, ms: number): void;
  /** An operation was given a page. */
  found(dataset: Dataset, level: PageLevel, page: Pick<Page<unknown>, "state" | "stale">): void;
}

/** The rest of the minute for one organization and kind of request. */
export interface BudgetState extends Pick<Availability, "limit" | "left"> {
  /** Its name. */
  readonly organization: string;
  readonly family: BudgetBucket["family"];
}

/** The present state of the upstream of a tenant. */
export interface UpstreamState {
  readonly tenant: Tenant;
  /** The budget of each organization with a key. Makes no upstream request. */
  budgets(): Promise<readonly BudgetState[]>;
  accessStatus(dataset: Dataset): AccessStatus | null;
}
