import type { Dataset } from "../../domain/dataset.ts";
import { type ErrorDetails, GatewayError } from "../../errors.ts";
import type { HttpFailure } from "../http/http-failure.ts";

/** By `error.details.error_code`: the reason a client can branch on, what it is, and who can lift it. */
const BILLING: Readonly<Record<string, readonly [reason: string, sentence: string]>> = {
  enforced_spend_limit_reached: [
    "ENFORCED_SPEND_LIMIT",
    "the organization has used up the monthly spend of its API tier; an admin of the organization can ask Anthropic for a higher tier, or wait for the next month",
  ],
  contract_spend_limit_reached: [
    "CONTRACT_SPEND_LIMIT",
    "the organization has reached the spend limit of its contract; its contact at Anthropic can raise it",
  ],
  linked_organization_spend_limit_reached: [
    "LINKED_ORGANIZATION_SPEND_LIMIT",
    "the linked organization has reached a spend limit that it set, or lacks credit; an admin of that organization can raise the limit or add credit",
  ],
  linked_organization_billing_unavailable: [
    "LINKED_ORGANIZATION_BILLING",
    "the linked organization cannot be billed; an admin of that organization can settle its billing",
  ],
};

const BILLING_PROBLEM = [
  "BILLING_PROBLEM",
  "the organization has a billing problem; an admin can settle it in the organization's billing settings",
] as const;

/** The organization may not spend more, or cannot be billed. */
export function billing(fault: HttpFailure, dataset: Dataset, details: ErrorDetails): GatewayError {
  const [reason, sentence] = fault.entryIn(BILLING) ?? BILLING_PROBLEM;
  return new GatewayError(
    "UPSTREAM_BILLING",
    `Upstream does not answer for ${dataset} (status ${fault.status}): ${sentence}. Retrying does not help until then.`,
    { ...details, reason },
    fault,
  );
}
