import { pathToArray } from "@graphql-tools/utils";
import type { GraphQLResolveInfo } from "graphql";
import type { Context } from "../../src/context.ts";
import type { ProductUsers as ProductUsersShape } from "../../src/domain/activity.ts";
import type { Day } from "../../src/domain/day.ts";
import { decimalOf } from "../../src/domain/decimal.ts";
import { splitByDay } from "../../src/domain/range.ts";
import { ratioOf, rounded } from "../../src/domain/ratio.ts";
import { badInput } from "../../src/errors.ts";
import { activityDays } from "../../src/loaders/activity/days.ts";
import { newestDayRequests } from "../../src/loaders/activity/last-days.ts";
import { seated } from "../../src/loaders/activity/seats.ts";
import { activityState, isComplete, type SettlingDay } from "../../src/loaders/activity/settling-day.ts";
import type { PlanInput } from "../../src/planning/plan.ts";
import { resolveRange } from "../../src/planning/range-input.ts";
import { activitySummaries } from "../../src/upstream/endpoints/summaries.ts";
import { windowsOf } from "../../src/upstream/pages/windows.ts";
import { builder } from "../framework/builder.ts";
import { describedValues } from "../framework/described-values.ts";
import { FinalityEnum } from "../framework/freshness.ts";
import { type Incomplete, incompleteArg, isShown } from "../framework/incomplete.ts";
import { enterpriseArg, ofEnterprise } from "../framework/organization.ts";
import { DateRange } from "../framework/range.ts";
import { CalendarBucketEnum } from "../framework/series.ts";

const people = (what: string) =>
  ({
    type: "Count",
    nullable: true,
    description: `${what} Exact; not additive over days or products. Null: not measured.`,
  }) as const;

const percentage = (what: string) =>
  ({
    nullable: true,
    description: `${what} A percentage, 0 to 100; not additive. Null: not measured.`,
  }) as const;

const ProductUsers = builder.objectRef<ProductUsersShape>("ProductActiveUsers").implement({
  description: "People active in one product.",
  fields: (t) => ({
    product: t.exposeString("product", {
      description: "Name of the product, such as `chat` or `claude_code`; new names may appear.",
    }),
    dailyActiveUsers: t.expose("daily", people("Different people active on the day.")),
    weeklyActiveUsers: t.expose(
      "weekly",
      people("Different people active in the 7 days that end with the day."),
    ),
    monthlyActiveUsers: t.expose(
      "monthly",
      people(
        "Different people active in the 30 days that end with the day (28 for Claude Tag and the merged Chat and Cowork product).",
      ),
    ),
  }),
});

/** A figure of the seats there are now; where the days requested are all final, one request finds that out. */
function ofNow<Value>(of: (day: SettlingDay) => Value) {
  return {
    requests: ({ range }: PlanInput, ctx: Context) => {
      const isFinal = activityState(range, ctx.now()) === "FINAL";
      return isFinal ? newestDayRequests(ctx) : [];
    },
    resolve: async (day: SettlingDay, _args: object, ctx: Context) => of(await seated(ctx, day)),
  };
}

/** Reasons why a day has no figures, or not all. */
const UNCOUNTED = {
  NOT_COUNTED: "Upstream has not counted the day yet. It counts a day some time on the next.",
  PARTLY_COUNTED:
    "Upstream has counted the day, perhaps not all of it: more can come until 17:00 UTC of the next.",
} as const;

type Uncounted = keyof typeof UNCOUNTED;

const UncountedEnum = builder.enumType("UncountedReason", {
  description: "Reasons why a day has no figures, or perhaps not all.",
  values: describedValues(UNCOUNTED, (text) => text),
});

/** A day of the series: an uncounted one stands there without figures. */
interface SeriesDay extends SettlingDay {
  readonly isCounted?: false;
}

function uncountedReason({ state, isCounted }: SeriesDay): Uncounted | null {
  if (isCounted === false) return "NOT_COUNTED";
  return isComplete({ state }) ? null : "PARTLY_COUNTED";
}

export const ActivityDay = builder.objectRef<SeriesDay>("ActivityDay").implement({
  description:
    "Organization-wide activity of one UTC day. Rolling counts undercount in early 2026, before data began.",
  sources: ["ACTIVITY_SUMMARIES"],
  fields: (t) => ({
    date: t.expose("date", { type: "Date", description: "The day." }),
    dailyActiveUsers: t.field({
      ...people("Different people active on the day."),
      resolve: ({ all }) => all.daily,
    }),
    weeklyActiveUsers: t.field({
      ...people("Different people active in the 7 days that end with the day."),
      resolve: ({ all }) => all.weekly,
    }),
    monthlyActiveUsers: t.field({
      ...people("Different people active in the 30 days that end with the day."),
      resolve: ({ all }) => all.monthly,
    }),
    seats: t.field({
      ...people("Seats assigned now, for any day: upstream keeps no history of seats."),
      ...ofNow(({ seats }) => seats),
    }),
    pendingInvites: t.field({
      ...people("Invites open now, for any day: upstream keeps no history of invites."),
      ...ofNow(({ pendingInvites }) => pendingInvites),
    }),
    dailyAdoption: t.float({
      ...percentage("Daily active users of the seats assigned now."),
      ...ofNow(({ dailyAdoption }) => dailyAdoption),
    }),
    weeklyAdoption: t.float({
      ...percentage("Weekly active users of the seats assigned now."),
      ...ofNow(({ weeklyAdoption }) => weeklyAdoption),
    }),
    monthlyAdoption: t.float({
      ...percentage("Monthly active users of the seats assigned now."),
      ...ofNow(({ monthlyAdoption }) => monthlyAdoption),
    }),
    utilization: t.field({
      type: "Decimal",
      nullable: true,
      description:
        "Weekly active users per seat: 0.5 is half of the seats. Computed exactly and rounded half to even at 12 decimals; not additive. It uses the seats assigned now, so it can exceed 1 on earlier days. Null: one of the two is not measured, or there are no seats.",
      ...ofNow(({ all, seats }) => {
        const share =
          all.weekly === null || seats === null ? null : ratioOf(decimalOf(all.weekly), decimalOf(seats));
        return share && rounded(share);
      }),
    }),
    scienceEntitledUsers: t.field({
      ...people("People entitled to Claude Science now, for any day."),
      ...ofNow(({ scienceEntitled }) => scienceEntitled),
    }),
    products: t.expose("products", {
      type: [ProductUsers],
      description: "Activity per product. Products that the organization does not report on are omitted.",
    }),
    state: t.expose("state", {
      type: FinalityEnum,
      description: "State of the figures: whether they can still change.",
    }),
    uncounted: t.field({
      type: UncountedEnum,
      nullable: true,
      description: "Reason why the day has no figures, or perhaps not all. Null: the day is complete.",
      resolve: uncountedReason,
    }),
  }),
});

