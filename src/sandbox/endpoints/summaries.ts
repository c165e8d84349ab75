import type { Instant } from "../../domain/day.ts";
import { startOfNumber, timestamp } from "../calendar.ts";
import type { Endpoint } from "../endpoint.ts";
import { type ActiveCounts, type ActiveDay, activeDays } from "../engagement/active.ts";
import { aggregatedAt, filtersOf, rangeOf } from "../engagement/question.ts";
import type { Ledger } from "../ledger.ts";

/** Entitled to Claude Science: a fixed handful. */
const SCIENCE_SEATS = 5;

export const summaries = (ledger: Ledger): Endpoint<ActiveDay> => ({
  path: "/v1/organizations/analytics/summaries",
  keys: ["enterprise"],
  scope: "read:analytics",
  rateLimit: "analytics",
  version: "optional",
  parameters: {
    starting_date: { type: "day", required: true },
    ending_date: { type: "day" },
    "filter[]": { type: "list", maxItems: 100, pattern: /^(rbac_group_id):.+$/ },
    limit: { type: "integer", min: 1 },
    page: { type: "text" },
  },
  paging: { style: "whole" },
  answer({ query, now }) {
    const days = rangeOf(query, now);
    const filters = filtersOf(query);
    const asOf = aggregatedAt(now);
    const rows = ledger.answers.remember(
      ["summaries", days, filters, asOf],
      () => activeDays(ledger, days, asOf, filters),
      ({ length }) => length,
    );
    const seats = filters.rbac_group_id === undefined ? seatsAt(ledger, now) : null;
    return { rows, render: (row) => summary(row, seats) };
  },
});

interface Seats {
  readonly assigned: number;
  readonly invited: number;
}

/** Seats and open invites as they are now, whatever the day of the row. */
function seatsAt({ organization }: Ledger, now: Instant): Seats {
  const invites = organization.invites.enterprise.sent(now);
  return {
    assigned: organization.currentCount("enterprise", now),
    invited: invites.filter(({ status }) => status === "pending").length,
  };
}

function summary({ day, all, by }: ActiveDay, seats: Seats | null) {
  const rate = (people: number) => (seats === null ? null : percentage(people, seats.assigned));
  return {
    starting_at: timestamp(startOfNumber(day)),
    ending_at: timestamp(startOfNumber(day + 1)),
    ...activeKeys("", all),
    assigned_seat_count: seats?.assigned ?? null,
    pending_invite_count: seats?.invited ?? null,
    daily_adoption_rate: rate(all.daily),
    weekly_adoption_rate: rate(all.weekly),
    monthly_adoption_rate: rate(all.monthly),
    ...activeKeys("cowork_", by.cowork),
    ...activeKeys("chat_", by.chat),
    ...activeKeys("claude_code_", by.claude_code),
    ...activeKeys("claude_design_", by.claude_design),
    ...activeKeys("office_agent_", by.office_agent),
    ...activeKeys("science_", by.science),
    science_entitled_user_count: seats === null ? null : SCIENCE_SEATS,
    ...activeKeys("claude_tag_", seats === null ? null : by.claude_tag),
  };
}

function activeKeys(prefix: string, counts: ActiveCounts | null) {
  return {
    [`${prefix}daily_active_user_count`]: counts?.daily ?? null,
    [`${prefix}weekly_active_user_count`]: counts?.weekly ?? null,
    [`${prefix}monthly_active_user_count`]: counts?.monthly ?? null,
  };
}

/** From 0 to 100, with two decimals. */
function percentage(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.min(100, Math.round((part / whole) * 10_000) / 100);
}
