import { costReport } from "../../src/analytics/cost.ts";
import { organizationNamed } from "../../src/analytics/organizations.ts";
import { spendOverlap, type TeamSpendQuestion } from "../../src/analytics/team-figures.ts";
import { isTeamIn, placementKey } from "../../src/domain/team.ts";
import { TEAM_SOURCES, teamRequests } from "../../src/loaders/teams.ts";
import { resolveRange } from "../../src/planning/range-input.ts";
import { builder } from "../framework/builder.ts";
import { type Connection, connectRanking, forward } from "../framework/connection.ts";
import { Spend } from "../framework/money.ts";
import { ofOrganization } from "../framework/organization.ts";
import { DateRange } from "../framework/range.ts";
import { requireOverlap } from "../money/report-args.ts";
import { placements, type TeamOver, TeamSummary } from "./team.ts";
import { spendArgs, teamSpendRequests } from "./team-figures.ts";
import { connectFromMemory, membershipsOf } from "./team-member.ts";
import { ORDER_SOURCES, orderedTeams, orderRequests, requireOrder, TeamOrder } from "./team-order.ts";

/** Facts about a list of teams, beside its rows. */
interface TeamList extends Connection<TeamOver> {
  readonly spend: TeamSpendQuestion;
}

const TeamSummaryConnection = builder.connectionObject(
  {
    type: TeamSummary,
    name: "TeamSummaryConnection",
    description:
      "Teams by name, then people without a team, then usage without a person; `orderBy` ranks all of these by a figure. `organization` is the organization of `cost`. `freshness` is that of the memberships: of the RBAC groups, or of the member list, since the operator's list has no age.",
    fields: (t) => ({
      overlap: t.field({
        requires: ["spenders"], // it can be what one person in two teams used
        type: Spend,
        nullable: true,
        description:
          "Amount that `cost` of all teams counts more than once, since people in several teams count in each. The sum of all rows minus this is the total of `cost`. Zero with `overlap: SPLIT`. Additive over ranges that do not overlap. Null: no cost.",
        sources: costReport.datasets,
        requests: teamSpendRequests,
        resolve: (list, _args, ctx) => spendOverlap(ctx, (list as object as TeamList).spend),
      }),
    }),
  },
  { name: "TeamSummaryEdge", description: "A team and its cursor." },
);

builder.queryField("teams", (t) =>
  t.field({
    requires: ["activity:read", "ofTeam"],
    type: TeamSummaryConnection,
    nullable: true,
    description:
      "Teams that have members within the range, with the activity and cost of these. They come from the operator's list, which takes no request and can state the days of each membership, otherwise from the RBAC groups with their current members, who count on all days. The members of RBAC groups come from the directory, which is read once a day. Errors: NOT_CONFIGURED, DIRECTORY_NOT_READY, CURSOR_*, TOO_EXPENSIVE, UPSTREAM_*.",
    sources: TEAM_SOURCES,
    args: {
      range: t.arg({ type: DateRange, required: true, description: "The UTC days that figures cover." }),
      orderBy: t.arg({
        type: TeamOrder,
        description: "Sort order; by default by name.",
        sources: ORDER_SOURCES,
      }),
      ...spendArgs,
      ...forward,
    },
    ...ofOrganization,
    requests: (input, ctx) => [...teamRequests(ctx), ...orderRequests(input.args.orderBy, input, ctx)],
    resolve: async (
      _root,
      { range: rangeInput, organization: name, overlap, orderBy, ...slice },
      ctx,
    ): Promise<TeamList> => {
      requireOverlap(ctx, overlap);
      if (orderBy) requireOrder(ctx, orderBy);
      const range = resolveRange(rangeInput, ctx.now());
      const organization = organizationNamed(ctx, name);
      const spend = { organization, range, overlap };
      const rows = (await placements(ctx, range))
        .filter((placement) => placement.kind !== "team" || isTeamIn(placement.team, range))
        .map((placement): TeamOver => ({ placement, ...spend }));
      const question = { field: "teams", range, organization };
      if (!orderBy)
        return {
          ...(await connectFromMemory(ctx, slice, question, rows, ({ placement }) =>
            placementKey(placement),
          )),
          spend,
        };
      const { field, direction, dataset, about } = { ...orderBy, ...membershipsOf(ctx) };
      const args = { order: [field, direction ?? "DESC"], overlap };
      return connectRanking(ctx, slice, { ...question, dataset, args }, async () => ({
        ranked: await orderedTeams(ctx, rows, orderBy),
        sources: [about],
        nodeOf: (team: TeamOver) => team,
        facts: { spend },
      }));
    },
  }),
);
