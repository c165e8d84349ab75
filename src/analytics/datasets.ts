import type { Context } from "../context.ts";
import type { ClosedReason, Dataset } from "../domain/dataset.ts";
import { addDays, type Day, dayOf, type Instant } from "../domain/day.ts";
import type { OrganizationKind } from "../domain/organization.ts";
import type { BucketWidth } from "../domain/report.ts";
import { GatewayError } from "../errors.ts";
import { lastDays } from "../loaders/activity/last-days.ts";
import { loader } from "../loaders/loader.ts";
import type { AccessStatus } from "../upstream/access/access.ts";
import { foreignKeyText } from "../upstream/access/foreign-key.ts";
import type { Endpoint } from "../upstream/endpoint.ts";
import { apiKeys } from "../upstream/endpoints/api-keys.ts";
import { ARTIFACT_FILTERS, ARTIFACT_GROUPINGS, artifactActivity } from "../upstream/endpoints/artifacts.ts";
import { claudeCode } from "../upstream/endpoints/claude-code.ts";
import { CONNECTOR_FILTERS, connectorActivity } from "../upstream/endpoints/connectors.ts";
import { CONSOLE_COST_NAMES, consoleCost } from "../upstream/endpoints/console-cost.ts";
import { CONSOLE_USAGE_NAMES, consoleUsage } from "../upstream/endpoints/console-usage.ts";
import type { FilterNames } from "../upstream/endpoints/engagement-query.ts";
import { COST_NAMES, enterpriseCost, userCost } from "../upstream/endpoints/enterprise-cost.ts";
import { ENTERPRISE_NAMES } from "../upstream/endpoints/enterprise-report.ts";
import { enterpriseUsage, userUsage } from "../upstream/endpoints/enterprise-usage.ts";
import { groupMembers, groups } from "../upstream/endpoints/groups.ts";
import { consoleMembers, enterpriseMembers } from "../upstream/endpoints/members.ts";
import { consoleOrganization, enterpriseOrganization } from "../upstream/endpoints/organization.ts";
import { PLUGIN_FILTERS, pluginActivity } from "../upstream/endpoints/plugins.ts";
import { PROJECT_FILTERS, projectActivity } from "../upstream/endpoints/projects.ts";
import type { ReportNames } from "../upstream/endpoints/report-query.ts";
import { SKILL_FILTERS, skillActivity } from "../upstream/endpoints/skills.ts";
import { activitySummaries } from "../upstream/endpoints/summaries.ts";
import { unifiedCost, unifiedUsage } from "../upstream/endpoints/unified.ts";
import { UNIFIED_COST_NAMES, UNIFIED_USAGE_NAMES } from "../upstream/endpoints/unified-names.ts";
import { USER_FILTERS, userActivity } from "../upstream/endpoints/users.ts";
import { workspaces } from "../upstream/endpoints/workspaces.ts";
import { whyClosed } from "../upstream/errors/closed.ts";
import { isRefusal } from "../upstream/errors/refusal.ts";
import { earliestDay } from "../upstream/pages/windows.ts";
import { type FieldRequests, requestNamed } from "../upstream/plan.ts";
import { organizationOfKey } from "./organizations.ts";
import { dimensionsKnown } from "./report/sources.ts";

/** Facts about a dataset that are known without reading its rows. */
export interface DatasetEntry {
  readonly endpoint: Pick<
    Endpoint<never, unknown>,
    "dataset" | "key" | "scope" | "coverage" | "freshSeconds" | "subject" | "watermarked"
  >;
  readonly right: Right;
  readonly buckets: readonly BucketWidth[];
  /** The dimensions that `groupBy` takes. */
  readonly groupBy: readonly string[];
  /** How a report spells what it is split by and filtered on. */
  readonly report: ReportNames | null;
  /** Filter of an engagement list. */
  readonly filters: FilterNames;
}

const PLAIN = { buckets: [], groupBy: [], report: null, filters: {} } as const;
const ANY_BUCKET = ["NONE", "DAY", "HOUR", "MINUTE"] as const;
const WHOLE_DAYS = ["NONE", "DAY"] as const;

function engagement(endpoint: DatasetEntry["endpoint"], filters: FilterNames): DatasetEntry {
  return { ...PLAIN, endpoint, right: "analytics", filters };
}

function report(
  endpoint: DatasetEntry["endpoint"],
  right: Right,
  names: ReportNames,
  buckets: readonly BucketWidth[] = ANY_BUCKET,
): DatasetEntry {
  return { endpoint, right, buckets, groupBy: dimensionsKnown(names), report: names, filters: {} };
}

/** A report of people answers what is split by person, and the plain one what is not. */
function withoutPeople({ groupBy: { USER: _, ...groupBy }, ...names }: ReportNames): ReportNames {
  return { ...names, groupBy };
}

