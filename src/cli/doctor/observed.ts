import type { Dispatcher } from "undici";
import type { Instant } from "../../domain/day.ts";

/** Requests to upstream as they leave, and the clock of upstream as its answers state it. */
export interface Observed {
  readonly dispatcher: Dispatcher;
  readonly requests: () => number;
  /** Milliseconds by which the clock of this machine is ahead of upstream's; null while no answer is dated. */
  readonly aheadMs: () => number | null;
}

/** Counts requests, lets no more than `most` through, and reads the `date` of answers. */
export function observed(to: Dispatcher, most: number, now: () => Instant): Observed {
  let requests = 0;
  let aheadMs: number | null = null;
  const dispatcher = to.compose((dispatch) => (options, handler) => {
    if (requests >= most) throw new Error("more requests than were announced");
    requests++;
    return dispatch(
      options,
      dated(handler, (sentAt) => {
        aheadMs = now() - sentAt;
      }),
    );
  });
  return { dispatcher, requests: () => requests, aheadMs: () => aheadMs };
}

/** Passes everything on to `handler`, after the `date` of the response. */
function dated(
  handler: Dispatcher.DispatchHandler,
  onDate: (sentAt: Instant) => void,
): Dispatcher.DispatchHandler {
  return {
    onRequestStart: (...args) => handler.onRequestStart?.(...args),
    onResponseStart(controller, status, headers, message) {
      const sentAt = Date.parse(String(headers.date ?? ""));
      if (!Number.isNaN(sentAt)) onDate(sentAt);
      handler.onResponseStart?.(controller, status, headers, message);
    },
    onResponseData: (...args) => handler.onResponseData?.(...args),
    onResponseEnd: (...args) => handler.onResponseEnd?.(...args),
    onResponseError: (...args) => handler.onResponseError?.(...args),
  };
}
