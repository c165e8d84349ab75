import {
  type MinuteQuestion,
  modelsWithoutGroup,
  type PeakMinute as PeakMinuteShape,
  peakOf,
  peakRequests,
} from "../../src/analytics/rate-limits.ts";
import type { Context } from "../../src/context.ts";
import { addDays, type Day, dayOf } from "../../src/domain/day.ts";
import { oneDay } from "../../src/domain/range.ts";
import { enforcedValue, type RateLimiterRow, type RateLimitRow } from "../../src/domain/rate-limit.ts";
import type { FieldPlanOptions } from "../../src/planning/plan.ts";
import { rateLimits, workspaceRateLimits } from "../../src/upstream/endpoints/rate-limits.ts";
import { collect, pagesOf } from "../../src/upstream/pages/iterate.ts";
import { requestsFor } from "../../src/upstream/plan.ts";
import { builder, dateTime } from "../framework/builder.ts";
import { consoleArg, ofConsole } from "../framework/organization.ts";

/** A group of limits with the usage it is compared with. */
interface GroupNode extends RateLimitRow {
  readonly question: MinuteQuestion;
}

interface LimiterNode extends RateLimiterRow {
  readonly group: GroupNode;
}

interface LimitsShape {
  readonly question: MinuteQuestion;
  readonly groups: readonly RateLimitRow[];
}

const limitArgs = builder.args((t) => ({
  workspace: t.string({
    description:
      "Limits of one workspace, by `wrkspc_...` id, with those it inherits. By default those of the organization.",
  }),
  day: t.field({
    type: "Date",
    description: "UTC day of the usage in `peak`. By default yesterday. Limits are as of now.",
  }),
}));

interface LimitArgs {
  readonly workspace?: string | null | undefined;
  readonly day?: Day | null | undefined;
}

function questionOf({ workspace, day }: LimitArgs, { now }: Context): MinuteQuestion {
  return { day: day ?? addDays(dayOf(now()), -1), workspaceId: workspace ?? null };
}

/** Options of a field that compares limits with usage. */
const ofMinutes = {
  sources: ["UNIFIED_CONSOLE_USAGE", "CONSOLE_USAGE"],
  requests: ({ argsOf }, ctx) => peakRequests(ctx, questionOf(argsOf(limitArgs) ?? {}, ctx)),
} as const satisfies FieldPlanOptions;

const PeakMinute = builder.objectRef<PeakMinuteShape>("PeakMinute").implement({
  description:
    "The minute of a day in which most of a limit was used. An indication: upstream enforces limits continuously and not by the minute of a clock, and rejected requests are in no report.",
  fields: (t) => ({
    at: t.field({
      type: "DateTime",
      description: "Start of the minute; the first of several equal ones.",
      resolve: ({ at }) => dateTime(at),
    }),
    used: t.expose("used", {
      type: "Count",
      description: "What counted against the limit in that minute, without batches. Not additive.",
    }),
    share: t.expose("share", {
      type: "Decimal",
      nullable: true,
      description: "`used` divided by `enforced`; it can be above 1. Not additive. Null: the limit is 0.",
    }),
  }),
});

const RateLimiter = builder.objectRef<LimiterNode>("RateLimiter").implement({
  description: "One limit of a group.",
  fields: (t) => ({
    type: t.exposeString("type", {
      description:
        "What is limited, such as `requests_per_minute` or `input_tokens_per_minute_cache_aware`, which leaves reads from the prompt cache out; new ones may appear.",
    }),
    value: t.expose("value", { type: "Count", description: "The value, where it is set. Not additive." }),
    organizationValue: t.expose("organizationValue", {
      type: "Count",
      nullable: true,
      description: "The organization's value. Not additive. Null: it has no such limit.",
    }),
    enforced: t.field({
      type: "Count",
      description:
        "The value that is enforced: the lesser of the workspace's and the organization's. Not additive.",
      resolve: enforcedValue,
    }),
    setAt: t.exposeString("setAt", {
      description: "Where `value` is set, `organization` or `workspace`; new ones may appear.",
    }),
    peak: t.field({
      requires: ["activity:read"],
      type: PeakMinute,
      nullable: true,
      description:
        "The minute of the day in which most of it was used. One run of upstream pages for all limits. Null: no usage on the day, usage does not measure the limit, or the source counts no requests.",
      ...ofMinutes,
      resolve: ({ group, ...limiter }, _args, ctx) => peakOf(ctx, group.question, group, limiter),
    }),
  }),
});

