import type { Context } from "../../src/context.ts";
import type { UserActivity } from "../../src/domain/activity.ts";
import { type Comparison, rangeBefore } from "../../src/domain/comparison.ts";
import { ZERO } from "../../src/domain/decimal.ts";
import type {
  Connector as ConnectorShape,
  Project as ProjectShape,
  Skill as SkillShape,
} from "../../src/domain/engagement.ts";
import type { Money } from "../../src/domain/money.ts";
import { type Plugin as PluginShape, pluginKey } from "../../src/domain/plugin.ts";
import { type DayRange, isEmpty } from "../../src/domain/range.ts";
import { pluginByKey } from "../../src/loaders/engagement-parts.ts";
import { connectorUses, projectUses, skillUses } from "../../src/loaders/engagement-use.ts";
import { activityOfUser, partOfActivity } from "../../src/loaders/user-activity.ts";
import type { PlanRequests } from "../../src/planning/plan.ts";
import { rangeOfActivity, resolveActivityRange } from "../../src/planning/range-input.ts";
import { userActivity } from "../../src/upstream/endpoints/users.ts";
import type { FieldRequests } from "../../src/upstream/plan.ts";
import { requestsOverDays } from "../../src/upstream/plan.ts";
import { builder } from "../framework/builder.ts";
import {
  ComparisonEnum,
  CountChange,
  changeOf,
  comparedRange,
  DistinctChange,
  MoneyChange,
} from "../framework/change.ts";
import { personFigures, personOver } from "../people/user.ts";
import { Connector } from "./connector.ts";
import type { Measured } from "./engagement.ts";
import { Plugin } from "./plugin.ts";
import { Project } from "./project.ts";
import { Skill } from "./skill.ts";
import type { Rows } from "./use.ts";

/** A thing, or what a person did, now and in the compared period; null: it is not in upstream's list of that period. */
interface Compared<Thing> {
  readonly range: DayRange;
  readonly now: Thing;
  readonly before: Thing | null;
}

/** A count that is exact over a range. What upstream does not list was not used. */
const count = <Thing>(description: string, of: (thing: Thing) => number | null) =>
  ({
    type: CountChange,
    nullable: true,
    description: `${description} Null: not measured.`,
    resolve: ({ now, before }: Compared<Thing>) => changeOf(of(now), before === null ? 0 : of(before)),
  }) as const;

/** A count of different people, which upstream recounts over the whole of a range. */
const different = <Thing>(description: string, of: (thing: Thing) => number | null) =>
  ({
    ...count(`${description} Recounted exactly over each period; not additive.`, of),
    type: DistinctChange,
  }) as const;

const amount = <Thing>(description: string, of: (thing: Thing) => Money | null) =>
  ({
    authScopes: { "spend:read": true },
    type: MoneyChange,
    nullable: true,
    description: `${description} An allocation, not billing. Null: nothing attributable in one of the periods.`,
    resolve: ({ now, before }: Compared<Thing>) => {
      const money = of(now);
      const nothing = money && { ...money, cents: ZERO };
      return changeOf(money, before === null ? nothing : of(before));
    },
  }) as const;

const SkillComparison = builder.objectRef<Compared<SkillShape>>("SkillComparison").implement({
  description: "The use of a skill set against another period. Estimated counts are left out.",
  fields: (t) => ({
    range: t.expose("range", comparedRange),
    users: t.field(different("Different people who activated it.", ({ users }) => users)),
    invocations: t.field(count("Explicit activations. Additive.", ({ invocations }) => invocations)),
    listPrice: t.field(amount("List-price worth.", ({ listPrice }) => listPrice)),
    overage: t.field(amount("Estimated metered overage.", ({ overage }) => overage)),
  }),
});

const ConnectorComparison = builder.objectRef<Compared<ConnectorShape>>("ConnectorComparison").implement({
  description: "The use of a connector set against another period. Estimated counts are left out.",
  fields: (t) => ({
    range: t.expose("range", comparedRange),
    users: t.field(different("Different people who used it.", ({ users }) => users)),
    readCalls: t.field(count("Calls marked read-only. Additive.", ({ readCalls }) => readCalls)),
    writeCalls: t.field(count("Calls marked not read-only. Additive.", ({ writeCalls }) => writeCalls)),
    unclassifiedCalls: t.field(
      count("Calls without a trusted mark. Additive.", ({ unclassifiedCalls }) => unclassifiedCalls),
    ),
  }),
});

const ProjectComparison = builder.objectRef<Compared<ProjectShape>>("ProjectComparison").implement({
  description: "The use of a chat project set against another period.",
  fields: (t) => ({
    range: t.expose("range", comparedRange),
    users: t.field(different("Different people who used it.", ({ users }) => users)),
    messages: t.field(count("Messages sent in the project. Additive.", ({ messages }) => messages)),
  }),
});

const PluginComparison = builder.objectRef<Compared<PluginShape>>("PluginComparison").implement({
  description: "The use of a plugin set against another period.",
  fields: (t) => ({
    range: t.expose("range", comparedRange),
    users: t.field(different("Different people who installed or invoked it.", ({ users }) => users)),
    installs: t.field(different("Different people who installed it.", ({ installs }) => installs)),
    invocations: t.field(count("Invocations. Additive.", ({ invocations }) => invocations)),
  }),
});

