import { rankedBy } from "../../src/analytics/ranking.ts";
import type { Context } from "../../src/context.ts";
import { compare, type Decimal, decimalOf } from "../../src/domain/decimal.ts";
import {
  isMeasured,
  isOutageOfReadings,
  limitStateOf,
  remainingOf,
  shareOf,
} from "../../src/domain/spend-limit.ts";
import { badInput } from "../../src/errors.ts";
import { limitsRead, type SpendLimitReading } from "../../src/loaders/spend-limits.ts";
import { spendLimits } from "../../src/upstream/endpoints/spend-limits.ts";
import { collect } from "../../src/upstream/pages/iterate.ts";
import { requestsFor } from "../../src/upstream/plan.ts";
import { builder } from "../framework/builder.ts";
import { connectRanking, forward } from "../framework/connection.ts";
import { OrderDirectionEnum } from "../framework/order.ts";
import { enterpriseArg, ofEnterprise } from "../framework/organization.ts";
import { LimitLevelEnum, LimitStateEnum, levelOf, SpendLimit } from "./spend-limit.ts";

const ORDERS = {
  SHARE: {
    description: "Share of the limit that is spent. A limit of 0 counts as spent in full.",
    of: (row: SpendLimitReading) =>
      limitStateOf(row) === "REACHED" ? (shareOf(row) ?? decimalOf(1)) : shareOf(row),
  },
  LIMIT: {
    description: "The limit.",
    of: ({ limit }: SpendLimitReading) => limit?.minorUnits ?? null,
  },
  SPENT: {
    description: "Spend since the period began.",
    of: (row: SpendLimitReading) => (isMeasured(row) ? row.reading.minorUnits : null),
  },
  REMAINING: {
    description: "What is left of the limit.",
    of: (row: SpendLimitReading) => remainingOf(row)?.minorUnits ?? null,
  },
} as const satisfies Record<string, { description: string; of: (row: SpendLimitReading) => Decimal | null }>;

const SpendLimitOrderField = builder.enumType("SpendLimitOrderField", {
  description: "Orders of spend limits. Rows without the measure come last; ties are ordered by id.",
  values: ORDERS,
});

const SpendLimitOrder = builder.inputType("SpendLimitOrder", {
  description: "Sort order of spend limits.",
  fields: (t) => ({
    field: t.field({ type: SpendLimitOrderField, required: true, description: "Measure to order by." }),
    direction: t.field({ type: OrderDirectionEnum, description: "By default DESC." }),
  }),
});

const SpendLimitFilter = builder.inputType("SpendLimitFilter", {
  description: "Spend limits to include: those that match any value of each list, and all lists.",
  fields: (t) => ({
    users: t.stringList({
      description: "Members by `user_...` id, at most 100. Only these are requested of upstream.",
    }),
    periods: t.stringList({ description: "Kinds of period: `daily`, `weekly`, `monthly`." }),
    levels: t.field({ type: [LimitLevelEnum], description: "Levels that limits come from." }),
    states: t.field({
      type: [LimitStateEnum],
      description: "By default all but UNLIMITED; `unlimited` counts those that are left out.",
    }),
    minShare: t.float({
      description:
        "The least share of the limit that is spent, such as 0.8. A limit of 0 counts as spent in full.",
    }),
  }),
});

type Filter = typeof SpendLimitFilter.$inferInput;

/** Facts about an answer beside its rows. */
interface Facts {
  readonly unlimited: number;
  readonly isReadingOutage: boolean | null;
}

function factsOf(answer: object): Facts {
  return (answer as { readonly facts: Facts }).facts;
}

const SpendLimitConnection = builder.connectionObject(
  {
    type: SpendLimit,
    name: "SpendLimitConnection",
    description: "Spend limits of members, closest to the limit first.",
    fields: (t) => ({
      unlimited: t.int({
        description:
          "Rows that match the filter and have no limit, which are listed only by `states: [UNLIMITED]`. Exact; not additive.",
        resolve: (answer) => factsOf(answer).unlimited,
      }),
      isReadingOutage: t.boolean({
        nullable: true,
        description:
          "True if upstream reads 0 for every monthly limit on another day than the first of a month. Assume that spend could not be read. Null: `filter.users` restricts the members, and few do not show it.",
        resolve: (answer) => factsOf(answer).isReadingOutage,
      }),
    }),
  },
  { name: "SpendLimitEdge", description: "A spend limit and its cursor." },
);

