import type { AlertRecord } from "../cache/alert-store.ts";
import type { Context } from "../context.ts";
import { budgetDigest } from "../domain/alert.ts";
import { budgetPeriodOn, type SpendBudget } from "../domain/budget.ts";
import { addDays, dayOf, earlier } from "../domain/day.ts";
import { emailKey } from "../domain/organization.ts";
import type { DayRange } from "../domain/range.ts";
import { permissionsOf } from "../domain/viewer.ts";
import { shownPlacements, teamsCalled, teamsNow } from "./teams.ts";

/** Spend of what the viewer may or may not see. */
type About = Pick<SpendBudget, "organization" | "subject" | "subjectId">;

/**
 * Returns the budgets of this context's organizations that the viewer may see, without a request for the sizes of teams: a team can still
 * be too small to be shown. A member or team lead sees those that state their own address.
 */
export function budgetsFor(ctx: Context): readonly SpendBudget[] {
  return ctx.budgets.filter(seenBy(ctx));
}

function seenBy(ctx: Context): (about: About) => boolean {
  const {
    viewer,
    orgDirectory: { aliases },
    organizations: { readable },
    upstream: { tenant },
  } = ctx;
  const names = new Set(readable.filter((each) => each.tenant === tenant.name).map(({ name }) => name));
  const permissions = permissionsOf(viewer);
  const own = permissions.self && viewer.email !== null ? emailKey(viewer.email, aliases) : null;
  return ({ organization, subject, subjectId }) => {
    if (!names.has(organization)) return false;
    if (subject === "PERSON" && own !== null) return own === emailKey(subjectId ?? "", aliases);
    if (permissions.spendOfTeam) return subject === "TEAM";
    if (!permissions["spend:read"]) return false;
    // The name of a budget of a person is the operator's, and is likely to name them.
    if (subject === "PERSON") return permissions.individuals && viewer.identity === "full";
    return subject !== "API_KEY" || permissions.individuals;
  };
}

/** The budgets that the viewer may see. */
export function visibleBudgets(ctx: Context): Promise<readonly SpendBudget[]> {
  return visible(ctx, ctx.budgets, (budget) => budget);
}

/** An alert with its budget; null where it is about none, or the operator has removed or renamed it. */
export interface AlertOfBudget extends AlertRecord {
  readonly budget: SpendBudget | null;
}

/** The alerts that the viewer may see: those of a budget with it, and others by their subject. */
export function visibleAlerts(
  ctx: Context,
  records: readonly AlertRecord[],
): Promise<readonly AlertOfBudget[]> {
  const byDigest = new Map(ctx.budgets.map((budget) => [budgetDigest(budget), budget]));
  const alerts = records.map((record) => ({
    ...record,
    budget: byDigest.get(record.alert.budget ?? "") ?? null,
  }));
  return visible(ctx, alerts, ({ alert, budget }) => budget ?? alert);
}

async function visible<T>(
  ctx: Context,
  list: readonly T[],
  aboutOf: (each: T) => About,
): Promise<readonly T[]> {
  const isSeen = seenBy(ctx);
  const seen = list.filter((each) => isSeen(aboutOf(each)));
  const areTeams = seen.some((each) => aboutOf(each).subject === "TEAM");
  if (!areTeams || (ctx.viewer.minPeople === 0 && ctx.viewer.role !== "LEAD")) return seen;
  const [isShown, { all }] = await Promise.all([shownPlacements(ctx, daysOfPeriods(ctx)), teamsNow(ctx)]);
  return seen.filter((each) => {
    const { subject, subjectId } = aboutOf(each);
    if (subject !== "TEAM") return true;
    const meant = teamsCalled(subjectId ?? "", all);
    return meant.length > 0 && meant.every((team) => isShown({ kind: "team", team }));
  });
}

/** The days of all periods of today: a team has to be large enough on each of them. */
function daysOfPeriods({ now }: Context): DayRange {
  const today = dayOf(now());
  const from = earlier(budgetPeriodOn("QUARTER", today).from, budgetPeriodOn("WEEK", today).from);
  return { from, until: addDays(today, 1) };
}
