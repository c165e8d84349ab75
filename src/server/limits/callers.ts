import { GatewayError } from "../../errors.ts";
import { estimate, namesOfRequests, refuseTooExpensive } from "../../planning/estimate.ts";
import type { PlannedField } from "../../planning/requests.ts";
import type { Upstream } from "../../upstream/upstream.ts";
import type { CallerAccounts } from "./accounts.ts";

/** Limit of one caller per minute; null: unlimited. */
export interface CallerLimits {
  readonly operations: number | null;
  readonly requests: number | null;
}

/**
 * Limits the use of a minute by each caller: operations, and upstream requests. The requests that an operation will need are known
 * before it runs and count until it has ended; then its actual requests count.
 */
export class Callers {
  readonly #limits: CallerLimits;
  readonly #accounts: CallerAccounts;

  constructor(limits: CallerLimits, accounts: CallerAccounts) {
    this.#limits = limits;
    this.#accounts = accounts;
  }

  /** Counts an operation, or a file. Throws CALLER_RATE_LIMITED, or rejects with it. */
  enter(caller: string): void | Promise<void> {
    const limit = this.#limits.operations;
    if (limit === null) return;
    const taken = this.#accounts.takeOperation(caller, limit);
    const check = ({ operations, ms }: Awaited<typeof taken>) => {
      if (operations === 0) throw limited("operations", "CALLER_OPERATIONS_PER_MINUTE", limit, limit, ms);
    };
    return taken instanceof Promise ? taken.then(check) : check(taken);
  }

  /**
   * Holds the requests of an operation against its caller; the function it returns says, at the end, how many there were. What is
   * kept counts for nothing, nor does what the caller is already waiting for. Throws CALLER_RATE_LIMITED, or TOO_EXPENSIVE where
   * no minute would do.
   */
  async hold(
    { caller, maxRequests }: Pick<Upstream, "caller" | "maxRequests">,
    fields: readonly PlannedField[],
  ): Promise<(requests: number) => void> {
    const limit = this.#limits.requests;
    if (limit === null || fields.length === 0) return () => {};
    let held = await this.#accounts.hold(caller, limit, [...namesOfRequests(fields)]);
    if ("excess" in held) {
      const plan = await estimate(maxRequests, fields);
      refuseTooExpensive(plan, limit);
      const names = new Set(
        plan.fields.filter(({ refusesItself }) => !refusesItself).flatMap(({ names }) => names),
      );
      held = await this.#accounts.hold(caller, limit, [...names]);
    }
    if ("excess" in held) {
      const { excess, ms } = held;
      throw limited("upstream requests", "CALLER_REQUESTS_PER_MINUTE", limit, limit + excess, ms);
    }
    const { id } = held;
    return (requests) => this.#accounts.settle(id, requests);
  }
}

function limited(what: string, limit: string, max: number, value: number, waitMs: number): GatewayError {
  const retryAfter = Math.max(1, Math.ceil(waitMs / 1_000));
  return new GatewayError(
    "CALLER_RATE_LIMITED",
    `You may have ${max} ${what} per minute (${limit}), and this would exceed it; retry in ${retryAfter} seconds.`,
    { limit, max, value, retryAfter },
  );
}