export const DATASET_ENTRIES: { readonly [D in Dataset]: DatasetEntry } = {
  USER_ACTIVITY: engagement(userActivity, USER_FILTERS),
  ACTIVITY_SUMMARIES: engagement(activitySummaries, {}),
  PROJECT_ACTIVITY: engagement(projectActivity, PROJECT_FILTERS),
  SKILL_ACTIVITY: engagement(skillActivity, SKILL_FILTERS),
  CONNECTOR_ACTIVITY: engagement(connectorActivity, CONNECTOR_FILTERS),
  ARTIFACT_ACTIVITY: {
    ...engagement(artifactActivity, ARTIFACT_FILTERS),
    groupBy: Object.keys(ARTIFACT_GROUPINGS),
  },
  PLUGIN_ACTIVITY: engagement(pluginActivity, PLUGIN_FILTERS),
  ENTERPRISE_USAGE: report(enterpriseUsage, "analytics", withoutPeople(ENTERPRISE_NAMES)),
  ENTERPRISE_COST: report(enterpriseCost, "analytics", withoutPeople(COST_NAMES)),
  USER_USAGE: report(userUsage, "analytics", ENTERPRISE_NAMES),
  USER_COST: report(userCost, "analytics", COST_NAMES),
  UNIFIED_ENTERPRISE_USAGE: report(
    unifiedUsage.ENTERPRISE,
    "unifiedEnterprise",
    UNIFIED_USAGE_NAMES.ENTERPRISE,
  ),
  UNIFIED_ENTERPRISE_COST: report(unifiedCost.ENTERPRISE, "unifiedEnterprise", UNIFIED_COST_NAMES.ENTERPRISE),
  UNIFIED_CONSOLE_USAGE: report(unifiedUsage.CONSOLE, "unifiedConsole", UNIFIED_USAGE_NAMES.CONSOLE),
  UNIFIED_CONSOLE_COST: report(unifiedCost.CONSOLE, "unifiedConsole", UNIFIED_COST_NAMES.CONSOLE),
  CLAUDE_CODE: { ...PLAIN, endpoint: claudeCode, right: "console" },
  CONSOLE_USAGE: report(consoleUsage, "console", CONSOLE_USAGE_NAMES),
  CONSOLE_COST: report(consoleCost, "console", CONSOLE_COST_NAMES, WHOLE_DAYS),
  ENTERPRISE_ORGANIZATION: { ...PLAIN, endpoint: enterpriseOrganization, right: "enterprise" },
  CONSOLE_ORGANIZATION: { ...PLAIN, endpoint: consoleOrganization, right: "console" },
  ENTERPRISE_MEMBERS: { ...PLAIN, endpoint: enterpriseMembers, right: "members" },
  CONSOLE_MEMBERS: { ...PLAIN, endpoint: consoleMembers, right: "console" },
  GROUPS: { ...PLAIN, endpoint: groups, right: "groups" },
  GROUP_MEMBERS: { ...PLAIN, endpoint: groupMembers, right: "groups" },
  WORKSPACES: { ...PLAIN, endpoint: workspaces, right: "console" },
  API_KEYS: { ...PLAIN, endpoint: apiKeys, right: "console" },
};

/** Datasets of one right are open or closed together, so one request tells for all of them. */
type Right = keyof typeof PROBES;

/** The cheapest question that shows whether a right is held. */
const PROBES = {
  analytics: { endpoint: activitySummaries, ask: (ctx: Context) => proven(ctx, "analytics", lastDays) },
  unifiedEnterprise: firstOf(unifiedCost.ENTERPRISE, yesterday),
  unifiedConsole: firstOf(unifiedCost.CONSOLE, yesterday),
  enterprise: firstOf(enterpriseOrganization, () => ({})),
  members: firstOf(enterpriseMembers, () => ({})),
  groups: firstOf(groups, () => ({})),
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

/** The organization whose figures a dataset holds. */
export function organizationOfDataset(dataset: Dataset): OrganizationKind {
  return organizationOfKey(DATASET_ENTRIES[dataset].endpoint.key);
}

/** Why a dataset cannot be read: the reason, and a sentence with what would open it. */
export interface Closed {
  readonly reason: ClosedReason;
  readonly why: string;
}

/** Why this gateway cannot read a dataset; null where it can. At most one request for all datasets of the same right. */
export async function closed(ctx: Context, { endpoint, right }: DatasetEntry): Promise<Closed | null> {
  const { upstream } = ctx;
  const { key, scope, dataset } = endpoint;
  const because = (reason: ClosedReason | null) => reason && { reason, why: whyClosed(reason, scope) };
  if (!upstream.has(key)) return because("NO_KEY");
  if (upstream.isForeign(key)) return { reason: "WRONG_ORGANIZATION", why: foreignKeyText(key) };
  const known = upstream.accessStatus(dataset) ?? statusBySameKey(ctx, right);
  if (known !== null) return because(known.refusal);
  const fault = (await probed(ctx, {}).load(right))?.fault ?? null;
  if (fault === null) return null;
  if (upstream.isForeign(key)) return { reason: "WRONG_ORGANIZATION", why: foreignKeyText(key) };
  return isRefusal(fault) ? because(fault.reason) : { reason: "UNAVAILABLE", why: fault.message };
}

/** The last that upstream said to a question of the right; what one dataset refuses of itself says nothing of the others. */
function statusBySameKey({ upstream }: Context, right: Right): AccessStatus | null {
  return Object.values(DATASET_ENTRIES)
    .filter((entry) => entry.right === right)
    .map(({ endpoint }) => upstream.accessStatus(endpoint.dataset))
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

/** The first day that can be asked for now; null for what has no days. */
export function earliestOf({ endpoint }: DatasetEntry, now: Instant): Day | null {
  return endpoint.coverage === null ? null : earliestDay(endpoint, now);
}

/** The newest day there is something about; null for what has no days, and where nobody can say because the dataset is closed. */
export async function latestOf(ctx: Context, entry: DatasetEntry): Promise<Day | null> {
  const { coverage } = entry.endpoint;
  if (coverage === null || (await closed(ctx, entry)) !== null) return null;
  return coverage.today ? dayOf(ctx.now()) : ((await lastDays(ctx)).at(-1)?.date ?? null);
}

/** The products an engagement dataset tells apart now; null where it cannot be known. */
export async function productsOf(ctx: Context, entry: DatasetEntry): Promise<readonly string[] | null> {
  if (entry.right !== "analytics" || entry.report !== null || (await closed(ctx, entry)) !== null)
    return null;
  return (await lastDays(ctx)).at(-1)?.products.map(({ product }) => product) ?? null;
}
