import type { ClosedReason, Dataset } from "../../domain/dataset.ts";
import { organizationName, type Tenant } from "../../domain/organization.ts";
import { GatewayError } from "../../errors.ts";
import { type Endpoint, type KeyFamily, ORGANIZATION_OF_KEY, VARIABLE_OF_KEY } from "../endpoint.ts";
import { whyClosed } from "../errors/closed.ts";
import { isRefusal, UpstreamRefusal } from "../errors/refusal.ts";

/** The key belongs to the other kind of organization: nothing is read with it. */
export function foreignKey(dataset: Dataset, key: KeyFamily, tenant: Tenant): UpstreamRefusal {
  return new UpstreamRefusal(
    "UPSTREAM_AUTH",
    `The gateway does not read ${dataset}: ${foreignKeyText(key, tenant)}`,
    { dataset, reason: "WRONG_ORGANIZATION", token: null },
    { dataset, reason: "WRONG_ORGANIZATION" satisfies ClosedReason },
  );
}

const KINDS = { ENTERPRISE: "an Enterprise", CONSOLE: "a Console" } as const;

/** Names both variables, since the keys are often set for one another. */
export function foreignKeyText(key: KeyFamily, tenant: Tenant): string {
  const kind = ORGANIZATION_OF_KEY[key];
  const isNot = `does not belong to ${KINDS[kind]} organization`;
  if (tenant.name !== null)
    return `the key of \`${organizationName(tenant, kind)}\` ${isNot}; the operator can correct its key or its kind in ORGANIZATIONS_FILE.`;
  const other = key === "analytics" ? "admin" : "analytics";
  return `the key in ${VARIABLE_OF_KEY[key]} ${isNot}; the operator can set it as ${VARIABLE_OF_KEY[other]}.`;
}

/** The error that a client sees for an endpoint with an unproven organization. */
export function unproven<P, Row>(endpoint: Endpoint<P, Row>, fault: unknown, tenant: Tenant): unknown {
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
  if (fault.reason === "WRONG_ORGANIZATION") return foreignKey(dataset, key, tenant);
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
