import { setImmediate } from "node:timers/promises";

/** A body of fewer characters is parsed or decoded in a few milliseconds. */
const LONG = 250_000;

let last: Promise<unknown> = Promise.resolve();

/**
 * Resolves in a turn of the event loop that belongs to this body; undefined for one that takes no time worth sharing. Pages of several
 * lists come at once, and each takes some tens of milliseconds to parse and as many to decode.
 */
export function bodyTurn(body: string): Promise<unknown> | undefined {
  if (body.length < LONG) return undefined;
  last = last.then(() => setImmediate());
  return last;
}
