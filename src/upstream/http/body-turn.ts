import { Turns } from "../../domain/fair-turn.ts";

/** A body of fewer characters is parsed and decoded in a millisecond. */
const LONG = 25_000;

const turns = new Turns();

/**
 * Resolves in a turn of the event loop that belongs to this body; undefined for one that takes no time worth sharing. Pages of several
 * lists come at once, and each takes some tens of milliseconds to parse and as many to decode. One that is begun goes before the
 * others: who waits for it may have more to request.
 */
export function bodyTurn(
  body: string,
  { isBegun }: { readonly isBegun: boolean },
): Promise<void> | undefined {
  return body.length < LONG ? undefined : turns.next({ isBegun });
}
