import type { Credential } from "./credential.ts";
import { type Endpoint, Refusal } from "./endpoint.ts";
import type { Protocol } from "./protocol.ts";
import type { TokenBuckets } from "./token-buckets.ts";

/** Counts a request against its organization, and states in `sent` what is left. Refuses one over the limit. */
export function countRequest(
  buckets: TokenBuckets,
  { rateLimit }: Endpoint,
  { organization }: Credential,
  { now, retryAfter = true }: Protocol,
  sent: Record<string, string>,
): void {
  const grant = buckets.take(organization, rateLimit, now());
  sent["anthropic-ratelimit-requests-limit"] = String(grant.limit);
  sent["anthropic-ratelimit-requests-remaining"] = String(grant.remaining);
  sent["anthropic-ratelimit-requests-reset"] = new Date(grant.fullAt).toISOString();
  if (grant.granted) return;
  if (retryAfter) sent["retry-after"] = String(Math.ceil(grant.waitMs / 1000));
  throw new Refusal(429, `Too many requests for this organization: ${grant.limit} a minute are allowed`);
}
