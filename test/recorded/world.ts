import { type Instant, rfc3339 } from "../../src/domain/day.ts";
import { type GatewayOptions, gateway } from "../gateway.ts";

export const HOUR_MS = 3_600_000;

/** In the first month of figures: months before it need not be read. */
export const BEGIN: Instant = Date.parse("2026-01-20T09:30:00Z");

/** A small simulated organization, with a clock that is moved to instants. */
export function world(options: GatewayOptions = {}) {
  const made = gateway({ sandbox: { users: 20 }, now: rfc3339(BEGIN), ...options });
  const at = (instant: Instant) => made.at(rfc3339(instant));
  return { ...made, at };
}

/** The days of two weeks. */
export const DAYS = `range: { between: { from: "2026-01-08", until: "2026-01-22" } }`;
