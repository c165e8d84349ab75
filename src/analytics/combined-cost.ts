import type { Context } from "../context.ts";
import { type SpendAmounts, spends } from "../domain/money.ts";
import type { OrganizationKind } from "../domain/organization.ts";
import type { DayRange } from "../domain/range.ts";
import { badInput, GatewayError } from "../errors.ts";
import { type FieldRequests, requestsFor } from "../upstream/plan.ts";
import { costReport } from "./cost.ts";
import { namesOfOne, organizationEndpoint, organizationOf } from "./join.ts";
import { contextFor, listOfNames, nameOf, organizationNamed } from "./organizations.ts";
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
    await refuseSame(named);
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
  requests(ctx: Context, names: readonly string[], range: DayRange): readonly FieldRequests[] {
    const named = organizationsNamed(ctx, names);
    return [
      ...comparable(named).map((each) => ({
        ...requestsFor(organizationEndpoint(each.kind), [{}]),
        ctx: each.ctx,
      })),
      ...named.map((each) => ({
        ...requestsOfTotal(likelyPlan(each.ctx.upstream, plansOf(each, range))),
        ctx: each.ctx,
      })),
    ];
  },
};

function plansOf({ ctx, kind }: NamedContext, range: DayRange): ReportPlans<SpendAmounts> {
  const question = { range, bucket: "NONE", groupBy: [], filter: {} } as const;
  const choice = { organization: kind, source: "AUTO" } as const;
  return plansFor(ctx.upstream, costReport, choice, question, ctx.now());
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

/** Returns the names that can be one organization: keys of different kinds never belong to the same one. */
function comparable(named: readonly NamedContext[]): readonly NamedContext[] {
  return named.filter(({ kind }) => named.filter((each) => each.kind === kind).length > 1);
}

/** Rejects names of one organization, by the id that upstream states for each key: the sum would count it twice. */
async function refuseSame(named: readonly NamedContext[]): Promise<void> {
  const shown = await Promise.all(
    comparable(named).map(async ({ ctx, kind, name }) => {
      const { organizationId } = await organizationOf(ctx, kind);
      return { name, organizationId };
    }),
  );
  const [same] = namesOfOne(shown);
  if (same === undefined) return;
  throw new GatewayError(
    "BAD_USER_INPUT",
    `The keys of ${listOfNames(same)} belong to the same organization, which would be counted twice; name only one of them, and tell the operator, who can correct ORGANIZATIONS_FILE.`,
    { reason: "SAME_ORGANIZATION", organizations: same },
  );
}
