import { seedIn } from "./credential.ts";
import { type EndpointOptions, endpoints } from "./endpoints.ts";
import { createHandler } from "./handler.ts";
import { Ledger } from "./ledger.ts";
import { createOrganization, type Organization, type OrganizationOptions } from "./organization.ts";
import type { Handle, Protocol } from "./protocol.ts";

export interface ServingOptions extends Protocol, EndpointOptions {}

/** One seed always gives one organization and its figures. */
export interface SandboxOptions extends Omit<ServingOptions, "children">, OrganizationOptions {
  /**
   * The organization of the seed is a parent of this many, which have the seeds that follow. The last of several has HIPAA readiness.
   * None by default.
   */
  readonly children?: number;
}

export interface Sandbox {
  readonly handle: Handle;
  /** Simulated facts, for tests that compare answers with them. */
  readonly organization: Organization;
}

/** The REST APIs simulated: mount it on an undici dispatcher (dispatcher.ts) or on a port (server.ts). */
export function createSandbox({ users, seed, children: count = 0, ...options }: SandboxOptions): Sandbox {
  const ledgerOf = (each: number, childCount = 0) =>
    new Ledger(createOrganization({ users, seed: each, children: childCount }));
  const children = Array.from({ length: count }, (_, i) => ({
    ledger: ledgerOf(seed + 1 + i),
    hipaa: i > 0 && i === count - 1,
  }));
  const sandbox = sandboxOver(ledgerOf(seed, count), { ...options, children });
  const fixed = new Map([
    [seed, sandbox],
    ...children.map(({ ledger, hipaa }): [number, Sandbox] => {
      const ofChild = hipaa ? { ...options, hipaa: ["enterprise", "console"] as const } : options;
      return [ledger.organization.seed, sandboxOver(ledger, ofChild)];
    }),
  ]);
  const others = new Map<number, Sandbox>();
  const handle: Handle = (request, signal) => {
    const named = seedIn(request.headers) ?? seed;
    const known = fixed.get(named) ?? others.get(named);
    const answering = known ?? sandboxOver(ledgerOf(named), options);
    if (!fixed.has(named)) others.set(named, answering);
    const [oldest] = others.keys();
    if (others.size > MAX_OTHERS && oldest !== undefined) others.delete(oldest);
    return answering.handle(request, signal);
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
