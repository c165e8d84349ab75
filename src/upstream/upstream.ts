import type { Validity } from "../cache/validity.ts";
import type { Dataset } from "../domain/dataset.ts";
import type { Tenant } from "../domain/organization.ts";
import type { AccessStatus } from "./access/access.ts";
import type { Availability } from "./budget/budget.ts";
import type { Age, Usage } from "./budget/operation.ts";
import type { Endpoint, KeyFamily } from "./endpoint.ts";
import type { UpstreamRefusal } from "./errors/refusal.ts";
import type { KeyedEndpoint } from "./pages/address.ts";
import type { Page } from "./pages/page.ts";
import type { UpstreamPage } from "./pages/page-run.ts";
import type { Recording } from "./pages/recordings.ts";
import type { Size } from "./pages/sizes.ts";

/** The upstream of one tenant, as one operation sees it. */
export interface Upstream {
  readonly tenant: Tenant;
  /** Pages in order, from the first or from the one `from` names. Ends only where upstream says so. */
  pages<P, Row>(
    endpoint: Endpoint<P, Row>,
    params: P,
    from?: string | null,
  ): AsyncGenerator<UpstreamPage<Row>, void, void>;
  /** The pages of questions that have one each, where this process holds all of them. Null: `pages` reads them, and none counts as used. */
  onlyPages<P, Row>(endpoint: Endpoint<P, Row>, questions: readonly P[]): readonly UpstreamPage<Row>[] | null;
  /** Part of a query that is stored permanently; null where that is nothing. Makes no request. */
  kept<P, Row>(endpoint: Endpoint<P, Row>, params: P): Promise<Page<Row> | null>;
  /** A page that would cost no request now, columns aside, for looking ahead: it counts as nothing that was used. Null: it would cost one. */
  peek<P, Row>(
    endpoint: Endpoint<P, Row>,
    params: P,
    token: string | null,
  ): Page<Row> | null | Promise<Page<Row> | null>;
  /** Returns the number of rows of a question that is kept as columns, and so costs no request; null where it is not. */
  rowsInColumns<P, Row>(endpoint: Endpoint<P, Row>, params: P): Promise<number | null>;
  /** The availability of the bucket that requests to an endpoint take from, if so many more were sent. */
  availability(
    endpoint: Pick<Endpoint<never, unknown>, "key" | "dataset" | "subject" | "rateLimit">,
    requests: number,
  ): Promise<Availability>;
  /** The rest of the bucket that the newest request took from; null before the first. */
  left(): Promise<number | null>;
  has(key: KeyFamily): boolean;
  /**
   * Resolves once upstream has shown that a key belongs to the organization it is set for; at most one request, ever, where it
   * does. Throws WRONG_ORGANIZATION, or what keeps upstream from showing it.
   */
  prove(key: KeyFamily): Promise<void>;
  /** True if a key is known to belong to the other kind of organization than it is set for. */
  isForeign(key: KeyFamily): boolean;
  /** True if reading an endpoint begins with the request that proves its key. Makes none. */
  needsProof(endpoint: Pick<Endpoint<never, unknown>, "key" | "isOfBothKinds">): Promise<boolean>;
  /** The known access of this process to a dataset; null: unknown. */
  accessStatus(dataset: Dataset): AccessStatus | null;
  /** The answer of `ask`, or null where the dataset is known to be refused; see Access. */
  attempt<T>(dataset: Dataset, ask: () => Promise<T>): Promise<T | null>;
  /** Takes a refusal of one question for one of the whole dataset: another source has answered the same. */
  remember(refusal: UpstreamRefusal): void;
  /**
   * All pages of a question as they are kept, up to a day old and marked so where they are not fresh; null where one is missing.
   * Nothing is asked, and it counts as nothing that was used until it is taken.
   */
  stored<P, Row>(endpoint: Endpoint<P, Row>, params: P): Promise<readonly Page<Row>[] | null>;
  /** Notes pages as used; `validity` is theirs where they were never stored. */
  take(
    endpoint: Pick<Endpoint<never, unknown>, "dataset">,
    pages: readonly Page<unknown>[],
    validity?: Validity | null,
  ): void;
  /** Returns the records of a dataset; null: this gateway records nothing. Throws NOT_CONFIGURED without a key. */
  recording(endpoint: KeyedEndpoint): Recording | null;
  /** How long the longest list of a dataset is, by what was read lately. */
  sizeOf(dataset: Dataset): Size;
  /** Sets so many requests aside for what asks next. Where fewer are left, none is, and it gives the number of those. */
  claim(requests: number): number | null;
  /** The most requests the operation may begin. */
  readonly maxRequests: number;
  /** Notes that the operation was given a part of a dataset that the process keeps, valid for so long. */
  hit(dataset: Dataset, validity: Validity): void;
  /** Notes something else that the answer is made from; null: it may change unnoticed. */
  dependOn(validity: Validity | null): void;
  /** Everything that the answer is made from; null: some of it may change unnoticed. */
  readonly validities: ReadonlySet<Validity> | null;
  /** For whom, of those who share the rate limit. */
  readonly caller: string;
  /** True if it has no deadline and no limit on requests. */
  readonly isUnbounded: boolean;
  /** Lets other operations have the thread; see Operation. */
  turn(): Promise<unknown>;
  /** Lets other operations have the thread in the middle of a list of the answer; see Operation. */
  pauseAnswer(): Promise<void>;
  /** Resolves when all keys are known that the lists of the answer look up now; see Operation. */
  keysCollected(): Promise<void>;
  readonly usage: Usage;
  /** Datasets it has requested figures or names of. */
  readonly datasets: ReadonlySet<Dataset>;
  readonly age: Age;
}
