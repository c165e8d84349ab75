import type { Endpoint } from "./endpoint.ts";
import { costReport } from "./endpoints/cost-report.ts";
import { me } from "./endpoints/me.ts";
import { summaries } from "./endpoints/summaries.ts";
import { usageReport } from "./endpoints/usage-report.ts";
import { userActivity } from "./endpoints/user-activity.ts";
import { userCostReport } from "./endpoints/user-cost-report.ts";
import { userUsageReport } from "./endpoints/user-usage-report.ts";
import { user, users } from "./endpoints/users.ts";
import { createLedger, type Ledger } from "./ledger.ts";
import type { Organization } from "./organization.ts";

/** Every endpoint of the sandbox, answering for one organization. Pass a ledger to share what it keeps. */
export function endpoints(
  organization: Organization,
  ledger: Ledger = createLedger(organization),
): readonly Endpoint[] {
  return [
    summaries(ledger),
    userActivity(ledger),
    usageReport(ledger),
    costReport(ledger),
    userUsageReport(ledger),
    userCostReport(ledger),
    me(ledger),
    users(ledger),
    user(ledger),
  ];
}
