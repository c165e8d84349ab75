import { costReport } from "../../src/analytics/cost.ts";
import { organizationNamed } from "../../src/analytics/organizations.ts";
import {
  activityOfTeam,
  codeOfTeam,
  type PeopleActivity,
  spendOfTeam,
} from "../../src/analytics/team-figures.ts";
import type { Context } from "../../src/context.ts";
import type { DayRange } from "../../src/domain/range.ts";
import { type Overlap, placementKey } from "../../src/domain/team.ts";
import { overCounted } from "../../src/loaders/activity/counted-range.ts";
import { TEAM_SOURCES } from "../../src/loaders/teams.ts";
import type { PlanRequests } from "../../src/planning/plan.ts";
import { isRelative, type RangeInput, resolveRange } from "../../src/planning/range-input.ts";
import { userActivity } from "../../src/upstream/endpoints/users.ts";
import { ClaudeCodeTotals } from "../claude-code/totals.ts";
import { UserActivity } from "../engagement/activity.ts";
import { builder } from "../framework/builder.ts";
import { figures } from "../framework/figures.ts";
import { Spend, spendOfTeamOnly } from "../framework/money.ts";
import { ORGANIZATION_OF_FIGURES } from "../framework/organization.ts";
import { ResolvedRange } from "../framework/range.ts";
import { OverlapEnum, type ReportArgs, requireOverlap } from "../money/report-args.ts";
import { reportRequests } from "../money/report-requests.ts";
import { type TeamNode, type TeamOver, TeamSummary, TeamType } from "./team.ts";

const TeamActivity = builder
  .objectRef<PeopleActivity & { readonly range: DayRange }>("TeamActivity")
  .implement({
    description: "Activity of the people of one team over a range, added up.",
    sources: ["USER_ACTIVITY"],
    fields: (t) => ({
      range: t.expose("range", {
        type: ResolvedRange,
        description:
          "The UTC days of the figures: the requested days up to the newest day that upstream has counted.",
      }),
      users: t.expose("people", {
        type: "Count",
        description:
          "Different people with activity. Recounted exactly, each person once over the range; not additive over time, nor over teams that people share.",
      }),
      activity: t.expose("activity", {
        type: UserActivity,
        description:
          "Their activity, added up. Counts of different things are null, since two people can have used the same one.",
      }),
    }),
  });

export const spendArgs = builder.args((t) => ({
  organization: t.string({
    description: `${ORGANIZATION_OF_FIGURES} It applies to \`cost\`; all other figures are of one organization only.`,
  }),
  overlap: t.field({
    type: OverlapEnum,
    required: true,
    defaultValue: "COUNT_IN_EACH",
    description: "How the spend of people in several teams is counted. Everything else counts in each.",
  }),
}));

/** The requests for the spend of teams, which are those of cost by team. */
export const teamSpendRequests: PlanRequests = ({ range, argsOf }, ctx) =>
  reportRequests(ctx, costReport, {
    range: { between: range },
    bucket: "NONE",
    groupBy: ["TEAM"],
    organization: argsOf(spendArgs)?.organization,
  });

interface FigureArgs extends Pick<ReportArgs, "organization"> {
  readonly range?: RangeInput;
  readonly overlap?: Overlap;
}

/** The team over the days that a figure is about. */
function teamOver(
  team: TeamNode | TeamOver,
  { range, organization, overlap }: FigureArgs,
  ctx: Context,
): TeamOver {
  if (range !== undefined) {
    requireOverlap(ctx, overlap);
    return {
      ...team,
      organization: organizationNamed(ctx, organization),
      range: resolveRange(range, ctx.now()),
      overlap: overlap ?? "COUNT_IN_EACH",
    };
  }
  if ("range" in team) return team;
  throw new Error("a figure of a team needs a range");
}

figures<TeamNode, TeamOver>(TeamType, TeamSummary, (t, range) => ({
  activity: t.field({
    requires: ["activity:read", "ofTeam"],
    type: TeamActivity,
    nullable: true,
    description:
      "Activity of its people over the range, each on their days in the team, up to the newest counted day, which `range` states. People in several teams count in each. Days in `between` that are not counted yet are NOT_YET_AVAILABLE. Null: no active people, or no people. One run of upstream pages for all teams of a list, and more for people who change teams within the range.",
    sources: ["USER_ACTIVITY", ...TEAM_SOURCES],
    args: range,
    requests: ({ range }, ctx) => activityOfTeam.requests(ctx, range),
    resolve: (team, args, ctx) => {
      const { placement, range: requested } = teamOver(team, args, ctx);
      // A row holds the resolved days of its list: they end with the newest counted one, which `range` names.
      const canShorten = args.range === undefined || isRelative(args.range);
      return overCounted(userActivity, requested, canShorten, ctx, async (range) => {
        const found = await activityOfTeam(ctx, { range }).load(placementKey(placement));
        return found && { ...found, range };
      });
    },
  }),
  cost: t.field({
    ...spendOfTeamOnly(Spend),
    description:
      "Cost of its people's usage on their days in the team within the range, exact; the same as `cost(groupBy: [TEAM], bucket: NONE)`, from the same sources. Additive over days and, except for people in several teams (`overlap`), over teams. Null: no spend. One run of upstream pages per month for all teams of a list, and one for the days of people who change teams within the month.",
    args: { ...range, ...(range.range && spendArgs) },
    sources: [...costReport.datasets, ...TEAM_SOURCES],
    requests: teamSpendRequests,
    resolve: (team, args, ctx) => {
      const { placement, organization, range, overlap } = teamOver(team, args, ctx);
      return spendOfTeam(ctx, { organization, range, overlap }).load(placementKey(placement));
    },
  }),
  claudeCode: t.field({
    requires: ["activity:read", "ofTeam"],
    type: ClaudeCodeTotals,
    nullable: true,
    description:
      "The sum of the Claude Code records of its people on their days in the team within the range, matched by email. People in several teams count in each. Records of API keys, which have only a name, are usage without a person. Null: no record, which does not prove inactivity. One run of upstream pages per day for all teams of a list.",
    sources: ["CLAUDE_CODE", ...TEAM_SOURCES],
    args: range,
    requests: ({ range }, ctx) => codeOfTeam.requests(ctx, range),
    resolve: (team, args, ctx) => {
      const { placement, range } = teamOver(team, args, ctx);
      return codeOfTeam(ctx, { range }).load(placementKey(placement));
    },
  }),
}));
