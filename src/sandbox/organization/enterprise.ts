import { ids } from "../random.ts";
import { createSessions, type ManagedSession } from "./sessions.ts";

/** Keys and managed sessions of the Enterprise organization, which no look-up lists. */
export interface EnterpriseSetup {
  readonly apiKeys: readonly { readonly id: string }[];
  /** The managed session of a number. */
  session(number: number): ManagedSession;
}

const STREAM = 63;

/** The keys by what runs on them, in the order of their indices. */
export const ENTERPRISE_KEYS = { review: 0, people: 1, agents: 2 } as const;

export function createEnterprise(seed: number): EnterpriseSetup {
  const keyIds = ids("apikey_", seed, STREAM);
  return {
    apiKeys: Object.values(ENTERPRISE_KEYS).map((index) => ({ id: keyIds.of(index) })),
    session: createSessions(seed, STREAM + 1),
  };
}
