import type { Context } from "../context.ts";
import type { ClosedReason, Dataset } from "../domain/dataset.ts";
import { addDays, type Day, dayOf, type Instant } from "../domain/day.ts";
import type { OrganizationKind } from "../domain/organization.ts";
import { GatewayError } from "../errors.ts";
import { lastDays } from "../loaders/activity/last-days.ts";
import { loader } from "../loaders/loader.ts";
import type { AccessStatus } from "../upstream/access/access.ts";
import { foreignKeyText } from "../upstream/access/foreign-key.ts";
import { DATASET_ENDPOINTS, type DatasetEndpoint } from "../upstream/dataset-endpoints.ts";
import type { Endpoint, KeyScope } from "../upstream/endpoint.ts";
import { groups } from "../upstream/endpoints/groups.ts";
import { enterpriseMembers } from "../upstream/endpoints/members.ts";
import { enterpriseOrganization } from "../upstream/endpoints/organization.ts";
import { spendLimits } from "../upstream/endpoints/spend-limits.ts";
import { activitySummaries } from "../upstream/endpoints/summaries.ts";
import { unifiedCost } from "../upstream/endpoints/unified.ts";
import { workspaces } from "../upstream/endpoints/workspaces.ts";
import { whyClosed } from "../upstream/errors/closed.ts";
import { isRefusal } from "../upstream/errors/refusal.ts";
import { earliestDay } from "../upstream/pages/windows.ts";
import { type FieldRequests, requestNamed } from "../upstream/plan.ts";
import { organizationOfKey } from "./organizations.ts";

/** Datasets of one right are open or closed together, so one request tells for all of them. */
type Right = keyof typeof PROBES;

function rightOf({ key, scope, needsEnrolment }: DatasetEndpoint): Right {
  if (needsEnrolment === true) return key === "analytics" ? "unifiedEnterprise" : "unifiedConsole";
  if (key === "admin") return "console";
  return scope === undefined ? "enterprise" : RIGHTS_OF_SCOPES[scope];
}

const RIGHTS_OF_SCOPES = {
  "read:analytics": "analytics",
  "read:members": "members",
  "read:rbac_groups": "groups",
  "read:spend_limits": "spendLimits",
} as const satisfies Record<KeyScope, Right>;

/** The cheapest question that shows whether a right is held. */
const PROBES = {
  analytics: { endpoint: activitySummaries, ask: (ctx: Context) => proven(ctx, "analytics", lastDays) },
  unifiedEnterprise: firstOf(unifiedCost.ENTERPRISE, yesterday),
  unifiedConsole: firstOf(unifiedCost.CONSOLE, yesterday),
  enterprise: firstOf(enterpriseOrganization, () => ({})),
  members: firstOf(enterpriseMembers, () => ({})),
  groups: firstOf(groups, () => ({})),
  spendLimits: firstOf(spendLimits, () => ({ userIds: null })),
  console: {
    endpoint: workspaces,
    ask: (ctx: Context) => proven(ctx, "console", () => first(ctx, workspaces, { includeDefault: true })),
  },
} as const;

/** The request that proves the organization of a key shows its right as well; a proof of before does not. */
async function proven(
  ctx: Context,
  right: "analytics" | "console",
  ask: (ctx: Context) => Promise<unknown>,
): Promise<void> {
  await ctx.upstream.prove(PROBES[right].endpoint.key);
  if (statusBySameKey(ctx, right) === null) await ask(ctx);
}

function firstOf<P, Row>(endpoint: Endpoint<P, Row>, paramsOf: (ctx: Context) => P) {
  return { endpoint, ask: (ctx: Context) => first(ctx, endpoint, paramsOf(ctx)) };
}

async function first<P, Row>(ctx: Context, endpoint: Endpoint<P, Row>, params: P): Promise<readonly Row[]> {
  for await (const page of ctx.upstream.pages(endpoint, params)) return page.rows;
  return [];
}

function yesterday({ now }: Context) {
  const today = dayOf(now());
  const range = { from: addDays(today, -1), until: today };
  return { range, bucket: "NONE", groupBy: [], filter: {} } as const;
}

