import {
  BrokenCircuitError,
  type CircuitBreakerPolicy,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhen,
} from "cockatiel";
import type { Dataset } from "../../domain/dataset.ts";
import { HttpFailure } from "./http-failure.ts";

/** After so many failures in a row, of whatever questions, a dataset is left alone … */
const FAILURES = 10;

/** … for so long; then one request finds out whether it is back. */
const REST_MS = 2_000;

/** Keeps requests from a dataset that only fails, so that an outage costs neither the minute nor the callers' time. */
class Breaker {
  readonly #policy: CircuitBreakerPolicy;
  #restsUntil = 0;
  #last: HttpFailure | null = null;

  constructor() {
    const policy = circuitBreaker(
      handleWhen((fault) => fault instanceof HttpFailure && fault.isOutage),
      { breaker: new ConsecutiveBreaker(FAILURES), halfOpenAfter: REST_MS },
    );
    policy.onBreak(() => {
      this.#restsUntil = performance.now() + REST_MS;
    });
    this.#policy = policy;
  }

  /** Throws while the dataset is left alone. Asked before anything is spent on a request. */
  check(): void {
    if (performance.now() < this.#restsUntil) throw this.#resting();
  }

  /** Runs `attempt` and counts its failures. While one call finds out whether the dataset is back, the others wait for it. */
  async pass<T>(attempt: () => Promise<T>): Promise<T> {
    try {
      return await this.#policy.execute(attempt);
    } catch (fault) {
      if (fault instanceof BrokenCircuitError) throw this.#resting();
      if (fault instanceof HttpFailure) this.#last = fault;
      throw fault;
    }
  }

  #resting(): HttpFailure {
    const seconds = Math.max(1, Math.ceil((this.#restsUntil - performance.now()) / 1_000));
    const last = this.#last;
    return new HttpFailure("resting", {
      retryAfter: seconds,
      host: last?.host ?? "",
      proxy: last?.proxy ?? null,
      cause: last,
    });
  }
}

/** One for each dataset: those that answer are not held back by one that does not. */
export class Breakers {
  readonly #all = new Map<Dataset, Breaker>();

  of(dataset: Dataset): Breaker {
    return this.#all.getOrInsertComputed(dataset, () => new Breaker());
  }
}
