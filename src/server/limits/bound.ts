import type { RequestLimits } from "../../settings/limits.ts";
import { boundVariables } from "./document.ts";
import { keepWithin } from "./exceeded.ts";

interface Bounded {
  readonly query?: unknown;
  readonly variables?: unknown;
}

/** Throws LIMIT_EXCEEDED where a request is larger than it may be, before anything is made of it. */
export function boundRequest({ query, variables }: Bounded, limits: RequestLimits): void {
  if (typeof query === "string") keepWithin(limits, { MAX_DOCUMENT_BYTES: Buffer.byteLength(query) });
  if (typeof variables === "object" && variables !== null) boundVariables(variables, limits);
}
