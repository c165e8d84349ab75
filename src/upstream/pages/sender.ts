import type { Budget, Turn } from "../budget/budget.ts";
import type { Operation } from "../budget/operation.ts";
import type { Endpoint } from "../endpoint.ts";
import type { HttpAnswer } from "../http/attempt.ts";
import { Breakers } from "../http/breaker.ts";
import { get, type HttpOptions } from "../http/get.ts";
import { HttpFailure } from "../http/http-failure.ts";
import type { Outages } from "../http/outages.ts";
import type { TraceAttempt, UpstreamObserver } from "../observer.ts";
import { type AddressOptions, bucketOf, type PageAddress } from "./address.ts";
import { parserOf } from "./page-store.ts";

export interface SenderOptions extends HttpOptions, AddressOptions {
  readonly budget: Budget;
  readonly outages: Outages;
  /** Null: nothing is measured. */
  readonly observer: UpstreamObserver | null;
  /** Null: nothing is traced. */
  readonly trace: TraceAttempt | null;
}

const API_VERSION = "2026-10-21";

/** The deadline of an operation without one. */
const UNBOUNDED_MS = 24 * 3_600_000;

/** Sends the request for a page through the circuit breaker and the rate limiter, and reports outages. */
export class Sender {
  readonly #options: SenderOptions;
  readonly #breakers = new Breakers();

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  send<P, Row>(
    operation: Operation,
    { endpoint, params }: { readonly endpoint: Endpoint<P, Row>; readonly params: P },
    { credential, path }: PageAddress,
    unwanted: AbortSignal,
  ): Promise<HttpAnswer> {
    const { baseUrl, budget, observer, outages, tenant = null, trace } = this.#options;
    const { priority, caller, unbounded } = operation;
    const { dataset } = endpoint;
    const beta = endpoint.beta?.(params);
    const headers = {
      ...credential.headers(),
      "anthropic-version": API_VERSION,
      accept: "application/json",
      ...(beta === undefined ? {} : { "anthropic-beta": beta }),
    };
    const bucket = bucketOf(this.#options, endpoint);
    const turn = (maxWaitMs: number): Turn => ({ ...bucket, priority, caller, dataset, maxWaitMs });
    const breaker = this.#breakers.of(dataset);
    let leftAt = 0;
    let resends = 0;
    const template = typeof endpoint.path === "string" ? endpoint.path : null;
    const options = unbounded ? { ...this.#options, deadlineMs: UNBOUNDED_MS } : this.#options;
    return get(options, path, headers, parserOf(endpoint), {
      async enter(maxWaitMs) {
        breaker.check();
        const arrivedAt = budget.now();
        await budget.enter(turn(maxWaitMs), unwanted);
        leftAt = budget.now();
        observer?.waited(bucket.family, priority, leftAt - arrivedAt);
        operation.usage.requests++;
        operation.bucket = bucket;
      },
      async pass(attempt) {
        const startedAt = performance.now();
        const span = trace?.({ dataset, path: template, host: baseUrl, resends: resends++ }) ?? null;
        try {
          const answer = await breaker.pass(() => attempt(span?.headers));
          span?.end(null);
          observer?.attempted(dataset, tenant, null, performance.now() - startedAt);
          budget.answered(turn(0), leftAt);
          outages.answered(dataset);
          return answer;
        } catch (fault) {
          span?.end(fault);
          observer?.attempted(dataset, tenant, fault, performance.now() - startedAt);
          if (fault instanceof HttpFailure && (fault.isOutage || fault.status === 401))
            outages.failed(dataset, fault);
          throw fault;
        }
      },
      block: (retryAfter) => budget.block(turn(0), retryAfter, leftAt),
    });
  }
}