const UserComparison = builder.objectRef<Compared<UserActivity>>("UserActivityComparison").implement({
  description: "What a person did set against another period. Estimated counts are left out.",
  fields: (t) => ({
    range: t.expose("range", comparedRange),
    chatMessages: t.field(count("Messages sent in chat. Additive.", ({ chat }) => chat.messages)),
    coworkMessages: t.field(count("Messages sent in Cowork. Additive.", ({ cowork }) => cowork.messages)),
    commits: t.field(
      count("Commits made with Claude Code. Additive.", ({ claudeCode }) => claudeCode.commits),
    ),
    pullRequests: t.field(
      count("Pull requests made with Claude Code. Additive.", ({ claudeCode }) => claudeCode.pullRequests),
    ),
    linesAdded: t.field(
      count("Lines added with Claude Code. Additive.", ({ claudeCode }) => claudeCode.linesAdded),
    ),
    linesRemoved: t.field(
      count("Lines removed with Claude Code. Additive.", ({ claudeCode }) => claudeCode.linesRemoved),
    ),
    webSearches: t.field(count("Web searches. Additive.", ({ webSearches }) => webSearches)),
  }),
});

const compareArg = builder.args((t) => ({
  to: t.field({
    type: ComparisonEnum,
    required: true,
    defaultValue: "PREVIOUS_PERIOD",
    description: "The period to compare with.",
  }),
}));

/** The requests for the period that a list is compared with. */
function requestsBefore(
  endpoint: Parameters<typeof requestsOverDays>[0],
): PlanRequests<{ readonly to: Comparison }> {
  return ({ args, range }, ctx) => requestsOverDaysBefore(endpoint, rangeBefore(args.to, range), ctx);
}

/** The requests for some days before; none where the period holds no day. */
function requestsOverDaysBefore(
  ...[endpoint, range, ctx]: Parameters<typeof requestsOverDays>
): readonly FieldRequests[] {
  return isEmpty(range) ? [] : [requestsOverDays(endpoint, range, ctx)];
}

const ONE_WALK =
  "One upstream walk of the compared period for all of a list together. NOT_COVERED, naming the first day there is, where it lies before that. Null only beside an error.";

/** A thing of a list against itself in the compared period, within the filter of the list. */
async function compared<Thing>(
  ctx: Context,
  rows: Rows<Thing>,
  thing: Measured<Thing>,
  own: string,
  to: Comparison,
): Promise<Compared<Thing>> {
  const range = rangeBefore(to, thing.range);
  const found = isEmpty(range) ? null : await rows(ctx, { range, filter: thing.filter }).load(own);
  return { range, now: thing, before: found?.rows[0] ?? null };
}

builder.objectField(Skill, "comparison", (t) =>
  t.field({
    authScopes: { individuals: true }, // before, it can have been used by one person
    type: SkillComparison,
    nullable: true,
    description: `Its use set against another period. ${ONE_WALK} Source: SKILL_ACTIVITY.`,
    args: compareArg,
    requests: requestsBefore(skillUses.thing.endpoint),
    resolve: (skill, { to }, ctx) => compared(ctx, skillUses.thing, skill, skill.name, to),
  }),
);

builder.objectField(Connector, "comparison", (t) =>
  t.field({
    authScopes: { individuals: true }, // before, it can have been used by one person
    type: ConnectorComparison,
    nullable: true,
    description: `Its use set against another period. ${ONE_WALK} Source: CONNECTOR_ACTIVITY.`,
    args: compareArg,
    requests: requestsBefore(connectorUses.thing.endpoint),
    resolve: (connector, { to }, ctx) => compared(ctx, connectorUses.thing, connector, connector.name, to),
  }),
);

builder.objectField(Project, "comparison", (t) =>
  t.field({
    authScopes: { individuals: true }, // before, it can have been used by one person
    type: ProjectComparison,
    nullable: true,
    description: `Its use set against another period. ${ONE_WALK} Source: PROJECT_ACTIVITY.`,
    args: compareArg,
    requests: requestsBefore(projectUses.thing.endpoint),
    resolve: (project, { to }, ctx) => compared(ctx, projectUses.thing, project, project.projectId, to),
  }),
);

builder.objectField(Plugin, "comparison", (t) =>
  t.field({
    authScopes: { individuals: true }, // before, it can have been used by one person
    type: PluginComparison,
    nullable: true,
    description: `Its use set against another period. ${ONE_WALK} Source: PLUGIN_ACTIVITY.`,
    args: compareArg,
    requests: requestsBefore(pluginByKey.endpoint),
    resolve: (plugin, { to }, ctx) => compared(ctx, pluginByKey, plugin, pluginKey(plugin), to),
  }),
);

personFigures((t, range) => ({
  activityComparison: t.field({
    authScopes: { "activity:read": true, own: true },
    type: UserComparison,
    nullable: true,
    description:
      "What the person did over the range, which ends with the newest aggregated day where it is relative to now, set against another period; of a row of `users` as far as the list's `filter` by groups or projects lets through. Null: no activity over the range, or not in the Enterprise organization. One upstream walk of the compared period for all of a list together. NOT_COVERED, naming the first day there is, where it lies before that. Source: USER_ACTIVITY.",
    args: { ...range, ...compareArg },
    range: rangeOfActivity,
    requests: ({ args, range, type }, ctx) => [
      ...(type === "UserSummary" ? [] : [requestsOverDays(userActivity, range, ctx)]),
      ...requestsOverDaysBefore(userActivity, rangeBefore(args.to, range), ctx),
    ],
    resolve: async (person, { range: own, to }, ctx): Promise<Compared<UserActivity> | null> => {
      if (person.organization !== "ENTERPRISE") return null;
      const { range: after, filter, activity, userId } = personOver(person, own, ctx, resolveActivityRange);
      const range = rangeBefore(to, after);
      const [now, before] = await Promise.all([
        activity ?? activityOfUser(ctx, { range: after }).load(userId),
        isEmpty(range) ? null : partOfActivity(ctx, { range, filter }).load(userId),
      ]);
      return now && { range, now, before: before?.rows[0] ?? null };
    },
  }),
}));
