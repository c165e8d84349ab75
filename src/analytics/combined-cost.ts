import type { Context } from "../context.ts";
import { type SpendAmounts, spends } from "../domain/money.ts";
import type { OrganizationKind } from "../domain/organization.ts";
import type { DayRange } from "../domain/range.ts";
import { badInput, GatewayError } from "../errors.ts";
import { collectAll } from "../upstream/pages/iterate.ts";
import { type FieldRequests, requestsFor } from "../upstream/plan.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { isParent, leftOutOf } from "./children.ts";
import { costReport } from "./cost.ts";
import { namesOfOne, organizationEndpoint, organizationOf, type ShownOrganization } from "./join.ts";
import { contextFor, listOfNames, nameOf, organizationNamed } from "./organizations.ts";
import { sumOf } from "./ranking.ts";
import { answerBy } from "./report/answer.ts";
import { likelyPlan, plansFor, type ReportPlan, type ReportPlans } from "./report/plan.ts";
import type { Source } from "./report/report.ts";
import { requestsOfReport, requestsOfTotal } from "./report/requests.ts";
import { totalOf } from "./report/total.ts";
import { readWanted } from "./report/wanted-days.ts";

/** The cost of one organization within a sum. */
export interface OrganizationCost {
  readonly name: string;
  /** Null: it has no figures in the range. */
  readonly cost: SpendAmounts | null;
  readonly source: Source;
  /** Usage that it can lack; null: nothing is known to be missing. */
  readonly notIncluded: string | null;
}

/** The cost of several organizations, and their sum. */
export interface CombinedCost {
  readonly range: DayRange;
  readonly organizations: readonly OrganizationCost[];
  readonly total: SpendAmounts | null;
}

/** An organization that a question names, with the context of its fields. */
interface NamedContext {
  readonly name: string;
  readonly kind: OrganizationKind;
  readonly ctx: Context;
}

/** Cost of organizations that a question names. The sum is of all of them, or an error: a part of it would look like the whole. */
export const combinedCost = {
  async read(ctx: Context, names: readonly string[], range: DayRange): Promise<CombinedCost> {
    const named = organizationsNamed(ctx, names);
    const plans = named.map((each) => ({ ...each, plans: plansOf(each, range) }));
    const shown = await idsOf(named);
    refuseSame(shown);
    const organizations = await Promise.all(
      plans.map((each) =>
        answerBy(each.ctx.upstream, each.plans, async (plan) => ({
          name: each.name,
          ...(await costOf(each.ctx.upstream, plan)),
          source: plan.source.source,
          notIncluded: leftOutOf(plan),
        })),
      ),
    );
    refuseChildren(organizations, shown);
    const known = organizations.flatMap(({ cost }) => cost ?? []);
    const [first, ...others] = known;
    const total = first === undefined ? null : others.reduce(spends.plus, first);
    const [{ plans: planned } = {}] = plans;
    return { range: planned?.[0].windows.range ?? range, organizations, total };
  },
  requests(ctx: Context, names: readonly string[], range: DayRange): readonly FieldRequests[] {
    const named = organizationsNamed(ctx, names);
    return [
      ...comparable(named).map((each) => ({
        ...requestsFor(organizationEndpoint(each.kind), [{}]),
        ctx: each.ctx,
      })),
      ...named.map((each) => ({
        ...requestsOfCost(likelyPlan(each.ctx.upstream, plansOf(each, range))),
        ctx: each.ctx,
      })),
    ];
  },
};

function plansOf({ ctx, kind }: NamedContext, range: DayRange): ReportPlans<SpendAmounts> {
  const groupBy = isParent({ ctx, kind }) ? (["ORGANIZATION"] as const) : [];
  const question = { range, bucket: "NONE", groupBy, filter: {} } as const;
  const choice = { organization: kind, source: "AUTO" } as const;
  return plansFor(ctx.upstream, costReport, choice, question, ctx.now());
}

