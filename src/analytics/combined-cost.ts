import type { Context } from "../context.ts";
import { type SpendAmounts, spends } from "../domain/money.ts";
import type { OrganizationKind } from "../domain/organization.ts";
import type { DayRange } from "../domain/range.ts";
import { badInput } from "../errors.ts";
import type { FieldRequests } from "../upstream/plan.ts";
import { costReport } from "./cost.ts";
import { contextFor, organizationNamed } from "./organizations.ts";
import { answerBy } from "./report/answer.ts";
import { likelyPlan, plansFor, type ReportPlans } from "./report/plan.ts";
import type { Source } from "./report/report.ts";
import { requestsOfTotal } from "./report/requests.ts";
import { totalOf } from "./report/total.ts";

/** The cost of one organization within a sum. */
export interface OrganizationCost {
  readonly name: string;
  /** Null: it has no figures in the range. */
  readonly cost: SpendAmounts | null;
  readonly source: Source;
}

/** The cost of several organizations, and their sum. */
export interface CombinedCost {
  readonly range: DayRange;
  readonly organizations: readonly OrganizationCost[];
  readonly total: SpendAmounts | null;
}

interface NamedPlans {
  readonly name: string;
  readonly ctx: Context;
  readonly plans: ReportPlans<SpendAmounts>;
}

/** Cost of organizations that a question names. The sum is of all of them, or an error: a part of it would look like the whole. */
export const combinedCost = {
  async read(ctx: Context, names: readonly string[], range: DayRange): Promise<CombinedCost> {
    const plans = plansOfEach(ctx, names, range);
    const organizations = await Promise.all(
      plans.map((each) =>
        answerBy(
          each.ctx.upstream,
          each.plans,
          async (plan): Promise<OrganizationCost> => ({
            name: each.name,
            cost: await totalOf(each.ctx.upstream, plan),
            source: plan.source.source,
          }),
        ),
      ),
    );
    const known = organizations.flatMap(({ cost }) => cost ?? []);
    const [first, ...others] = known;
    const total = first === undefined ? null : others.reduce(spends.plus, first);
    const [{ plans: planned } = {}] = plans;
    return { range: planned?.[0].windows.range ?? range, organizations, total };
  },
  requests: (ctx: Context, names: readonly string[], range: DayRange): readonly FieldRequests[] =>
    plansOfEach(ctx, names, range).map(({ ctx: own, plans }) => ({
      ...requestsOfTotal(likelyPlan(own.upstream, plans)),
      ctx: own,
    })),
};

function plansOfEach(ctx: Context, names: readonly string[], range: DayRange): readonly NamedPlans[] {
  refuseDoubles(ctx, names);
  const question = { range, bucket: "NONE", groupBy: [], filter: {} } as const;
  return names.map((name) => {
    const own = contextFor(ctx, { name, kind: null });
    const organization: OrganizationKind = organizationNamed(own, name);
    const choice = { organization, source: "AUTO" } as const;
    return { name, ctx: own, plans: plansFor(own.upstream, costReport, choice, question, ctx.now()) };
  });
}

/** Rejects organizations that would be counted twice: one that is named twice, and a child beside its parent. */
function refuseDoubles(ctx: Context, names: readonly string[]): void {
  if (names.length === 0) throw badInput("`organizations` is empty; name those to add up.");
  if (new Set(names).size < names.length) throw badInput("`organizations` names one of them twice.");
  for (const { name, parent } of ctx.organizations.readable)
    if (parent !== null && names.includes(name) && names.includes(parent))
      throw badInput(
        `\`${name}\` is a child of \`${parent}\`, and its cost can be in that of its parent; name only one of the two.`,
      );
}
