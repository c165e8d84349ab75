import { endpoints } from "./endpoints.ts";
import { createHandler, type Handle, type Protocol } from "./handler.ts";
import { createLedger } from "./ledger.ts";
import { createOrganization, type Organization } from "./organization.ts";
import type { Enrolment } from "./unified/enrolment.ts";

export interface SandboxOptions extends Protocol {
  /** Members of the simulated organization, 20 to 100,000. */
  readonly users: number;
  /** The same seed gives the same organization and the same figures. */
  readonly seed: number;
  /** Enrolled unless told otherwise. */
  readonly unified?: Enrolment;
}

export interface Sandbox {
  readonly handle: Handle;
  /** What is simulated, for tests that know the truth behind the answers. */
  readonly organization: Organization;
}

/** The REST APIs simulated: mount it on an undici dispatcher (dispatcher.ts) or on a port (server.ts). */
export function createSandbox({ users, seed, unified, ...protocol }: SandboxOptions): Sandbox {
  const organization = createOrganization({ users, seed });
  const table = endpoints(organization, createLedger(organization), unified);
  return { handle: createHandler(table, `${seed}/${users}`, protocol), organization };
}