const MAX_IDS = 100;

function usersIn(filter: Filter | null | undefined): readonly string[] | null {
  const users = filter?.users;
  if (users === null || users === undefined) return null;
  if (users.length === 0 || users.length > MAX_IDS)
    throw badInput(
      `\`filter.users\` has ${users.length} values; it must have 1 to ${MAX_IDS}. Omit it to include all.`,
    );
  return [...new Set(users)].sort();
}

/** Returns the test of a filter without its people and states. */
function matches({ periods, levels, minShare }: Filter) {
  // Parsed by its shortest text: 0.1 of a client is a tenth.
  const least = minShare === null || minShare === undefined ? null : shareFrom(minShare);
  return (row: SpendLimitReading): boolean => {
    if (periods && !periods.includes(row.period)) return false;
    if (levels && !levels.includes(levelOf(row.source))) return false;
    if (least === null) return true;
    const share = ORDERS.SHARE.of(row);
    return share !== null && compare(share, least) >= 0;
  };
}

function shareFrom(share: number): Decimal {
  if (share >= 0 && share <= 1_000) return { units: BigInt(Math.round(share * 1e9)), scale: 9 };
  throw badInput(`\`filter.minShare\` is ${share}; it must be from 0 to 1000.`);
}

const LISTED = ["BELOW", "REACHED", "UNKNOWN"] as const;

async function limitsBy(ctx: Context, filter: Filter) {
  const users = usersIn(filter);
  const isWanted = matches(filter); // refuses an invalid filter before anything is requested
  const { rows, sources } = await collect(limitsRead(ctx, users));
  const found = rows.filter(isWanted);
  const states: readonly string[] = filter.states ?? LISTED;
  const listed = found.filter((row) => states.includes(limitStateOf(row)));
  const facts: Facts = {
    unlimited: found.filter((row) => limitStateOf(row) === "UNLIMITED").length,
    isReadingOutage: users === null ? isOutageOfReadings(rows, ctx.now()) : null,
  };
  return { listed, facts, sources };
}

builder.queryField("spendLimits", (t) =>
  t.field({
    requires: ["limits"],
    type: SpendLimitConnection,
    nullable: true,
    description:
      "Spend limits of the current members of the Enterprise organization, closest to the limit first, one row for each member and kind of period that has one. Upstream has no such order, so all members are read: one upstream request per 1,000. Errors: BAD_USER_INPUT, NOT_CONFIGURED, NOT_ENTITLED, CURSOR_INVALID, CURSOR_EXPIRED, UPSTREAM_*.",
    sources: ["SPEND_LIMITS"],
    args: {
      filter: t.arg({ type: SpendLimitFilter, description: "Limits to include." }),
      orderBy: t.arg({
        type: SpendLimitOrder,
        description: "Sort order; by default the largest share first.",
      }),
      ...enterpriseArg,
      ...forward,
    },
    ...ofEnterprise("spend limits"),
    requests: ({ args }, ctx) =>
      requestsFor(
        spendLimits,
        [{ userIds: usersIn(args.filter) }],
        null,
        [],
        ctx.upstream.sizeOf("SPEND_LIMITS").pages,
      ),
    async resolve(_root, { filter, orderBy, ...slice }, ctx) {
      const { field = "SHARE", direction } = orderBy ?? {};
      const list = {
        field: "spendLimits",
        range: null,
        dataset: "SPEND_LIMITS",
        args: { filter: filter ?? {}, field, direction: direction ?? "DESC" },
      } as const;
      return connectRanking(ctx, slice, list, async () => {
        const { listed, facts, sources } = await limitsBy(ctx, filter ?? {});
        const ranked = await rankedBy(
          listed,
          ORDERS[field].of,
          ({ userId, period }) => `${userId} ${period}`,
          ctx.upstream.turn,
          direction !== "ASC",
        );
        return { ranked, sources, nodeOf: (row: SpendLimitReading) => row, facts: { facts } };
      });
    },
  }),
);
