import { nameOf } from "../../src/analytics/organizations.ts";
import type { TeamSpendQuestion } from "../../src/analytics/team-figures.ts";
import type { Context } from "../../src/context.ts";
import { dayOf } from "../../src/domain/day.ts";
import { type DayRange, oneDay } from "../../src/domain/range.ts";
import { NO_PERSON, type Placement, placementKey, UNASSIGNED } from "../../src/domain/team.ts";
import { GatewayError } from "../../src/errors.ts";
import {
  currentMembers,
  shownPlacements,
  TEAM_SOURCES,
  teamRequests,
  teamsNow,
} from "../../src/loaders/teams.ts";
import { builder, nodeLoader } from "../framework/builder.ts";
import { formatMeasuredId, parseMeasuredId, rangeOfMeasured, shortened } from "../framework/measured-id.ts";
import { ResolvedRange } from "../framework/range.ts";
import { requireOverlap } from "../money/report-args.ts";

/** A team, or what is in none. */
export interface TeamNode {
  readonly placement: Placement;
}

/** A team with the question that its figures answer. */
export interface TeamOver extends TeamNode, TeamSpendQuestion {}

export const TeamProfile = builder.interfaceRef<TeamNode>("TeamProfile").implement({
  description: "Properties of a team, independent of a range.",
  fields: (t) => ({
    teamId: t.string({
      nullable: true,
      description:
        "Id of the RBAC group, or the name if the operator lists the teams. Null: no team, see `isUnassigned`.",
      resolve: ({ placement }) => teamOf(placement)?.teamId ?? null,
    }),
    name: t.string({
      nullable: true,
      description: "Name; not unique among RBAC groups. Null: no team, see `isUnassigned`.",
      resolve: ({ placement }) => teamOf(placement)?.name ?? null,
    }),
    isUnassigned: t.boolean({
      description:
        "True if it stands for people without a team. The other entry without a name is usage without a person: service accounts, keys and unattributed usage.",
      resolve: ({ placement }) => placement.kind === "unassigned",
    }),
    costCentre: t.string({
      nullable: true,
      description:
        "Cost centre that most of the operator's lines of the team state. Null: none, or an RBAC group.",
      resolve: ({ placement }) => teamOf(placement)?.costCentre ?? null,
    }),
    manager: t.string({
      requires: ["identity:read", "namesOfTeam", "pseudonyms"],
      nullable: true,
      description:
        "Manager that most of the operator's lines of the team state, usually by address. Null: none, or an RBAC group.",
      resolve: ({ placement }) => teamOf(placement)?.manager ?? null,
    }),
    memberCount: t.field({
      requires: ["activity:read", "ofTeam"],
      type: "Count",
      nullable: true,
      description:
        "Number of members today, active or not; a person with several addresses counts once. Not additive: people can be in several teams. Null: no team.",
      resolve: ({ placement }, _args, ctx) => {
        const team = teamOf(placement);
        return team && currentMembers(ctx, team).length;
      },
    }),
  }),
});

export const TeamType = builder.node(builder.objectRef<TeamNode>("Team"), {
  description:
    "A team with the figures of its members, for any range. Teams come from the operator's list (TEAMS_FILE), where each person counts on the days that the list states (`from`, `until`), otherwise from the RBAC groups, where current members count on all days; by GROUP, membership on the day of use counts instead. Two entries without a name stand beside them, so that figures add up: people without a team, and usage without a person. The `id` is the same on every path; every figure takes a `range`.",
  sources: TEAM_SOURCES,
  interfaces: [TeamProfile],
  requires: ["activity:read", "ofTeam"],
  id: { resolve: ({ placement }) => shortened(placementKey(placement)) },
  lookup: { requests: (_id, ctx) => teamRequests(ctx) },
  loadOne: nodeLoader("Team", async (key, ctx) => ({ placement: await placementBy(ctx, key) })),
});

export const TeamSummary = builder.node(builder.objectRef<TeamOver>("TeamSummary"), {
  description:
    "A team in a list over a range: the team and its figures over that range. The `id` identifies the team, the range, the organization of `cost`, and how people in several teams are counted; `team` is the team alone.",
  sources: TEAM_SOURCES,
  interfaces: [TeamProfile],
  requires: ["activity:read", "ofTeam"],
  id: {
    resolve: ({ placement, range, ...terms }, _args, ctx) =>
      formatMeasuredId(ctx, { own: placementKey(placement), range, terms }),
  },
  lookup: { requests: (_id, ctx) => teamRequests(ctx), range: rangeOfMeasured },
  loadOne: nodeLoader("TeamSummary", async (id, ctx): Promise<TeamOver> => {
    const { own, range, terms } = await parseMeasuredId(ctx, id, ["organization", "overlap"]);
    const { organization = "ENTERPRISE", overlap = "COUNT_IN_EACH" } = terms;
    requireOverlap(ctx, overlap);
    return { placement: await placementBy(ctx, own, range), range, organization, overlap };
  }),
  fields: (t) => ({
    team: t.field({ type: TeamType, description: "The team.", resolve: ({ placement }) => ({ placement }) }),
    range: t.expose("range", { type: ResolvedRange, description: "The days that the figures cover." }),
    organization: t.string({
      description: "Organization of `cost`, by the name that `organization` arguments take.",
      resolve: ({ organization }, _args, ctx) => nameOf(ctx, organization),
    }),
  }),
});

export function teamOf(placement: Placement) {
  return placement.kind === "team" ? placement.team : null;
}

/** The teams that are shown over a range, today if omitted, by name, then what is in none. */
export async function placements(
  ctx: Context,
  range: DayRange = oneDay(dayOf(ctx.now())),
): Promise<readonly Placement[]> {
  const { all } = await teamsNow(ctx);
  const isShown = await shownPlacements(ctx, range);
  return [...all.map((team): Placement => ({ kind: "team", team })), UNASSIGNED, NO_PERSON].filter(isShown);
}

async function placementBy(ctx: Context, key: string, range?: DayRange): Promise<Placement> {
  const placement = (await placements(ctx, range)).find((each) => shortened(placementKey(each)) === key);
  if (placement !== undefined) return placement;
  throw new GatewayError("NOT_FOUND", "No team has this id now; `teams` lists the current teams.");
}
