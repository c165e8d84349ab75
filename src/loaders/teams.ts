import type { Context } from "../context.ts";
import type { Dataset } from "../domain/dataset.ts";
import { dayOf } from "../domain/day.ts";
import type { Memberships } from "../domain/group.ts";
import { type Aliases, emailKey } from "../domain/organization.ts";
import { inPieces, type ThreadTurn } from "../domain/pieces.ts";
import type { DayRange } from "../domain/range.ts";
import {
  membersOn,
  type Placement,
  type Team,
  type TeamMember,
  Teams,
  teamsOfAtLeast,
} from "../domain/team.ts";
import { groupMembers, groups } from "../upstream/endpoints/groups.ts";
import { type FieldRequests, type RequestPlan, requestsFor } from "../upstream/plan.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { missingOf } from "./directory/read-part.ts";

/**
 * The teams: those the operator lists, with the days of their members, which costs nothing, else the RBAC groups with the members that
 * the directory holds. Those are as of now, for any days of figures.
 */
export async function teamsNow(ctx: Context): Promise<Teams> {
  const { orgDirectory, directory, upstream } = ctx;
  return (
    orgDirectory.teams ?? teamsOfGroups(await directory.memberships(), orgDirectory.aliases, upstream.turn)
  );
}

/** The teams that an operator means: the one with the id, else all with the name. */
export function teamsCalled(idOrName: string, teams: readonly Team[]): readonly Team[] {
  const byId = teams.filter(({ teamId }) => teamId === idOrName);
  return byId.length > 0 ? byId : teams.filter(({ name }) => name === idOrName);
}

/**
 * Returns the ids of the teams that a team lead may read: those they manage by the operator's list, those that their token names, and all
 * below these. Null: the viewer has another role.
 */
export async function ledTeams(ctx: Context): Promise<ReadonlySet<string> | null> {
  const { viewer, managedTeams } = ctx;
  if (viewer.role !== "LEAD") return null;
  const teams = await teamsNow(ctx);
  const named = [...viewer.teams].flatMap((idOrName) => {
    const [team, other] = teamsCalled(idOrName, teams.all);
    return team === undefined || other !== undefined ? [] : [team.teamId]; // another group can have the same name
  });
  return teams.withTeamsBelow(new Set([...managedTeams, ...named]));
}

/** The people who are in a team today. */
export function currentMembers({ now }: Context, team: Team): readonly TeamMember[] {
  return membersOn(team, dayOf(now()));
}

/**
 * True if the viewer may see figures of a placement over some days: a team lead those of their teams. The number of people without a team
 * is unknown, so those figures are shown only to viewers who see people one by one.
 */
export async function shownPlacements(
  ctx: Context,
  range: DayRange,
): Promise<(placement: Placement | null) => boolean> {
  const { minPeople } = ctx.viewer;
  const led = await ledTeams(ctx);
  if (led === null && minPeople === 0) return () => true;
  const teams = await teamsNow(ctx);
  const shown = minPeople === 0 ? teams.all : [...teamsOfAtLeast(teams, minPeople, range)];
  const shownIds = new Set(shown.map(({ teamId }) => teamId)); // another reading of the teams can have made the placement
  return (placement) => {
    if (placement?.kind !== "team") return led === null && placement?.kind !== "unassigned";
    const { teamId } = placement.team;
    return shownIds.has(teamId) && (led?.has(teamId) ?? true);
  };
}

/** The datasets that teams come from where the operator lists none. */
export const TEAM_SOURCES = ["GROUPS", "GROUP_MEMBERS"] as const satisfies readonly Dataset[];

/** Plans the requests for the teams. */
export function teamRequests(ctx: Context): readonly FieldRequests[] {
  return ctx.orgDirectory.teams === null ? membershipRequests(ctx) : [];
}

/** Plans the requests for who is in which group: none where the directory is there. */
export function membershipRequests({ directory }: Context): readonly FieldRequests[] {
  const isComplete = async () => ({ rows: 0, isComplete: true });
  const list = requestsFor(groups, [{}]);
  const members = (kept: RequestPlan["kept"]) => ({
    plans: [{ endpoint: groupMembers, range: null, name: "members of all groups", kept }],
    enough: null,
  });
  if (!directory.has("GROUP_MEMBERS")) return [list, members(membersKept)];
  return [{ ...list, plans: list.plans.map((plan) => ({ ...plan, kept: isComplete })) }, members(isComplete)];
}

async function membersKept(upstream: Upstream) {
  const listed = await upstream.peek(groups, {}, null);
  if (listed === null) return { rows: 0, isComplete: false };
  const missing = await missingOf(
    upstream,
    listed.rows.map(({ groupId }) => groupId),
  );
  return { rows: 0, isComplete: missing === 0, requests: missing };
}

/** Made once for each version of the memberships in the directory. */
const made = new WeakMap<Memberships, WeakMap<Aliases, Promise<Teams>>>();

function teamsOfGroups(memberships: Memberships, aliases: Aliases, turn: ThreadTurn): Promise<Teams> {
  const byAliases = made.getOrInsertComputed(memberships, () => new WeakMap<Aliases, Promise<Teams>>());
  return byAliases.getOrInsertComputed(aliases, async () =>
    Teams.inPieces(await teamsIn(memberships, aliases, turn), aliases, turn),
  );
}

async function teamsIn(
  { groups: all, membersOf }: Memberships,
  aliases: Aliases,
  turn: ThreadTurn,
): Promise<Team[]> {
  const teams: Team[] = [];
  for (const { groupId, name } of all) {
    const people = new Map<string, TeamMember>();
    await inPieces(membersOf.get(groupId) ?? [], turn, (member) => {
      people.getOrInsertComputed(emailKey(member.email, aliases), () => ({
        userId: member.userId,
        email: member.email,
        spans: null,
      }));
    });
    teams.push({
      teamId: groupId,
      name,
      costCentre: null,
      manager: null,
      parentId: null,
      members: [...people.values()],
    });
  }
  return teams;
}