/** The cost of an organization; of a parent, the sum of its children's, with their ids. */
async function costOf(
  upstream: Upstream,
  plan: ReportPlan<SpendAmounts>,
): Promise<{ readonly cost: SpendAmounts | null; readonly childIds: readonly string[] }> {
  if (plan.source.isOfChildren !== true) return { cost: await totalOf(upstream, plan), childIds: [] };
  const { rows } = await collectAll(plan.windows.ranges.map((range) => readWanted(upstream, plan, [range])));
  const measures = rows.map(({ measure }) => measure);
  return { cost: sumOf(plan.algebra, measures), childIds: rows.flatMap((row) => row.organizationId ?? []) };
}

function requestsOfCost(plan: ReportPlan<SpendAmounts>): FieldRequests {
  return plan.source.isOfChildren === true ? requestsOfReport(plan, null) : requestsOfTotal(plan);
}

/** Finds the organizations. Throws BAD_USER_INPUT where the file of the operator shows that one would be counted twice. */
function organizationsNamed(ctx: Context, names: readonly string[]): readonly NamedContext[] {
  if (names.length === 0) throw badInput("`organizations` is empty; name those to add up.");
  // An unknown name comes first: relations are named only of organizations that the caller may read.
  const named = names.map((name): NamedContext => {
    const own = contextFor(ctx, { name, kind: null });
    const kind = organizationNamed(own, name);
    return { name: nameOf(own, kind), kind, ctx: own };
  });
  const found = new Set(named.map(({ name }) => name));
  if (found.size < named.length) throw badInput("`organizations` names one of them twice.");
  for (const { name, ancestors } of ctx.organizations.readable) {
    const above = found.has(name) ? ancestors.find((each) => found.has(each)) : undefined;
    if (above !== undefined)
      throw badInput(
        `\`${name}\` is below \`${above}\`, and its cost can be in that of its parent; name only one of the two.`,
      );
  }
  return named;
}

/**
 * Returns the names that can be counted twice: keys of different kinds never belong to the same organization, but a parent can have
 * children of either kind.
 */
function comparable(named: readonly NamedContext[]): readonly NamedContext[] {
  if (named.length > 1 && named.some(isParent)) return named;
  return named.filter(({ kind }) => named.filter((each) => each.kind === kind).length > 1);
}

/** Returns the ids that upstream states for the keys of names that can be counted twice. */
function idsOf(named: readonly NamedContext[]): Promise<readonly ShownOrganization[]> {
  return Promise.all(
    comparable(named).map(async ({ ctx, kind, name }) => {
      const { organizationId } = await organizationOf(ctx, kind);
      return { name, organizationId };
    }),
  );
}

/** Rejects names of one organization: the sum would count it twice. */
function refuseSame(shown: readonly ShownOrganization[]): void {
  const [same] = namesOfOne(shown);
  if (same === undefined) return;
  throw new GatewayError(
    "BAD_USER_INPUT",
    `The keys of ${listOfNames(same)} belong to the same organization, which would be counted twice; name only one of them, and tell the operator, who can correct ORGANIZATIONS_FILE.`,
    { reason: "SAME_ORGANIZATION", organizations: same },
  );
}

/** Rejects a child beside its parent that the operator has not stated as such, by the ids in the report of the parent. */
function refuseChildren(
  organizations: readonly { readonly name: string; readonly childIds: readonly string[] }[],
  shown: readonly ShownOrganization[],
): void {
  for (const { name: parent, childIds } of organizations) {
    const child = shown.find(({ organizationId }) => childIds.includes(organizationId));
    if (child !== undefined)
      throw new GatewayError(
        "BAD_USER_INPUT",
        `The cost of \`${child.name}\` is in that of \`${parent}\`, its parent, and would be counted twice; name only one of them, and tell the operator, who can state \`parent\` in ORGANIZATIONS_FILE.`,
        { reason: "SAME_ORGANIZATION", organizations: [parent, child.name] },
      );
  }
}
