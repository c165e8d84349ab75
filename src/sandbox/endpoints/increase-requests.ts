import type { Instant } from "../../domain/day.ts";
import { timestamp } from "../calendar.ts";
import { type Endpoint, Refusal } from "../endpoint.ts";
import type { Ledger } from "../ledger.ts";
import { type IncreaseRequest, increaseRequests } from "../limits/increase-requests.ts";
import { effectiveLimits, type SpendOptions } from "../limits/spend-limits.ts";
import {
  BOUND_PAGES,
  FOR_LIMIT_READERS,
  peopleNamed,
  refuseWithoutCredits,
  scopedKey,
  wireMember,
  wireSummary,
} from "./spend-limits.ts";

const STATUSES = ["approved", "denied", "pending"] as const;

/** Newest first, without those of people who left. */
export const spendLimitIncreaseRequests = (
  ledger: Ledger,
  options: SpendOptions,
): Endpoint<IncreaseRequest> => ({
  ...FOR_LIMIT_READERS,
  path: "/v1/organizations/spend_limit_increase_requests",
  parameters: { "status[]": { type: "list", values: STATUSES }, "actor_ids[]": { type: "list" } },
  paging: BOUND_PAGES,
  answer({ query, now }) {
    refuseWithoutCredits(options);
    const { organization } = ledger;
    const statuses = query.list("status[]");
    const wanted = query.has("actor_ids[]")
      ? peopleNamed(query.list("actor_ids[]"), organization, "actor_ids[]")
      : null;
    const rows = listed(ledger, now).filter(
      (each) =>
        (statuses.length === 0 || statuses.includes(statusOf(each, now))) &&
        (wanted?.has(each.requester) ?? true),
    );
    return { rows, render: (each) => wire(ledger, each, now, options) };
  },
});

export const spendLimitIncreaseRequest = (ledger: Ledger, options: SpendOptions): Endpoint => ({
  ...FOR_LIMIT_READERS,
  path: "/v1/organizations/spend_limit_increase_requests/{spend_limit_increase_request_id}",
  parameters: {},
  paging: { style: "object" },
  answer({ path, now }) {
    refuseWithoutCredits(options);
    const id = path.spend_limit_increase_request_id;
    const found = listed(ledger, now).find((each) => each.id === id);
    if (found === undefined) throw new Refusal(404, `No such request: ${id}`);
    return { body: wire(ledger, found, now, options) };
  },
});

function listed({ organization }: Ledger, now: Instant): readonly IncreaseRequest[] {
  const { enterprise } = organization.directories;
  return increaseRequests(organization, now).filter(({ requester, createdAt }) => {
    const person = organization.person(requester);
    return enterprise.isCurrent(person, now) && enterprise.addedAt(person) <= createdAt;
  });
}

function statusOf({ resolvedAt, outcome }: IncreaseRequest, now: Instant): (typeof STATUSES)[number] {
  return resolvedAt > now ? "pending" : outcome;
}

function wire(ledger: Ledger, request: IncreaseRequest, now: Instant, options: SpendOptions) {
  const { organization } = ledger;
  const person = organization.person(request.requester);
  const status = statusOf(request, now);
  const isPending = status === "pending";
  const summary = isPending
    ? effectiveLimits(ledger, person, now, options).find(({ period }) => period === request.period)
    : undefined;
  return {
    id: request.id,
    type: "spend_limit_increase_request",
    actor: wireMember(organization, person, now),
    created_at: timestamp(request.createdAt),
    period: request.period,
    status,
    resolved_at: isPending ? null : timestamp(request.resolvedAt),
    resolved_by: isPending ? null : wireDecider(ledger, request, now),
    spend_summary: summary === undefined ? null : wireSummary(organization, person, summary, now, options),
  };
}

function wireDecider({ organization }: Ledger, { decider }: IncreaseRequest, now: Instant) {
  if (decider === "support") return null;
  return decider === "scoped key"
    ? scopedKey(organization)
    : wireMember(organization, organization.person(decider), now);
}
