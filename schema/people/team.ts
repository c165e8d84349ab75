import { costReport } from "../../src/analytics/cost.ts";
import { joinEmailOf, personByEmail } from "../../src/analytics/join.ts";
import { organizationNamed } from "../../src/analytics/organizations.ts";
import {
  activityOfTeam,
  codeOfTeam,
  type PeopleActivity,
  spendOfTeam,
  spendOverlap,
  type TeamSpendQuestion,
  teamActivityRequests,
  teamCodeRequests,
} from "../../src/analytics/team-figures.ts";
import type { Context } from "../../src/context.ts";
import type { Dataset } from "../../src/domain/dataset.ts";
import { organizationName } from "../../src/domain/organization.ts";
import type { Person, PersonOver } from "../../src/domain/person.ts";
import type { DayRange } from "../../src/domain/range.ts";
import {
  NO_PERSON,
  type Overlap,
  type Placement,
  placementKey,
  type TeamMember,
  UNASSIGNED,
} from "../../src/domain/team.ts";
import { GatewayError } from "../../src/errors.ts";
import { overCounted } from "../../src/loaders/activity/counted-range.ts";
import { shownPlacements, TEAM_SOURCES, teamRequests, teamsNow } from "../../src/loaders/teams.ts";
import type { FieldPlanOptions, PlanRequests } from "../../src/planning/plan.ts";
import { isRelative, type RangeInput, resolveRange } from "../../src/planning/range-input.ts";
import { userActivity } from "../../src/upstream/endpoints/users.ts";
import { pagesOfRows } from "../../src/upstream/pages/iterate.ts";
import { ClaudeCodeTotals } from "../claude-code/claude-code.ts";
import { UserActivity } from "../engagement/activity.ts";
import { builder, nodeLoader } from "../framework/builder.ts";
import { type Connection, connect, forward, type ListQuestion, type Slice } from "../framework/connection.ts";
import { figures } from "../framework/figures.ts";
import { formatMeasuredId, parseMeasuredId, rangeOfMeasured, shortened } from "../framework/measured-id.ts";
import { Spend, spendOnly } from "../framework/money.ts";
import { DateRange, ResolvedRange } from "../framework/range.ts";
import { ORGANIZATION_OF_FIGURES, OverlapEnum, type ReportArgs, reportRequests } from "../money/report.ts";
import { memberLookup, ofMembers } from "./member-lookup.ts";
import { User, UserProfile } from "./user.ts";

/** A team, or what is in none. */
interface TeamNode {
  readonly placement: Placement;
}

/** The same with what its figures are about. */
interface TeamOver extends TeamNode, TeamSpendQuestion {}

const TeamMemberType = builder.objectRef<TeamMember>("TeamMember").implement({
  description: "Current membership of one person in one team.",
  fields: (t) => ({
    email: t.exposeString("email", {
      authScopes: { "identity:read": true, pseudonyms: true },
      description:
        "Address. For an RBAC group as upstream spells it; for the operator's list in lower case, with aliases resolved.",
    }),
    user: t.field({
      type: User,
      nullable: true,
      description:
        "The person. Null: the operator lists an address, and no organization has a member with it.",
      sources: ["ENTERPRISE_MEMBERS", "CONSOLE_MEMBERS"],
      requests: (_input, ctx) => (ctx.orgDirectory.teams === null ? [] : memberLookup(ctx)),
      resolve: ({ userId, email }, _args, ctx): Person | Promise<Person | null> =>
        userId === null ? personByEmail(ctx, email) : { organization: "ENTERPRISE", userId },
    }),
  }),
});

const TeamMemberConnection = builder.connectionObject(
  { type: TeamMemberType, name: "TeamMemberConnection", description: "Members of a team." },
  { name: "TeamMemberEdge", description: "A member and its cursor." },
);

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

