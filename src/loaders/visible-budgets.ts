import type { AlertRecord } from "../cache/alert-store.ts";
import type { Context } from "../context.ts";
import { budgetDigest } from "../domain/alert.ts";
import { budgetPeriodOn, type SpendBudget } from "../domain/budget.ts";
import { addDays, dayOf } from "../domain/day.ts";
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
  const today = dayOf(ctx.now());
  return visible(ctx, ctx.budgets, (about) => ({ about, ranges: [budgetPeriodOn(about.period, today)] }));
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
  const today = dayOf(ctx.now());
  return visible(ctx, alerts, ({ alert, budget }) => {
    const now = budget === null ? [] : [budgetPeriodOn(budget.period, today)]; // which the alert leads to
    return { about: budget ?? alert, ranges: [alert.range, ...now] };
  });
}

/** Spend over some ranges: a team has to be large enough on each day of them. */
interface Shown {
  readonly about: About;
  readonly ranges: readonly DayRange[];
}

async function visible<T>(
  ctx: Context,
  list: readonly T[],
  shownBy: (each: T) => Shown,
): Promise<readonly T[]> {
  const isSeen = seenBy(ctx);
  const seen = list.map((each) => ({ each, ...shownBy(each) })).filter(({ about }) => isSeen(about));
  const areTeams = seen.some(({ about }) => about.subject === "TEAM");
  const isByTeam = areTeams && (ctx.viewer.minPeople > 0 || ctx.viewer.role === "LEAD");
  const { all } = isByTeam ? await teamsNow(ctx) : { all: [] };
  const tomorrow = addDays(dayOf(ctx.now()), 1);
  const placements = new Map<string, ReturnType<typeof shownPlacements>>();
  const shownOver = (range: DayRange) =>
    placements.getOrInsertComputed(range.from, () => shownPlacements(ctx, range));
  const areShown = seen.map(async ({ about: { subject, subjectId }, ranges }) => {
    if (!isByTeam || subject !== "TEAM") return true;
    const meant = teamsCalled(subjectId ?? "", all);
    const past = ranges.filter(({ from }) => from < tomorrow);
    const over = await Promise.all(past.map(({ from }) => shownOver({ from, until: tomorrow })));
    return (
      meant.length > 0 && over.every((isShown) => meant.every((team) => isShown({ kind: "team", team })))
    );
  });
  const shown = await Promise.all(areShown);
  return seen.flatMap(({ each }, i) => (shown[i] ? [each] : []));
}
