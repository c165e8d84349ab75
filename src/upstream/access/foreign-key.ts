import type { ClosedReason, Dataset } from "../../domain/dataset.ts";
import { GatewayError } from "../../errors.ts";
import { type Endpoint, type KeyFamily, ORGANIZATION_OF_KEY, VARIABLE_OF_KEY } from "../endpoint.ts";
import { whyClosed } from "../errors/closed.ts";
import { isRefusal, UpstreamRefusal } from "../errors/refusal.ts";

/** The key belongs to the other kind of organization: nothing is read with it. */
export function foreignKey(dataset: Dataset, key: KeyFamily): UpstreamRefusal {
  return new UpstreamRefusal(
    "UPSTREAM_AUTH",
    `The gateway does not read ${dataset}: ${foreignKeyText(key)}`,
    { dataset, reason: "WRONG_ORGANIZATION", token: null },
    { dataset, reason: "WRONG_ORGANIZATION" satisfies ClosedReason },
  );
}

/** Names both variables, since the keys are often set for one another. */
export function foreignKeyText(key: KeyFamily): string {
  const other = key === "analytics" ? "admin" : "analytics";
  const kind = { ENTERPRISE: "an Enterprise", CONSOLE: "a Console" } as const;
  return `the key in ${VARIABLE_OF_KEY[key]} does not belong to ${kind[ORGANIZATION_OF_KEY[key]]} organization; the operator can set it as ${VARIABLE_OF_KEY[other]}.`;
}

/** The error that a client sees for an endpoint with an unproven organization. */
export function unproven<P, Row>(endpoint: Endpoint<P, Row>, fault: unknown): unknown {
  const { dataset, key, scope } = endpoint;
  if (!(fault instanceof GatewayError)) return fault;
  const details = { ...fault.details, dataset };
  if (!isRefusal(fault))
    return new GatewayError(
      fault.code,
      `The organization of ${dataset} is not verified yet: ${fault.message}`,
      details,
      fault,
    );
  if (fault.reason === "WRONG_ORGANIZATION") return foreignKey(dataset, key);
  const isCertain = fault.reason === "KEY_REFUSED" || fault.reason === "MISSING_SCOPE";
  const reason = isCertain ? fault.reason : "UNPROVEN_ORGANIZATION";
  return new UpstreamRefusal(
    "UPSTREAM_AUTH",
    `Upstream does not show which organization ${dataset} belongs to (${fault.dataset} answered status ${fault.details.status}): ${whyClosed(reason, scope)}`,
    { dataset, reason, token: null },
    { ...details, reason },
    fault,
  );
}