const spendArgs = builder.args((t) => ({
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
const teamSpendRequests: PlanRequests = ({ range, argsOf }, ctx) =>
  reportRequests(ctx, costReport, {
    range: { between: range },
    bucket: "NONE",
    groupBy: ["TEAM"],
    organization: argsOf(spendArgs)?.organization,
  });

type OfOrganization = Pick<ReportArgs, "organization">;

const TeamProfile = builder.interfaceRef<TeamNode>("TeamProfile").implement({
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
      authScopes: { "identity:read": true, pseudonyms: true },
      nullable: true,
      description:
        "Manager that most of the operator's lines of the team state, usually by address. Null: none, or an RBAC group.",
      resolve: ({ placement }) => teamOf(placement)?.manager ?? null,
    }),
    memberCount: t.field({
      authScopes: { "activity:read": true },
      type: "Count",
      nullable: true,
      description:
        "Number of current members, active or not; a person with several addresses counts once. Not additive: people can be in several teams. Null: no team.",
      resolve: ({ placement }) => teamOf(placement)?.members.length ?? null,
    }),
    members: t.field({
      authScopes: { "identity:read": true, pseudonyms: true },
      type: TeamMemberConnection,
      nullable: true,
      description: "Current members, active or not. Null: no team. Errors: CURSOR_*.",
      sources: TEAM_SOURCES,
      args: forward,
      resolve: ({ placement }, slice, ctx) => {
        const team = teamOf(placement);
        if (team === null) return null;
        const question = { field: "Team.members", range: null, args: team.teamId };
        return listed(ctx, slice, question, team.members, ({ email }) => email);
      },
    }),
  }),
});

const Team = builder.node(builder.objectRef<TeamNode>("Team"), {
  description:
    "A team with the figures of its current members, for any range; by GROUP, membership on the day of use counts instead. Teams come from the operator's list (TEAMS_FILE), otherwise from the RBAC groups. Two entries without a name stand beside them, so that figures add up: people without a team, and usage without a person. The `id` is the same on every path; every figure takes a `range`.",
  sources: TEAM_SOURCES,
  interfaces: [TeamProfile],
  id: { resolve: ({ placement }) => shortened(placementKey(placement)) },
  lookup: { requests: (_id, ctx) => teamRequests(ctx) },
  loadOne: nodeLoader("Team", async (key, ctx) => ({ placement: await placementBy(ctx, key) })),
});

const TeamSummary = builder.node(builder.objectRef<TeamOver>("TeamSummary"), {
  description:
    "A team in a list over a range: the team and its figures over that range. The `id` identifies the team, the range, the organization of `cost`, and how people in several teams are counted; `team` is the team alone.",
  sources: TEAM_SOURCES,
  interfaces: [TeamProfile],
  id: {
    resolve: ({ placement, range, ...terms }, _args, ctx) =>
      formatMeasuredId(ctx, { own: placementKey(placement), range, terms }),
  },
  lookup: { requests: (_id, ctx) => teamRequests(ctx), range: rangeOfMeasured },
  loadOne: nodeLoader("TeamSummary", async (id, ctx): Promise<TeamOver> => {
    const { own, range, terms } = await parseMeasuredId(ctx, id, ["organization", "overlap"]);
    const { organization = "ENTERPRISE", overlap = "COUNT_IN_EACH" } = terms;
    return { placement: await placementBy(ctx, own), range, organization, overlap };
  }),
  fields: (t) => ({
    team: t.field({ type: Team, description: "The team.", resolve: ({ placement }) => ({ placement }) }),
    range: t.expose("range", { type: ResolvedRange, description: "The days that the figures cover." }),
    organization: t.string({
      description: "Organization of `cost`, by the name that `organization` arguments take.",
      resolve: ({ organization }) => organizationName(organization),
    }),
  }),
});

interface FigureArgs extends OfOrganization {
  readonly range?: RangeInput;
  readonly overlap?: Overlap;
}

