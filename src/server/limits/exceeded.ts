import { GatewayError } from "../../errors.ts";
import { type LimitName, REQUEST_LIMITS, type RequestLimits } from "../../settings/limits.ts";

/** LIMIT_EXCEEDED, with the limit by its setting, what it is, and how much there was where that is known. */
export function exceeded(limits: RequestLimits, limit: LimitName, value?: number): GatewayError {
  const { counted, advice } = REQUEST_LIMITS[limit];
  const max = limits[limit];
  const shown = value === undefined ? undefined : Math.min(Math.round(value), Number.MAX_SAFE_INTEGER);
  return new GatewayError(
    "LIMIT_EXCEEDED",
    `The request has ${shown ?? `more than ${max}`} ${counted}; the maximum is ${max} (${limit}). ${advice}`,
    { limit, max, ...(shown === undefined ? {} : { value: shown }) },
  );
}

/** Throws for the first of the limits that is passed. */
export function keepWithin(
  limits: RequestLimits,
  values: Partial<Readonly<Record<LimitName, number>>>,
): void {
  for (const [limit, value] of Object.entries(values) as [LimitName, number][])
    if (value > limits[limit]) throw exceeded(limits, limit, value);
}