const RateLimitGroup = builder.objectRef<GroupNode>("RateLimitGroup").implement({
  description: "Limits that several models share, or that one surface has, such as batches or files.",
  fields: (t) => ({
    groupId: t.exposeString("groupId", {
      description: "Upstream id of the group, `rlg_...`; the same in every organization.",
    }),
    entryId: t.exposeString("entryId", { description: "Upstream id of the organization's entry." }),
    type: t.exposeString("type", {
      description: "Kind of group, such as `model_group` or `batch`; new ones may appear.",
    }),
    displayName: t.exposeString("displayName", {
      nullable: true,
      description: "Name to show; it can change. Null: only model groups have one.",
    }),
    models: t.exposeStringList("models", {
      nullable: true,
      description: "Models that count against the group, aliases included. Null: not a model group.",
    }),
    limits: t.field({
      type: [RateLimiter],
      description: "Its limits. A limit that is missing is not set.",
      maxRows: () => 20,
      resolve: (group) => group.limiters.map((limiter): LimiterNode => ({ ...limiter, group })),
    }),
  }),
});

const RateLimits = builder.objectRef<LimitsShape>("RateLimits").implement({
  description: "Rate limits of the Messages API, with the usage of a day beside them.",
  fields: (t) => ({
    day: t.field({
      type: "Date",
      description: "The UTC day of the usage in `peak`.",
      resolve: ({ question }) => question.day,
    }),
    groups: t.field({
      type: [RateLimitGroup],
      description: "The groups of limits.",
      maxRows: () => 50,
      resolve: ({ groups, question }) => groups.map((group): GroupNode => ({ ...group, question })),
    }),
    modelsWithoutGroup: t.stringList({
      requires: ["activity:read"],
      nullable: true,
      description:
        "Models with usage on the day that no group lists, so their limits are not known. Takes the requests of `peak`. Null only beside an error.",
      ...ofMinutes,
      resolve: async ({ groups, question }, _args, ctx) => [
        ...(await modelsWithoutGroup(ctx, question, groups)),
      ],
    }),
  }),
});

builder.queryField("rateLimits", (t) =>
  t.field({
    requires: ["limits:read"],
    type: RateLimits,
    nullable: true,
    description:
      "Rate limits of the Messages API in the Console organization, or of one of its workspaces. One upstream request. Errors: BAD_USER_INPUT, NOT_FOUND, NOT_CONFIGURED, NOT_COVERED, UPSTREAM_*.",
    sources: ["RATE_LIMITS", "WORKSPACE_RATE_LIMITS"],
    args: { ...limitArgs, ...consoleArg },
    ...ofConsole("rate limits"),
    range: (args, ctx) => oneDay(questionOf(args, ctx).day),
    requests: ({ args }) =>
      args.workspace == null
        ? requestsFor(rateLimits, [{}])
        : requestsFor(workspaceRateLimits, [{ workspaceId: args.workspace }]),
    async resolve(_root, args, ctx) {
      const { workspace } = args;
      const run =
        workspace == null
          ? pagesOf(ctx.upstream, rateLimits, [{}])
          : pagesOf(ctx.upstream, workspaceRateLimits, [{ workspaceId: workspace }]);
      return { question: questionOf(args, ctx), groups: (await collect(run)).rows };
    },
  }),
);