/** The team over the days that a figure is about. */
function teamOver(
  team: TeamNode | TeamOver,
  { range, organization, overlap }: FigureArgs,
  ctx: Context,
): TeamOver {
  if (range !== undefined)
    return {
      ...team,
      organization: organizationNamed(ctx, organization),
      range: resolveRange(range, ctx.now()),
      overlap: overlap ?? "COUNT_IN_EACH",
    };
  if ("range" in team) return team;
  throw new Error("a figure of a team needs a range");
}

figures<TeamNode, TeamOver>(Team, TeamSummary, (t, range) => ({
  activity: t.field({
    authScopes: { "activity:read": true },
    type: TeamActivity,
    nullable: true,
    description:
      "Activity of its people over the range, up to the newest counted day, which `range` states. People in several teams count in each. Days in `between` that are not counted yet are NOT_YET_AVAILABLE. Null: no active people, or no people. One run of upstream pages for all teams of a list.",
    sources: ["USER_ACTIVITY", ...TEAM_SOURCES],
    args: range,
    requests: ({ range }, ctx) => teamActivityRequests(ctx, range),
    resolve: (team, args, ctx) => {
      const { placement, range: asked } = teamOver(team, args, ctx);
      // A row holds the resolved days of its list: they end with the newest counted one, which `range` names.
      const canShorten = args.range === undefined || isRelative(args.range);
      return overCounted(userActivity, asked, canShorten, ctx, async (range) => {
        const found = await activityOfTeam(ctx, { range }).load(placementKey(placement));
        return found && { ...found, range };
      });
    },
  }),
  cost: t.field({
    ...spendOnly(Spend),
    description:
      "Cost of its people's usage over the range, exact; the same as `cost(groupBy: [TEAM], bucket: NONE)`, from the same sources. Additive over days and, except for people in several teams (`overlap`), over teams. Null: no spend. One run of upstream pages per month for all teams of a list.",
    args: { ...range, ...(range.range && spendArgs) },
    sources: [...costReport.datasets, ...TEAM_SOURCES],
    requests: teamSpendRequests,
    resolve: (team, args, ctx) => {
      const { placement, organization, range, overlap } = teamOver(team, args, ctx);
      return spendOfTeam(ctx, { organization, range, overlap }).load(placementKey(placement));
    },
  }),
  claudeCode: t.field({
    authScopes: { "activity:read": true },
    type: ClaudeCodeTotals,
    nullable: true,
    description:
      "The sum of the Claude Code records of its people over the range, matched by email. People in several teams count in each. Records of API keys, which have only a name, are usage without a person. Null: no record, which does not prove inactivity. One run of upstream pages per day for all teams of a list.",
    sources: ["CLAUDE_CODE", ...TEAM_SOURCES],
    args: range,
    requests: ({ range }, ctx) => teamCodeRequests(ctx, range),
    resolve: (team, args, ctx) => {
      const { placement, range } = teamOver(team, args, ctx);
      return codeOfTeam(ctx, { range }).load(placementKey(placement));
    },
  }),
}));

function teamOf(placement: Placement) {
  return placement.kind === "team" ? placement.team : null;
}

/** The teams by name, then what is in none. */
async function placements(ctx: Context): Promise<readonly Placement[]> {
  const { all } = await teamsNow(ctx);
  const isShown = await shownPlacements(ctx);
  return [...all.map((team): Placement => ({ kind: "team", team })), UNASSIGNED, NO_PERSON].filter(isShown);
}

async function placementBy(ctx: Context, key: string): Promise<Placement> {
  const placement = (await placements(ctx)).find((each) => shortened(placementKey(each)) === key);
  if (placement !== undefined) return placement;
  throw new GatewayError("NOT_FOUND", "No team has this id now; `teams` lists the current teams.");
}

