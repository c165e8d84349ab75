import { artifactsGenerated, leaders, projectsUsed, TOP } from "../../src/analytics/dashboard-people.ts";
import type { FreshnessState } from "../../src/analytics/freshness.ts";
import { rankedBy } from "../../src/analytics/ranking.ts";
import type { UserActivityRow } from "../../src/domain/activity.ts";
import type { ReportUser } from "../../src/domain/bucket.ts";
import type { ConnectorRow, SkillRow } from "../../src/domain/engagement.ts";
import type { DayRange } from "../../src/domain/range.ts";
import { isShownOf } from "../../src/domain/viewer.ts";
import { connectorsOver, everyoneOver, skillsOver } from "../../src/loaders/people.ts";
import { Connector } from "../engagement/connector.ts";
import { type MeasuredRow, measured } from "../engagement/measured-thing.ts";
import { Skill } from "../engagement/skill.ts";
import { builder } from "../framework/builder.ts";
import { emailOfReported } from "../people/reported-person.ts";
import { User } from "../people/user.ts";
import { AdoptionDashboard } from "./adoption.ts";
import { Answer, FreshAnswer, periodArg } from "./dashboard.ts";
import { overPeriod } from "./over-period.ts";

interface Ranked {
  readonly range: DayRange;
  readonly freshness: FreshnessState;
}

interface TopPerson {
  readonly user: ReportUser;
  readonly count: number;
}

const TopPersonType = builder.objectRef<TopPerson>("TopUser").implement({
  description: "A person and the measure of the ranking.",
  fields: (t) => ({
    user: t.field({
      type: User,
      description: "The person.",
      resolve: ({ user }) => ({ organization: "ENTERPRISE" as const, userId: user.userId }),
    }),
    email: t.string({
      requires: ["identity:read", "pseudonyms"],
      nullable: true,
      description: "Their address, as the report shows it, also of people who have left.",
      resolve: ({ user }, _args, ctx) => emailOfReported(ctx, "ENTERPRISE", user),
    }),
    count: t.expose("count", {
      type: "Count",
      description: "Value of the measure; the ranking states what it is and whether it is additive.",
    }),
  }),
});

const TopUsers = builder.objectRef<Ranked & { readonly users: readonly TopPerson[] }>("TopUsers").implement({
  description: "People ranked by a measure.",
  interfaces: [Answer, FreshAnswer],
  fields: (t) => ({
    users: t.expose("users", {
      type: [TopPersonType],
      description: `The ${TOP} largest, in descending order. People with none are not listed; ties are ordered by id.`,
    }),
  }),
});

/** A field of the people with most of a measure over a period. */
function topPeople(measure: (row: UserActivityRow) => number | null) {
  return overPeriod(everyoneOver, async (rows, _range, { upstream }) => ({
    users: (await leaders(rows, measure, upstream.turn)).map(({ activity, count }): TopPerson => {
      const { userId, email } = activity;
      return { user: { userId, ...(email !== undefined && { email }) }, count };
    }),
  }));
}

const TopConnectors = builder
  .objectRef<Ranked & { readonly things: readonly MeasuredRow<ConnectorRow>[] }>("TopConnectors")
  .implement({
    description: "The connectors most people use.",
    interfaces: [Answer, FreshAnswer],
    fields: (t) => ({
      connectors: t.expose("things", {
        type: [Connector],
        description: `The ${TOP} with the most \`users\`, in descending order; ties are ordered by name.`,
      }),
    }),
  });

const TopSkills = builder
  .objectRef<Ranked & { readonly things: readonly MeasuredRow<SkillRow>[] }>("TopSkills")
  .implement({
    description: "The skills most people use.",
    interfaces: [Answer, FreshAnswer],
    fields: (t) => ({
      skills: t.expose("things", {
        type: [Skill],
        description: `The ${TOP} with the most \`users\`, in descending order; ties are ordered by name.`,
      }),
    }),
  });

/** A field of the things that most people used over a period. */
function mostUsed<Thing extends { readonly name: string; readonly users: number }>(
  things: Parameters<typeof overPeriod<Thing, object>>[0],
) {
  return overPeriod(things, async (rows, range, ctx) => {
    const ranked = await rankedBy(
      rows.filter(({ users }) => isShownOf(ctx.viewer, users)),
      ({ users }) => users,
      ({ name }) => name,
      ctx.upstream.turn,
    );
    return { things: ranked.slice(0, TOP).map(({ row }) => measured(row, range, {})) };
  });
}

builder.objectFields(AdoptionDashboard, (t) => ({
  topUsersByProjects: t.field({
    requires: ["individuals"],
    type: TopUsers,
    nullable: true,
    description:
      "People by the different chat projects they used over the period, by upstream's aggregate. Over more than one day it is an estimate within about 2 %, so close ranks can be swapped. Not additive. One upstream request per 1,000 people for any period.",
    args: periodArg("MONTH_TO_DATE"),
    ...topPeople(projectsUsed),
  }),
  topUsersByArtifacts: t.field({
    requires: ["individuals"],
    type: TopUsers,
    nullable: true,
    description:
      "People by the artifacts they generated over the period in chat, Cowork, Claude Code and the product that merges the first two. Exact; additive. One upstream request per 1,000 people for any period, shared with projects.",
    args: periodArg("MONTH_TO_DATE"),
    ...topPeople(artifactsGenerated),
  }),
  topConnectors: t.field({
    type: TopConnectors,
    nullable: true,
    description:
      "Connectors by the different people who used them over the period, recounted exactly by upstream. One upstream request per 1,000 connectors.",
    args: periodArg("MONTH_TO_DATE"),
    ...mostUsed(connectorsOver),
  }),
  topSkills: t.field({
    type: TopSkills,
    nullable: true,
    description:
      "Skills by the different people who used them over the period, recounted exactly by upstream; `unknown` stands for all skills that it cannot distinguish. One upstream request per 1,000 skills.",
    args: periodArg("MONTH_TO_DATE"),
    ...mostUsed(skillsOver),
  }),
}));
