import { endpoints } from "./endpoints.ts";
import { createHandler, type Handle, type Protocol } from "./handler.ts";
import { createOrganization, type Organization } from "./organization.ts";

export interface SandboxOptions extends Protocol {
  /** Members of the simulated organization, 20 to 100,000. */
  readonly users: number;
  /** The same seed gives the same organization and the same figures. */
  readonly seed: number;
}

export interface Sandbox {
  readonly handle: Handle;
  /** What is simulated, for tests that know the truth behind the answers. */
  readonly organization: Organization;
}

/** The REST APIs simulated: mount it on an undici dispatcher (dispatcher.ts) or on a port (server.ts). */
export function createSandbox({ users, seed, ...protocol }: SandboxOptions): Sandbox {
  const organization = createOrganization({ users, seed });
  return { handle: createHandler(endpoints(organization), `${seed}/${users}`, protocol), organization };
}