/** Names the measure to use instead of a sum of distinct people: the same people are active on several days. */
const INSTEAD = {
  DAY: null,
  WEEK: "`weeklyActiveUsers` of a Sunday, which counts the people of the ISO week that ends with it",
  MONTH:
    "`monthlyActiveUsers`, which counts those of the 30 days that end with a day, or for a calendar month `unitCost(range: { period: LAST_MONTH }) { activeUsers }`",
  NONE: "`unitCost(range) { activeUsers }`, which counts those of the whole range once",
} as const satisfies Record<typeof CalendarBucketEnum.$inferType, string | null>;

function refuseSums(bucket: keyof typeof INSTEAD): void {
  const instead = INSTEAD[bucket];
  if (instead !== null)
    throw badInput(
      `\`bucket: ${bucket}\` would add up people over several days, who are mostly the same people; query ${instead}.`,
    );
}

builder.queryField("activity", (t) =>
  t.field({
    requires: ["activity:read"],
    type: [ActivityDay],
    nullable: true,
    description:
      "Active people, seats and adoption per day, oldest first. Final days are cached one by one, so a later range fetches only the others. Days that `incomplete` leaves out are named in `extensions.warnings`, each with its reason (DAYS_LEFT_OUT). Errors: BAD_USER_INPUT, NOT_COVERED, NOT_YET_AVAILABLE, UPSTREAM_*.",
    sources: ["ACTIVITY_SUMMARIES"],
    args: {
      range: t.arg({ type: DateRange, required: true, description: "UTC days, at most 366." }),
      bucket: t.arg({
        type: CalendarBucketEnum,
        required: true,
        defaultValue: "DAY",
        description:
          "Only DAY: counts of different people are never added up. Longer buckets are BAD_USER_INPUT; the message names the field or query that counts the people of a week, a month or the range.",
      }),
      ...incompleteArg,
      ...enterpriseArg,
    },
    ...ofEnterprise("activity by day"),
    requests: ({ range }, ctx) => activityDays.requests(ctx, range),
    resolve: async (_root, { range: rangeInput, bucket, incomplete }, ctx, info) => {
      refuseSums(bucket);
      const { range } = windowsOf(activitySummaries, resolveRange(rangeInput, ctx.now()), ctx.now());
      const counted = await activityDays.read(ctx, range);
      const newest = counted.at(-1)?.date ?? "";
      const uncounted = splitByDay(range).filter((day) => day.from > newest);
      const days: readonly SeriesDay[] = [...counted, ...uncounted.map((day) => notCounted(day.from))];
      const { shown = [], leftOut = [] } = Object.groupBy(days, (day) =>
        isInSeries(day, incomplete) ? "shown" : "leftOut",
      );
      warnLeftOut(ctx, info, leftOut);
      return shown;
    },
  }),
);

function isInSeries(day: SeriesDay, incomplete: Incomplete): boolean {
  return day.isCounted === false ? incomplete === "INCLUDE" : isShown(day, incomplete);
}

/** Warns of days that are not in the series: a shorter one reads like a shorter range. */
function warnLeftOut(ctx: Context, info: GraphQLResolveInfo, days: readonly SeriesDay[]): void {
  if (days.length === 0) return;
  const leftOut = days.map((day) => ({ date: day.date, reason: uncountedReason(day) ?? "PARTLY_COUNTED" }));
  const [first, last] = [leftOut[0]?.date, leftOut.at(-1)?.date];
  const reasons = [...new Set(leftOut.map(({ reason }) => UNCOUNTED[reason]))].join(" ");
  ctx.warn({
    code: "DAYS_LEFT_OUT",
    message: `${first === last ? first : `${first} to ${last}`}: left out. ${reasons} \`incomplete: INCLUDE\` shows every day, with the reason in \`uncounted\`.`,
    path: pathToArray(info.path),
    days: leftOut,
  });
}

function notCounted(date: Day): SeriesDay {
  return {
    date,
    state: "OPEN",
    isSeated: true,
    isCounted: false,
    all: { daily: null, weekly: null, monthly: null },
    seats: null,
    pendingInvites: null,
    dailyAdoption: null,
    weeklyAdoption: null,
    monthlyAdoption: null,
    scienceEntitled: null,
    products: [],
  };
}
