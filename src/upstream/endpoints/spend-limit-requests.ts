import type { SpendLimitIncreaseRequest } from "@anthropic-ai/sdk/resources/organization/spend-limits/increase-requests";
import { pseudonymousActor } from "../../domain/bucket.ts";
import type { SpendLimitRequestRow } from "../../domain/spend-limit.ts";
import { endpoint } from "../endpoint.ts";
import type { Wire } from "../http/wire.ts";
import { byPseudonym } from "./pseudonymous.ts";
import {
  type AnyLimitActor,
  limitActor,
  ofSpendLimits,
  pseudonymousLimit,
  spendLimit,
  type WireSummary,
} from "./spend-limits.ts";

type WireRequest = Omit<SpendLimitIncreaseRequest, "actor" | "resolved_by" | "spend_summary"> & {
  actor: AnyLimitActor;
  resolved_by: AnyLimitActor | null;
  spend_summary: WireSummary | null;
};

/** Requests of current members for a higher limit, newest first. Source: Spend Limits API, "List spend limit increase requests". */
export const spendLimitRequests = endpoint({
  dataset: "SPEND_LIMIT_REQUESTS",
  ...ofSpendLimits,
  path: "/v1/organizations/spend_limit_increase_requests",
  query: (p: { readonly statuses: readonly string[] }) => ({ "status[]": p.statuses }),
  rowId: ({ requestId }) => requestId,
  pseudonymous: (rows, pseudonyms) =>
    byPseudonym(
      rows.map((row) => ({
        ...row,
        actor: pseudonymousActor(row.actor, pseudonyms),
        resolvedBy: row.resolvedBy && pseudonymousActor(row.resolvedBy, pseudonyms),
        limit: row.limit && pseudonymousLimit(row.limit, pseudonyms),
      })),
      ({ requestId }) => requestId,
    ),
  row: (w: Wire<WireRequest>): SpendLimitRequestRow => {
    const decider = w.atOrNull("resolved_by");
    const summary = w.atOrNull("spend_summary");
    return {
      requestId: w.string("id"),
      actor: limitActor(w.at("actor")),
      createdAt: w.instant("created_at"),
      period: w.string("period"),
      status: w.string("status"),
      resolvedAt: w.instantOrNull("resolved_at"),
      resolvedBy: decider && limitActor(decider.only<keyof AnyLimitActor>()),
      limit: summary && spendLimit(summary.only<keyof WireSummary>()),
    };
  },
});
