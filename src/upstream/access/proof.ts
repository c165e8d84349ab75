import { addDays, dayOf, type Instant, later } from "../../domain/day.ts";
import type { OrganizationKind } from "../../domain/organization.ts";
import { type Endpoint, type KeyFamily, ORGANIZATION_OF_KEY } from "../endpoint.ts";
import { ENGAGEMENT } from "../endpoints/coverage.ts";
import { activitySummaries } from "../endpoints/summaries.ts";
import { workspaces } from "../endpoints/workspaces.ts";
import { isRefusal } from "../errors/refusal.ts";

/** Makes one request. Throws what upstream says where that is not an answer. */
export type AskOnce = <P, Row>(endpoint: Endpoint<P, Row>, params: P) => Promise<void>;

/** A day that is surely counted, also when an export is late. */
const COUNTED_DAYS = 8;

/** The dataset that shows each kind of organization, which the other kind does not have. */
export const SHOWN_BY = {
  ENTERPRISE: activitySummaries,
  CONSOLE: { ...workspaces, pageSize: () => 1 },
} as const satisfies Record<OrganizationKind, unknown>;

const PROOFS: Readonly<
  Record<OrganizationKind, (key: KeyFamily, now: Instant, ask: AskOnce) => Promise<void>>
> = {
  ENTERPRISE(key, now, ask) {
    const from = later(addDays(dayOf(now), -COUNTED_DAYS), ENGAGEMENT.earliest);
    return ask({ ...SHOWN_BY.ENTERPRISE, key }, { range: { from, until: addDays(from, 1) } });
  },
  CONSOLE: (key, _now, ask) => ask({ ...SHOWN_BY.CONSOLE, key }, { includeDefault: true }),
};

/**
 * Finds out the kind of organization of a key by one request that only the kind it is set for can answer. Where upstream refuses
 * without a code, its status can mean a missing scope as well, so a second request asks as the other kind. Throws the first refusal
 * where that is refused too: nothing is proven then.
 */
export async function proveKind(key: KeyFamily, now: Instant, ask: AskOnce): Promise<OrganizationKind> {
  const own = ORGANIZATION_OF_KEY[key];
  const other = own === "ENTERPRISE" ? "CONSOLE" : "ENTERPRISE";
  try {
    await PROOFS[own](key, now, ask);
    return own;
  } catch (fault) {
    if (!isRefusal(fault) || fault.reason === "KEY_REFUSED") throw fault;
    if (fault.reason === "WRONG_ORGANIZATION") return other;
    try {
      await PROOFS[other](key, now, ask);
    } catch {
      throw fault;
    }
    return other;
  }
}
