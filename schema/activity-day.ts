import { type Finality, finalityOf } from "../src/cache/policy.ts";
import type {
  ActivityDay as ActivityDayShape,
  ProductUsers as ProductUsersShape,
} from "../src/domain/activity.ts";
import { oneDay } from "../src/domain/range.ts";
import { activitySummaries } from "../src/upstream/endpoints/summaries.ts";
import { walkOf, wholeOf } from "../src/upstream/walk.ts";
import { windowsOf } from "../src/upstream/windows.ts";
import { builder } from "./builder.ts";
import { FinalityEnum } from "./freshness.ts";
import { DateRange, resolveRange } from "./range.ts";

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

const ActivityDay = builder
  .objectRef<ActivityDayShape & { readonly state: Finality }>("ActivityDay")
  .implement({
    description:
      "Organization-wide activity of one UTC day. Rolling counts undercount in early 2026, before data began. Source: ACTIVITY_SUMMARIES.",
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
      seats: t.expose("seats", people("Seats assigned.")),
      pendingInvites: t.expose("pendingInvites", people("Invites still open.")),
      dailyAdoption: t.exposeFloat("dailyAdoption", percentage("Daily active users of assigned seats.")),
      weeklyAdoption: t.exposeFloat("weeklyAdoption", percentage("Weekly active users of assigned seats.")),
      monthlyAdoption: t.exposeFloat(
        "monthlyAdoption",
        percentage("Monthly active users of assigned seats."),
      ),
      scienceEntitledUsers: t.expose("scienceEntitled", people("People entitled to Claude Science.")),
      products: t.expose("products", {
        type: [ProductUsers],
        description: "The same per product; products the organization does not report on are left out.",
      }),
      state: t.expose("state", { type: FinalityEnum, description: "Whether the figures can still change." }),
    }),
  });

builder.queryField("activity", (t) =>
  t.field({
    type: [ActivityDay],
    nullable: true,
    description:
      "Active people, seats and adoption per day, oldest first; days upstream has not aggregated yet are not among them. Source: ACTIVITY_SUMMARIES. Errors: NOT_COVERED, NOT_YET_AVAILABLE, UPSTREAM_*.",
    args: { range: t.arg({ type: DateRange, required: true, description: "UTC days, at most 366." }) },
    resolve: async (_root, { range }, ctx) => {
      const { pieces } = windowsOf(activitySummaries, resolveRange(range, ctx.now()), ctx.now());
      const walks = pieces.map((piece) => walkOf(ctx.upstream, activitySummaries, [{ range: piece }]));
      const { rows } = await wholeOf(ctx.upstream, walks);
      return rows.map((day) => ({
        ...day,
        state: finalityOf("activity", oneDay(day.date), ctx.now()),
      }));
    },
  }),
);
