import type { Context } from "../context.ts";
import type { SpendBudget } from "../domain/budget.ts";
import { emailKey } from "../domain/organization.ts";
import { permissionsOf } from "../domain/viewer.ts";
import { shownPlacements, teamsCalled, teamsNow } from "./teams.ts";

/**
 * Returns the budgets of this context's organizations that the viewer may see, without a request for the sizes of teams: a team can still
 * be too small to be shown. A member sees those that state their own address.
 */
export function budgetsFor(ctx: Context): readonly SpendBudget[] {
  const {
    viewer,
    orgDirectory: { aliases },
    organizations: { readable },
    upstream: { tenant },
  } = ctx;
  const names = new Set(readable.filter((each) => each.tenant === tenant.name).map(({ name }) => name));
  const budgets = ctx.budgets.filter(({ organization }) => names.has(organization));
  const permissions = permissionsOf(viewer);
  const own = permissions.own && viewer.email !== null ? emailKey(viewer.email, aliases) : null;
  return budgets.filter(({ subject, subjectId }) => {
    if (subject === "PERSON" && own !== null) return own === emailKey(subjectId ?? "", aliases);
    if (!permissions["spend:read"]) return false;
    // The name of a budget of a person is the operator's, and is likely to name them.
    if (subject === "PERSON") return permissions.individuals && viewer.identity === "full";
    return subject !== "API_KEY" || permissions.individuals;
  });
}

/** The budgets that the viewer may see. */
export async function visibleBudgets(ctx: Context): Promise<readonly SpendBudget[]> {
  const budgets = budgetsFor(ctx);
  const areTeams = budgets.some(({ subject }) => subject === "TEAM");
  if (!areTeams || ctx.viewer.minPeople === 0) return budgets;
  const [isShown, { all }] = await Promise.all([shownPlacements(ctx), teamsNow(ctx)]);
  return budgets.filter(({ subject, subjectId }) => {
    if (subject !== "TEAM") return true;
    const meant = teamsCalled(subjectId ?? "", all);
    return meant.length > 0 && meant.every((team) => isShown({ kind: "team", team }));
  });
}
