import { type AttemptOptions, attemptGet, type HttpAnswer } from "./attempt.ts";
import { HttpFailure } from "./http-failure.ts";
import { backoff, type Pace } from "./pace.ts";

export interface HttpOptions extends AttemptOptions {
  readonly pace: Pace;
  /** Longest wait for all attempts and the pauses between them. */
  readonly deadlineMs: number;
  /** First pause before a retry; doubles each time. */
  readonly backoffMs: number;
  /** How often a request is tried; three times by default. */
  readonly attempts?: number;
}

/** Connection between the gateway and upstream. */
export interface Gate {
  /** Resolves when a request may leave; `maxWaitMs` is how long it can wait for that. */
  enter(maxWaitMs: number): Promise<void>;
  /** Makes one attempt, with further headers, and learns from what becomes of it. */
  pass<T>(attempt: (headers?: Readonly<Record<string, string>>) => Promise<T>): Promise<T>;
  /** Upstream has rejected a request because of the rate limit: no request leaves for the milliseconds it returns. */
  block(retryAfter: number | undefined): Promise<number>;
}

const ATTEMPTS = 3;
const MAX_BACKOFF_MS = 8_000;

/**
 * One GET, tried at most `attempts` times. Only transient faults are retried, and not where upstream says that a retry cannot help,
 * as when a spend limit is used up. `retry-after` wins over back-off; a wait beyond the deadline is not begun. Every request,
 * retries included, passes `gate`, which holds them back while upstream accepts none.
 */
export async function get(
  options: HttpOptions,
  path: string,
  headers: Readonly<Record<string, string>>,
  parse: (text: string) => unknown,
  gate: Gate,
): Promise<HttpAnswer> {
  const { pace, deadlineMs, attempts = ATTEMPTS } = options;
  const latest = pace.now() + deadlineMs;
  const leftMs = () => latest - pace.now();
  for (let attempt = 1; ; attempt++) {
    await gate.enter(leftMs());
    try {
      return await gate.pass((more) => attemptGet(options, path, { ...headers, ...more }, parse, leftMs()));
    } catch (fault) {
      if (!(fault instanceof HttpFailure)) throw fault;
      const pause = fault.isRateLimit
        ? await gate.block(fault.retryAfter)
        : pauseBefore(fault, attempt, options);
      if (!fault.retryable || attempt >= attempts || pause >= leftMs()) throw fault;
      await pace.sleep(pause);
    }
  }
}

function pauseBefore(failure: HttpFailure, attempt: number, { backoffMs }: HttpOptions): number {
  if (failure.retryAfter !== undefined && failure.retryAfter > 0) return failure.retryAfter * 1_000;
  return backoff(backoffMs, attempt, MAX_BACKOFF_MS);
}
