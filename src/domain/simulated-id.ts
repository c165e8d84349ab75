import type { OrganizationKind } from "./organization.ts";

/** Returns the UUID of a simulated organization, which the sandbox and the settings of a gateway over it both know by its seed. */
export function simulatedOrganizationId(seed: number, kind: OrganizationKind): string {
  return `5a4db0c5-0000-4000-${kind === "ENTERPRISE" ? "8000" : "8001"}-${seed.toString(16).padStart(12, "0")}`;
}