/** A slice of what is in hand; its age is that of look-ups. */
async function listed<Row>(
  ctx: Context,
  slice: Slice,
  question: Omit<ListQuestion, "dataset">,
  rows: readonly Row[],
  idOf: (row: Row) => string,
): Promise<Connection<Row>> {
  const about = {
    watermark: null,
    fetchedAt: ctx.now(),
    asOf: null,
    range: null,
    state: "OPEN",
    stale: null,
  } as const;
  const dataset: Dataset = ctx.orgDirectory.teams === null ? "GROUP_MEMBERS" : "ENTERPRISE_MEMBERS";
  const page = await connect(ctx, slice, { ...question, dataset }, pagesOfRows([{ rows, about }]), idOf);
  return { ...page, totalCount: rows.length };
}

/** Facts about a list of teams, beside its rows. */
interface TeamList extends Connection<TeamOver> {
  readonly spend: TeamSpendQuestion;
}

const TeamSummaryConnection = builder.connectionObject(
  {
    type: TeamSummary,
    name: "TeamSummaryConnection",
    description:
      "Teams by name, then people without a team, then usage without a person. `organization` is the organization of `cost`. `freshness` is that of the memberships: of the RBAC groups, or of the member list, since the operator's list has no age.",
    fields: (t) => ({
      overlap: t.field({
        authScopes: { spenders: true }, // it can be what one person in two teams used
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
    authScopes: { "activity:read": true },
    type: TeamSummaryConnection,
    nullable: true,
    description:
      "Current teams with the activity and cost of their current members. They come from the operator's list, which takes no request, otherwise from the RBAC groups. The members of RBAC groups come from the directory, which is read once a day. Errors: NOT_CONFIGURED, DIRECTORY_NOT_READY, CURSOR_*, TOO_EXPENSIVE, UPSTREAM_*.",
    sources: TEAM_SOURCES,
    args: {
      range: t.arg({ type: DateRange, required: true, description: "The UTC days that figures cover." }),
      ...spendArgs,
      ...forward,
    },
    requests: (_input, ctx) => teamRequests(ctx),
    resolve: async (
      _root,
      { range: asked, organization: name, overlap, ...slice },
      ctx,
    ): Promise<TeamList> => {
      const range = resolveRange(asked, ctx.now());
      const organization = organizationNamed(ctx, name);
      const spend = { organization, range, overlap };
      const rows = (await placements(ctx)).map((placement): TeamOver => ({ placement, ...spend }));
      const question = { field: "teams", range, organization };
      return {
        ...(await listed(ctx, slice, question, rows, ({ placement }) => placementKey(placement))),
        spend,
      };
    },
  }),
);

/** Options of a field of a person's teams: for the address, which rows of people show, and for the teams. */
const ofTeamsOfPerson = {
  sources: [...TEAM_SOURCES, ...ofMembers.sources],
  requests: ({ type }, ctx) => [...(type === "UserSummary" ? [] : [memberLookup(ctx)]), ...teamRequests(ctx)],
} as const satisfies FieldPlanOptions;

async function teamsOfPerson(ctx: Context, person: Person | PersonOver) {
  const userId = person.organization === "ENTERPRISE" ? person.userId : null;
  return (await teamsNow(ctx)).of({ userId, email: await joinEmailOf(ctx, person) });
}

builder.interfaceFields(UserProfile, (t) => ({
  team: t.string({
    authScopes: { "activity:read": true, own: true },
    nullable: true,
    description:
      "Name of the person's current team; of several the first by name, and `teams` has all. Null: no team. If the RBAC groups are the teams, their members come from the directory, which is read once a day. Errors: DIRECTORY_NOT_READY, UPSTREAM_*.",
    ...ofTeamsOfPerson,
    resolve: async (person, _args, ctx) => (await teamsOfPerson(ctx, person))[0]?.name ?? null,
  }),
  teams: t.field({
    authScopes: { "activity:read": true, own: true },
    type: [Team],
    nullable: true,
    description: "The person's current teams, by name. Empty: no team. Otherwise as `team`.",
    ...ofTeamsOfPerson,
    resolve: async (person, _args, ctx) =>
      (await teamsOfPerson(ctx, person)).map((team): TeamNode => ({ placement: { kind: "team", team } })),
  }),
}));
