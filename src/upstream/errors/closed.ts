import { CLOSED_REASONS, type ClosedReason } from "../../domain/dataset.ts";
import type { ErrorDetails } from "../../errors.ts";
import type { Endpoint } from "../endpoint.ts";
import type { HttpFailure } from "../http/http-failure.ts";
import { UpstreamRefusal } from "./refusal.ts";

/** The dataset as a whole is closed to the gateway, whatever is asked of it. */
export function closedDataset<P, Row>(
  fault: HttpFailure,
  endpoint: Endpoint<P, Row>,
  params: P,
  details: ErrorDetails,
): UpstreamRefusal {
  const { dataset, scope } = endpoint;
  const reason = reasonOf(fault, endpoint, params);
  const needed = reason === "MISSING_SCOPE" && scope !== undefined ? { scope } : {};
  return new UpstreamRefusal(
    NOT_ENTITLED.has(reason) ? "NOT_ENTITLED" : "UPSTREAM_AUTH",
    `Upstream does not give this gateway access to ${dataset} (status ${fault.status}): ${whyClosed(reason, scope)}`,
    { dataset, reason, token: null },
    { ...details, reason, ...needed },
    fault,
  );
}

/** Why a dataset is closed, and what would open it. */
export function whyClosed(reason: ClosedReason, scope: string | undefined): string {
  return CLOSED_REASONS[reason].replace("{scope}", scope ?? "for it");
}

/** Reasons that are properties of the organization: its key is good. */
const NOT_ENTITLED: ReadonlySet<ClosedReason> = new Set<ClosedReason>([
  "NOT_ENROLLED",
  "HIPAA_READINESS",
  "NO_USAGE_CREDITS",
]);

/** By `error.details.error_code`. */
const CLOSED_CODES: Readonly<Record<string, ClosedReason>> = {
  organization_not_enrolled_in_beta: "NOT_ENROLLED",
  organization_type_not_supported: "WRONG_ORGANIZATION",
};

/**
 * Why a request with status 400 or 410 shows that the whole dataset is closed; null where it may be about this request alone. No
 * code is known for two of the reasons, so they are recognized by the words of the message.
 */
export function statedReason<P, Row>(
  fault: HttpFailure,
  { needsEnrolment, rateLimit, namesChildren }: Endpoint<P, Row>,
  params: P,
): ClosedReason | null {
  const stated = fault.entryIn(CLOSED_CODES);
  if (stated !== undefined) return stated;
  if (namesChildren?.(params)) return null; // one of them can have HIPAA readiness
  if (needsEnrolment && /\bHIPAA\b/i.test(fault.upstreamMessage)) return "HIPAA_READINESS";
  if (rateLimit === "spendLimits" && /usage credits/i.test(fault.upstreamMessage)) return "NO_USAGE_CREDITS";
  return null;
}

/** Sources disagree on which status says what; where the body has no code, it is the most likely reason. */
function reasonOf<P, Row>(fault: HttpFailure, endpoint: Endpoint<P, Row>, params: P): ClosedReason {
  const reason = statedReason(fault, endpoint, params);
  if (reason !== null) return reason;
  const { status } = fault;
  const { scope } = endpoint;
  if (status === 401) return "KEY_REFUSED";
  return status === 403 && scope !== undefined ? "MISSING_SCOPE" : "NO_ACCESS";
}
