import type {
  SpendLimitScopedAPIKeyActor,
  SpendLimitUserActor,
  SpendSummary,
} from "@anthropic-ai/sdk/resources/organization/spend-limits/spend-limits";
import { pseudonymousActor, type ReportActor } from "../../domain/bucket.ts";
import type { Pseudonyms } from "../../domain/pseudonym.ts";
import type { LimitSource, SpendLimitRow } from "../../domain/spend-limit.ts";
import { endpoint, idOf } from "../endpoint.ts";
import type { Wire } from "../http/wire.ts";
import { FRESH } from "./coverage.ts";
import { byPseudonym, unmaskedIds } from "./pseudonymous.ts";

/** Common parts of the spend-limit lists: a scope and a rate limit of their own, and a reading that ages within a minute. */
export const ofSpendLimits = {
  key: "analytics",
  scope: "read:spend_limits",
  rateLimit: "spendLimits",
  paging: "token",
  pageSize: () => 1000,
  rangeOf: () => null,
  coverage: null,
  subject: "live",
  freshSeconds: FRESH.readings,
} as const;

/** Every variant of a level at once: the type says which of the fields are there. */
interface AnyScope {
  type: string;
  user_id: string;
  rbac_group_id: string;
  seat_tier: string;
  service: string;
  workspace_id: string;
}

export type AnyLimitActor = { type: string } & Omit<SpendLimitUserActor, "type"> &
  Omit<SpendLimitScopedAPIKeyActor, "type">;

export type WireSummary = Omit<SpendSummary, "actor" | "scope" | "source"> & {
  actor: AnyLimitActor;
  scope: AnyScope;
  source: AnyScope;
};

/**
 * The limit and the reading of each current member and period; a page is cut by member, and can be empty with a successor.
 * Source: Spend Limits API, "List effective spend limits".
 */
export const spendLimits = endpoint({
  dataset: "SPEND_LIMITS",
  ...ofSpendLimits,
  path: "/v1/organizations/spend_limits/effective",
  query: (p: { readonly userIds: readonly string[] | null }) => ({ "user_ids[]": p.userIds ?? undefined }),
  rowId: ({ userId, period }) => idOf(userId, period),
  pseudonymous: (rows, pseudonyms) =>
    byPseudonym(
      rows.map((row) => pseudonymousLimit(row, pseudonyms)),
      ({ userId }) => userId,
    ),
  unmasked: (p, pseudonyms) => ({
    ...p,
    userIds: p.userIds && unmaskedIds(p.userIds, "user", pseudonyms),
  }),
  row: (w: Wire<WireSummary>): SpendLimitRow => spendLimit(w),
});

/** A row of the list, which requests for a higher limit hold too. */
export function spendLimit(w: Wire<WireSummary>): SpendLimitRow {
  const currency = w.currency("currency");
  const limit = w.decimalOrNull("amount");
  const scope = w.at("scope");
  const wire = w.atOrNull("actor");
  // Every print has the scope of a user, and the oldest have no actor.
  const userId = scope.stringOrNull("user_id") ?? wire?.stringOrNull("user_id") ?? null;
  return {
    userId,
    actor: wire === null ? actorOf(userId) : limitActor(wire.only<keyof AnyLimitActor>()),
    period: w.string("period"),
    limit: limit && { minorUnits: limit, currency },
    reading: { minorUnits: w.decimal("period_to_date_spend"), currency },
    source: limitSource(w.at("source")),
    spendLimitId: w.string("spend_limit_id"),
  };
}

function actorOf(userId: string | null): ReportActor {
  return userId === null ? { kind: "unknown", type: "none" } : { kind: "person", user: { userId } };
}

export function limitActor(w: Wire<AnyLimitActor>): ReportActor {
  const type = w.string("type");
  switch (type) {
    case "user_actor": {
      const email = w.stringOrNull("email_address");
      const deleted = w.boolean("deleted");
      // Null also where the account could not be read, and then the member list has the address.
      const address = email === null && !deleted ? {} : { email };
      const user = { userId: w.string("user_id"), ...address, name: w.stringOrNull("name"), deleted };
      return { kind: "person", user };
    }
    case "scoped_api_key_actor":
      return { kind: "key", apiKeyId: w.string("scoped_api_key_id") };
    default:
      return { kind: "unknown", type };
  }
}

function limitSource(w: Wire<AnyScope>): LimitSource {
  return {
    type: w.string("type"),
    ownerUserId: w.stringOrNull("user_id"),
    groupId: w.stringOrNull("rbac_group_id"),
    seatTier: w.stringOrNull("seat_tier"),
    service: w.stringOrNull("service"),
    workspaceId: w.stringOrNull("workspace_id"),
  };
}

export function pseudonymousLimit(row: SpendLimitRow, pseudonyms: Pseudonyms): SpendLimitRow {
  const { ownerUserId } = row.source;
  return {
    ...row,
    userId: row.userId && pseudonyms.id(row.userId, "user"),
    actor: pseudonymousActor(row.actor, pseudonyms),
    source: { ...row.source, ownerUserId: ownerUserId && pseudonyms.id(ownerUserId, "user") },
  };
}
