import { seedIn } from "./credential.ts";
import { type EndpointOptions, endpoints } from "./endpoints.ts";
import { createHandler } from "./handler.ts";
import { Ledger } from "./ledger.ts";
import { createOrganization, type Organization, type OrganizationOptions } from "./organization.ts";
import type { Handle, Protocol } from "./protocol.ts";

export interface ServingOptions extends Protocol, EndpointOptions {}

/** One seed always gives one organization and its figures. */
export interface SandboxOptions extends ServingOptions, OrganizationOptions {}

export interface Sandbox {
  readonly handle: Handle;
  /** Simulated facts, for tests that compare answers with them. */
  readonly organization: Organization;
}

/** The REST APIs simulated: mount it on an undici dispatcher (dispatcher.ts) or on a port (server.ts). */
export function createSandbox({ users, seed, ...options }: SandboxOptions): Sandbox {
  const sandbox = sandboxOver(new Ledger(createOrganization({ users, seed })), options);
  const others = new Map<number, Sandbox>();
  const handle: Handle = (request, signal) => {
    const named = seedIn(request.headers);
    if (named === null || named === seed) return sandbox.handle(request, signal);
    const other =
      others.get(named) ?? sandboxOver(new Ledger(createOrganization({ users, seed: named })), options);
    others.set(named, other);
    const [oldest] = others.keys();
    if (others.size > MAX_OTHERS && oldest !== undefined) others.delete(oldest);
    return other.handle(request, signal);
  };
  return { ...sandbox, handle };
}

/** Organizations of other seeds that are kept, for keys that name them. */
const MAX_OTHERS = 8;

/** Answers from a ledger that other sandboxes may answer from as well. */
export function sandboxOver(ledger: Ledger, options: ServingOptions): Sandbox {
  const { organization } = ledger;
  const { seed, members } = organization;
  const table = endpoints(organization, ledger, options);
  return { handle: createHandler(table, `${seed}/${members}`, options), organization };
}
