import { chatOn } from "../../src/analytics/dashboard-days.ts";
import { type ChatFigures, chatFigures } from "../../src/analytics/dashboard-people.ts";
import type { FreshnessState } from "../../src/analytics/freshness.ts";
import type { Context } from "../../src/context.ts";
import { decimalOf } from "../../src/domain/decimal.ts";
import type { DayRange } from "../../src/domain/range.ts";
import { ratioOf } from "../../src/domain/ratio.ts";
import { summaryOfDay } from "../../src/loaders/activity/days.ts";
import { everyoneOver } from "../../src/loaders/people.ts";
import type { PlanInput } from "../../src/planning/plan.ts";
import { sumField } from "../engagement/activity.ts";
import { builder } from "../framework/builder.ts";
import { Answer, FreshAnswer, onDashboard, page, periodArg, ratioField, written } from "./dashboard.ts";
import { overPeriod } from "./over-period.ts";
import { completeDaysField, DashboardDay, latestDay, type OnDay, onDay, seriesType } from "./series.ts";

/** Figures that are requested from upstream when they are selected. */
const requested = <Options extends { readonly description: string }>(options: Options) => ({
  ...options,
  nullable: true as const,
  description: `${options.description} Null beside an error.`,
});

const people = (what: string) =>
  ({
    type: "Count",
    nullable: true,
    description: `Different people who ${what} Exact; not additive over days. Null: not measured, or beside an error.`,
  }) as const;

const shareOfActive = (what: string) =>
  ratioField(
    `\`${what}\` divided by \`activeUsers\`: 0.5 is half of the active people. The two come from different sources, each of which can be revised. Null: no active people, or one of them is not measured.`,
  );

const activeOnDay = onDay(summaryOfDay, ({ all }) => all.daily);

/** A field of the share of a day's active people: its requests are those of its two parts. */
function shareOnDay(of: (chat: ChatFigures) => number | null) {
  const part = onDay(chatOn, of);
  return {
    requests: (input: PlanInput, ctx: Context) => [
      ...[part.requests(input, ctx)].flat(),
      ...[activeOnDay.requests(input, ctx)].flat(),
    ],
    resolve: async (day: OnDay, args: object, ctx: Context) => {
      const [some, all] = await Promise.all([
        part.resolve(day, args, ctx),
        activeOnDay.resolve(day, args, ctx),
      ]);
      return some === null || all === null ? null : written(ratioOf(decimalOf(some), decimalOf(all)));
    },
  };
}

const ClaudeAiDay = builder.objectRef<OnDay>("ClaudeAiDay").implement({
  description:
    "Use of claude.ai chat on one UTC day: in chat and, if the organization has it, in the chat half of the product that merges it with Cowork. Erased accounts are not included.",
  sources: ["USER_ACTIVITY"],
  interfaces: [DashboardDay],
  fields: (t) => ({
    activeUsers: t.field({
      ...people("were active in any product."),
      description:
        "Different people active in any product, the base of the shares. Exact; not additive over days. Null: not measured, or beside an error.",
      sources: ["ACTIVITY_SUMMARIES"],
      ...activeOnDay,
    }),
    conversations: t.field({
      type: "Count",
      nullable: true,
      description:
        "Chats that people took part in: the different conversations of each person on the day, added up over people, since a conversation belongs to one person. Exact; not additive over days, since a chat that continues counts on each. Null: not measured, or beside an error.",
      ...onDay(chatOn, ({ conversations }) => conversations),
    }),
    chatUsers: t.field({
      ...people("had a chat."),
      ...onDay(chatOn, ({ chatUsers }) => chatUsers),
    }),
    chatShare: t.field({
      ...shareOfActive("chatUsers"),
      ...shareOnDay(({ chatUsers }) => chatUsers),
    }),
    projectsCreated: t.field({
      ...requested(sumField("Chat projects created.")),
      ...onDay(chatOn, ({ projectsCreated }) => projectsCreated),
    }),
    projectCreators: t.field({
      ...people("created a chat project."),
      ...onDay(chatOn, ({ projectCreators }) => projectCreators),
    }),
    projectShare: t.field({
      ...shareOfActive("projectCreators"),
      ...shareOnDay(({ projectCreators }) => projectCreators),
    }),
    artifactsCreated: t.field({
      ...requested(
        sumField("Artifacts created in chat alone; `featureAdoption` has those of every product."),
      ),
      ...onDay(chatOn, ({ artifactsCreated }) => artifactsCreated),
    }),
    artifactCreators: t.field({
      ...people("created an artifact in chat."),
      ...onDay(chatOn, ({ artifactCreators }) => artifactCreators),
    }),
    artifactShare: t.field({
      ...shareOfActive("artifactCreators"),
      ...shareOnDay(({ artifactCreators }) => artifactCreators),
    }),
  }),
});

interface Total extends ChatFigures {
  readonly range: DayRange;
  readonly freshness: FreshnessState;
}

const overRange = (what: string) =>
  ({
    type: "Count",
    description: `Different people who ${what} Recounted exactly over the range; not additive.`,
  }) as const;

const ClaudeAiTotal = builder.objectRef<Total>("ClaudeAiTotal").implement({
  description:
    "Use of claude.ai chat over a range, aggregated per person by upstream and added up over people.",
  sources: ["USER_ACTIVITY"],
  interfaces: [Answer, FreshAnswer],
  fields: (t) => ({
    conversations: t.expose("conversations", {
      type: "Count",
      nullable: true,
      description:
        "Different chats over the whole range: a chat that continues for days counts once. An estimate within about 2 %, since each person's count over more than one day is an estimate; not additive over ranges. Null: not measured for some person.",
    }),
    chatUsers: t.expose("chatUsers", {
      type: "Count",
      nullable: true,
      description:
        "Different people who had a chat over the range; not additive. Null: not measured for some person.",
    }),
    messages: t.expose("messages", sumField("Messages people sent.")),
    projectsCreated: t.expose("projectsCreated", sumField("Chat projects created.")),
    projectCreators: t.expose("projectCreators", overRange("created a chat project.")),
    artifactsCreated: t.expose("artifactsCreated", sumField("Artifacts created in chat.")),
    artifactCreators: t.expose("artifactCreators", overRange("created an artifact in chat.")),
  }),
});

const ClaudeAiDashboard = page("ClaudeAiDashboard", "Use of claude.ai chat: amounts, and shares of people.");

onDashboard("claudeAi", ClaudeAiDashboard, "Chats, projects and artifacts of claude.ai.");

const ClaudeAiSeries = seriesType("ClaudeAiSeries", ClaudeAiDay);

builder.objectFields(ClaudeAiDashboard, (t) => ({
  latest: t.field({
    type: ClaudeAiDay,
    nullable: true,
    description:
      "The newest day that is certainly complete. One upstream request per 1,000 people. Null only beside an error.",
    ...latestDay,
  }),
  byDay: t.field({
    type: ClaudeAiSeries,
    nullable: true,
    description:
      "The same figures by day. One upstream request (per 1,000 people) for each day, shared with `featureAdoption`.",
    sources: ["USER_ACTIVITY"],
    ...completeDaysField,
  }),
  total: t.field({
    type: ClaudeAiTotal,
    nullable: true,
    description:
      "Totals of a period. One upstream request per 1,000 people for any period, shared with the top users of `featureAdoption`. Null only beside an error.",
    args: periodArg("LAST_30_DAYS"),
    ...overPeriod(everyoneOver, (rows, _range, { upstream }) => chatFigures(rows, upstream.turn)),
  }),
}));