/** Plans the requests that find out what the keys open, one for each right of which nothing is known. */
export function probeRequests(ctx: Context): FieldRequests[] {
  const rights = Object.entries(PROBES).filter(
    ([right, { endpoint }]) =>
      ctx.upstream.has(endpoint.key) && statusBySameKey(ctx, right as Right) === null,
  );
  return rights.map(([right, { endpoint }]) => ({
    plans: [requestNamed(endpoint, `trial of ${right}`)],
    enough: null,
  }));
}

/** Returns the organization of the figures in a dataset. */
export function organizationOfDataset(dataset: Dataset): OrganizationKind {
  return organizationOfKey(DATASET_ENDPOINTS[dataset].key);
}

/** Why a dataset cannot be read: the reason, and a sentence with what would open it. */
export interface Closed {
  readonly reason: ClosedReason;
  readonly why: string;
}

/** Why this gateway cannot read a dataset; null where it can. At most one request for all datasets of the same right. */
export async function closed(ctx: Context, endpoint: DatasetEndpoint): Promise<Closed | null> {
  const { upstream } = ctx;
  const { key, scope, dataset } = endpoint;
  upstream.dependOn(null); // any request may show another access
  const right = rightOf(endpoint);
  const because = (reason: ClosedReason | null) => reason && { reason, why: whyClosed(reason, scope) };
  if (!upstream.has(key)) return because("NO_KEY");
  if (upstream.isForeign(key))
    return { reason: "WRONG_ORGANIZATION", why: foreignKeyText(key, upstream.tenant) };
  const known = upstream.accessStatus(dataset) ?? statusBySameKey(ctx, right);
  if (known !== null) return because(known.refusal);
  const fault = (await probed(ctx, {}).load(right))?.fault ?? null;
  if (fault === null) return null;
  if (upstream.isForeign(key))
    return { reason: "WRONG_ORGANIZATION", why: foreignKeyText(key, upstream.tenant) };
  return isRefusal(fault) ? because(fault.reason) : { reason: "UNAVAILABLE", why: fault.message };
}

/** The last that upstream said to a question of the right; what one dataset refuses of itself says nothing of the others. */
function statusBySameKey({ upstream }: Context, right: Right): AccessStatus | null {
  return Object.values(DATASET_ENDPOINTS)
    .filter((endpoint) => rightOf(endpoint) === right)
    .map(({ dataset }) => upstream.accessStatus(dataset))
    .filter((status) => status !== null && status.refusal !== "REFUSED")
    .reduce(
      (newest, each) => (newest !== null && each !== null && each.at <= newest.at ? newest : each),
      null,
    );
}

const probed = loader(async (ctx, _params: Record<never, never>, rights) => {
  const outcomes = rights.map(async (right): Promise<[string, { fault: GatewayError | null } | Error]> => {
    try {
      await PROBES[right as Right].ask(ctx);
      return [right, { fault: null }];
    } catch (fault) {
      return [right, fault instanceof GatewayError ? { fault } : (fault as Error)];
    }
  });
  return new Map(await Promise.all(outcomes));
});

/** The first day that can be requested now; null for what has no days. */
export function earliestOf(endpoint: DatasetEndpoint, now: Instant): Day | null {
  return endpoint.coverage === null ? null : earliestDay(endpoint, now);
}

/** Returns the newest day with data; null for datasets without days, and for closed datasets, where it is unknown. */
export async function latestOf(ctx: Context, endpoint: DatasetEndpoint): Promise<Day | null> {
  const { coverage } = endpoint;
  if (coverage === null || (await closed(ctx, endpoint)) !== null) return null;
  return coverage.today ? dayOf(ctx.now()) : ((await lastDays(ctx)).at(-1)?.date ?? null);
}

/** The products an engagement dataset tells apart now; null where it cannot be known. */
export async function productsOf(ctx: Context, endpoint: DatasetEndpoint): Promise<readonly string[] | null> {
  const isEngagement = rightOf(endpoint) === "analytics" && endpoint.report === undefined;
  if (!isEngagement || (await closed(ctx, endpoint)) !== null) return null;
  return (await lastDays(ctx)).at(-1)?.products.map(({ product }) => product) ?? null;
}
