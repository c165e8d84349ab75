import type { BetaAnalyticsUserActor } from "@anthropic-ai/sdk/resources/beta/organization/analytics/analytics";
import type { ReportUser } from "../../domain/bucket.ts";
import type { Wire } from "../http/wire.ts";

/** The October spelling of the address is read where the newer one is missing. */
type Actor = BetaAnalyticsUserActor & { email?: string | null };

/** Where reports name a person. */
export const NAME_KEYS = ["email_address", "email", "name"] as const;

export function reportUser(wire: Wire<BetaAnalyticsUserActor>): ReportUser {
  const w = wire as Wire<Actor>;
  return {
    userId: w.string("user_id"),
    email: w.stringOrNull("email_address") ?? w.stringOrNull("email"),
    name: w.stringOrNull("name"),
    deleted: w.boolean("deleted"),
  };
}
