import { addDays, daysBetween, parseDay } from "../../domain/day.ts";
import { type ErrorDetails, GatewayError } from "../../errors.ts";
import type { Endpoint } from "../endpoint.ts";
import type { HttpFailure } from "../http/http-failure.ts";

/** Engagement endpoints answer a day they do not have yet with a 400; its message names the newest day they have. */
export function notYetAvailable<P, Row>(
  fault: HttpFailure,
  endpoint: Endpoint<P, Row>,
  params: P,
  details: ErrorDetails,
): GatewayError | null {
  const range = endpoint.rangeOf(params);
  if (fault.status !== 400 || range === null || endpoint.coverage?.today !== false) return null;
  const lastDay = addDays(range.until, -1);
  const named = (fault.upstreamMessage.match(/\d{4}-\d{2}-\d{2}/g) ?? []).map(parseDay);
  const newest = named
    .filter((day) => day !== null && day < lastDay && daysBetween(day, lastDay) < 14)
    .at(-1);
  if (newest === undefined || newest === null) return null;
  return new GatewayError(
    "NOT_YET_AVAILABLE",
    `${endpoint.dataset} has no figures for ${lastDay} yet; the newest day is ${newest}.`,
    { ...details, newestDay: newest },
    fault,
  );
}
