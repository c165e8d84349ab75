import { CLOSED_REASONS, type ClosedReason } from "../../domain/dataset.ts";
import type { ErrorDetails } from "../../errors.ts";
import type { Endpoint } from "../endpoint.ts";
import type { HttpFailure } from "../http/http-failure.ts";
import { UpstreamRefusal } from "./refusal.ts";

/** The dataset as a whole is closed to the gateway, whatever is asked of it. */
export function closedDataset<P, Row>(
  fault: HttpFailure,
  endpoint: Endpoint<P, Row>,
  details: ErrorDetails,
): UpstreamRefusal {
  const { dataset, scope } = endpoint;
  const reason = reasonOf(fault, endpoint);
  const needed = reason === "MISSING_SCOPE" && scope !== undefined ? { scope } : {};
  return new UpstreamRefusal(
    reason === "NOT_ENROLLED" ? "NOT_ENTITLED" : "UPSTREAM_AUTH",
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

/** By `error.details.error_code`. */
export const CLOSED_CODES: Readonly<Record<string, ClosedReason>> = {
  organization_not_enrolled_in_beta: "NOT_ENROLLED",
  organization_type_not_supported: "WRONG_ORGANIZATION",
};

/** Sources disagree on which status says what; where the body has no code, it is the most likely reason. */
function reasonOf<P, Row>(fault: HttpFailure, { scope }: Endpoint<P, Row>): ClosedReason {
  const reason = fault.entryIn(CLOSED_CODES);
  if (reason !== undefined) return reason;
  const { status } = fault;
  if (status === 401) return "KEY_REFUSED";
  return status === 403 && scope !== undefined ? "MISSING_SCOPE" : "NO_ACCESS";
}
