import { nameOf } from "../../src/analytics/organizations.ts";
import { rankedBy } from "../../src/analytics/ranking.ts";
import { lastCountedDays, type Seats, seatRequests, seatsOver } from "../../src/analytics/seats.ts";
import type { Context } from "../../src/context.ts";
import type { Member } from "../../src/domain/organization.ts";
import type { Person } from "../../src/domain/person.ts";
import { type SeatCost, type SeatPrice, seatCost } from "../../src/domain/seat-price.ts";
import { builder } from "../framework/builder.ts";
import { connectRanking, forward } from "../framework/connection.ts";
import { AssumedMoney, spendOnly } from "../framework/money.ts";
import { enterpriseArg, ofEnterprise } from "../framework/organization.ts";
import { User } from "./user.ts";

/** Facts about an answer beside its rows; the type of connections has no room for them. */
function seatsOf(answer: object): Seats {
  return (answer as { readonly seats: Seats }).seats;
}

const SeatCostType = builder.objectRef<SeatCost>("SeatCost").implement({
  description:
    "Monthly cost of seats at the operator's prices (SEAT_PRICES_FILE), by the roles that members have now.",
  fields: (t) => ({
    perMonth: t.expose("perMonth", {
      type: AssumedMoney,
      description:
        "Sum of the monthly prices of the seats that have one. Exact; assumed, and never part of a bill. Additive over people.",
    }),
    priced: t.expose("priced", { type: "Count", description: "Seats in `perMonth`. Exact; not additive." }),
    unpriced: t.expose("unpriced", {
      type: "Count",
      description: "Seats without a price, which are not in `perMonth`. Exact; not additive.",
    }),
  }),
});

/** The operator's prices of the seats of the context's Enterprise organization. */
function seatPricesOf(ctx: Context): readonly SeatPrice[] {
  const name = nameOf(ctx, "ENTERPRISE");
  return ctx.seatPrices.filter(({ organization }) => organization === name);
}

const assumed = (what: string, membersIn: (seats: Seats) => readonly Member[]) =>
  ({
    ...spendOnly(SeatCostType),
    description: `Assumed monthly cost of ${what}. Null: the operator states no prices for the organization.`,
    resolve: (answer: object, _args: object, ctx: Context) =>
      seatCost(membersIn(seatsOf(answer)), seatPricesOf(ctx)),
  }) as const;

const IdleSeatConnection = builder.connectionObject(
  {
    type: User,
    name: "IdleSeatConnection",
    description:
      "Members without activity for some days, earliest joined first. `members` is the sum of `activeMembers`, `newMembers` and the idle members.",
    fields: (t) => ({
      members: t.int({
        description: "Current members of the organization. Exact; not additive.",
        resolve: (answer) => {
          const { active, idle, joinedSince } = seatsOf(answer);
          return active.length + idle.length + joinedSince.length;
        },
      }),
      activeMembers: t.int({
        description: "Members with any activity in the days. Exact; not additive.",
        resolve: (answer) => seatsOf(answer).active.length,
      }),
      newMembers: t.int({
        description:
          "Members without activity who joined only after the first of the days, so they were not idle on all of them. Exact; not additive.",
        resolve: (answer) => seatsOf(answer).joinedSince.length,
      }),
      idleCost: t.field(assumed("the seats of the idle members", ({ idle }) => idle)),
      seatCost: t.field(
        assumed("the seats of all members", ({ active, idle, joinedSince }) => [
          ...active,
          ...idle,
          ...joinedSince,
        ]),
      ),
    }),
  },
  { name: "IdleSeatEdge", description: "An idle member and its cursor." },
);

builder.queryField("idleSeats", (t) =>
  t.field({
    requires: ["people"],
    type: IdleSeatConnection,
    nullable: true,
    description:
      "Current members of the Enterprise organization with no activity in any product for `days` days, which end with the newest complete day; `range` states them. Two upstream requests per 1,000 people, and one for the newest day. Errors: BAD_USER_INPUT, NOT_COVERED, NOT_YET_AVAILABLE, NOT_CONFIGURED, CURSOR_INVALID, UPSTREAM_*.",
    sources: ["ENTERPRISE_MEMBERS", "USER_ACTIVITY", "ACTIVITY_SUMMARIES"],
    args: {
      days: t.arg.int({
        required: true,
        defaultValue: 30,
        description: "Number of days without activity, 1 to 366.",
      }),
      ...enterpriseArg,
      ...forward,
    },
    ...ofEnterprise("seats"),
    requests: ({ args }, ctx) => seatRequests(ctx, args.days),
    resolve: async (_root, { days, ...slice }, ctx) => {
      const range = await lastCountedDays(ctx, days);
      const list = { field: "idleSeats", range, dataset: "USER_ACTIVITY" } as const;
      return connectRanking(ctx, slice, list, async () => {
        const seats = await seatsOver(ctx, range);
        const ranked = await rankedBy(
          seats.idle,
          // The day one joined on is a hint who one is.
          ({ addedAt }) => (ctx.viewer.identity === "full" ? addedAt : null),
          ({ userId }) => userId,
          ctx.upstream.turn,
          false,
        );
        return { ranked, sources: seats.sources, nodeOf: personOf, facts: { seats } };
      });
    },
  }),
);

function personOf({ userId }: Member): Person {
  return { organization: "ENTERPRISE", userId };
}
