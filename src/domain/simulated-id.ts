import type { OrganizationKind } from "./organization.ts";

/** Everything that the figures of a simulated organization follow from. */
export interface SimulatedOrganization {
  readonly seed: number;
  readonly users: number;
  /** None by default. */
  readonly children?: number;
}

/**
 * Returns the UUID of a simulated organization, which the sandbox and the settings of a gateway over it both know. An archive keeps figures
 * by it, so organizations with other figures have other ids.
 */
export function simulatedOrganizationId(
  { seed, users, children = 0 }: SimulatedOrganization,
  kind: OrganizationKind,
): string {
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, "0");
  const size = hex(users, 5) + hex(children, 2);
  return `5a4db0c5-${size.slice(0, 4)}-4${size.slice(4)}-${kind === "ENTERPRISE" ? "8000" : "8001"}-${hex(seed, 12)}`;
}
