import type { Context } from "../context.ts";
import { emailKey } from "../domain/organization.ts";
import { type Placement, Teams, teamsOfAtLeast } from "../domain/team.ts";
import { groupMembers, groups } from "../upstream/endpoints/groups.ts";
import { type FieldWalks, walksOf } from "../upstream/plan.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { membershipsNow } from "./groups.ts";
import { loader } from "./loader.ts";

/**
 * The teams there are now: those the operator lists, which costs nothing, else the RBAC groups, which take one walk for the
 * groups and one for the members of each. Either is as of now, whatever days figures are about.
 */
export async function teamsNow(ctx: Context): Promise<Teams> {
  return ctx.roster.teams ?? (await groupTeams(ctx, {}).load(ALL)) ?? new Teams([], ctx.roster.aliases);
}

/**
 * Whether what belongs to a placement is shown to the viewer. How many people are in no team nobody knows, so that those are
 * shown only where people are seen one by one.
 */
export async function shownPlacements(ctx: Context): Promise<(placement: Placement | null) => boolean> {
  const { minPeople } = ctx.viewer;
  if (minPeople === 0) return () => true;
  const shown = teamsOfAtLeast((await teamsNow(ctx)).all, minPeople);
  return (placement) =>
    placement === null ||
    placement.kind === "nobody" ||
    (placement.kind === "team" && shown.has(placement.team));
}

/** The walks to the teams before they are made; how many groups there are is not known yet, so their members count as one. */
export function walksToTeams({ roster }: Context): readonly FieldWalks[] {
  if (roster.teams !== null) return [];
  const members = { endpoint: groupMembers, range: null, name: "members of all groups", kept: membersKept };
  return [walksOf(groups, [{}]), { walks: [members], enough: null }];
}

async function membersKept(upstream: Upstream) {
  const listed = await upstream.peek(groups, {}, null);
  const pages = listed?.rows.map(({ groupId }) => upstream.peek(groupMembers, { groupId }, null)) ?? [null];
  return { rows: 0, isWhole: (await Promise.all(pages)).every((page) => page !== null) };
}

const ALL = "all";

const groupTeams = loader(async ({ upstream, roster }, _params: Record<never, never>) => {
  const { groups: all, memberships } = await membershipsNow(upstream);
  const byGroup = Map.groupBy(memberships, ({ group }) => group.groupId);
  const teams = all.map(({ groupId, name }) => {
    const members = (byGroup.get(groupId) ?? []).map(({ member }) => member);
    const byPerson = Map.groupBy(members, ({ email }) => emailKey(email, roster.aliases));
    return {
      teamId: groupId,
      name,
      costCentre: null,
      manager: null,
      members: [...byPerson.values()].flatMap(([first]) => first ?? []),
    };
  });
  return new Map([[ALL, new Teams(teams, roster.aliases)]]);
});
