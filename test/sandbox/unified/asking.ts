import type { Instant } from "../../../src/domain/day.ts";
import { DAY_MS } from "../../../src/sandbox/calendar.ts";
import type { Fact } from "../../../src/sandbox/ledger/fact.ts";
import type { OrganizationKind } from "../../../src/sandbox/organization/directory.ts";
import { type Asking, NOON, type sandbox } from "../asking.ts";

const BETA = { "anthropic-beta": "analytics-usage-cost-2026-08-24" };

/** How each organization asks for the reports in beta. */
export const ASKING: Readonly<Record<OrganizationKind, Asking>> = {
  enterprise: { key: "enterprise", headers: BETA },
  console: { key: "admin", headers: BETA },
};

export const FROM = Date.parse("2026-10-10T00:00:00Z");
export const UNTIL = FROM + 21 * DAY_MS;
export const RANGE = "starting_at=2026-10-10T00:00:00Z&ending_at=2026-10-31T00:00:00Z&limit=1000";

/** What the unified reports of an organization are summed from, as of `asOf`. */
export function factsOf(
  { ledger }: ReturnType<typeof sandbox>,
  kind: OrganizationKind,
  from: Instant,
  until: Instant,
  asOf: Instant = NOON,
): readonly Fact[] {
  return [...ledger.facts(kind, { from, until: Math.min(until, asOf) }, asOf)].filter(
    ({ api }) => kind === "enterprise" || api !== null,
  );
}
