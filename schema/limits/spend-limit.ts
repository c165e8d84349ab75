import type { Context } from "../../src/context.ts";
import { compare, ZERO } from "../../src/domain/decimal.ts";
import type { SpendAmounts } from "../../src/domain/money.ts";
import type { Person } from "../../src/domain/person.ts";
import {
  isMeasured,
  type LimitSource,
  limitStateOf,
  remainingOf,
  resetOf,
  shareOf,
} from "../../src/domain/spend-limit.ts";
import type { SpendLimitReading } from "../../src/loaders/spend-limits.ts";
import { costOfUser } from "../../src/loaders/user-totals.ts";
import { resolveRange } from "../../src/planning/range-input.ts";
import { builder, dateTime } from "../framework/builder.ts";
import { Spend, spendOrOwn } from "../framework/money.ts";
import { Actor } from "../people/actor.ts";
import { Group, groupOf, ofGroups } from "../people/group.ts";
import { asReadable } from "../people/own-person.ts";
import { User } from "../people/user.ts";
import { LimitAmount } from "./amount.ts";

const LEVELS = {
  OWN: { type: "user", description: "Set for the member alone." },
  GROUP: {
    type: "rbac_group",
    description: "An RBAC group. The limit is each member's own, not a common sum.",
  },
  SEAT_TIER: { type: "seat_tier", description: "A seat tier. The limit is each member's own." },
  SERVICE: { type: "organization_service", description: "A service of the organization." },
  ORGANIZATION: { type: "organization", description: "The organization's default for each member." },
} as const;

type Level = keyof typeof LEVELS | "OTHER";

export const LimitLevelEnum = builder.enumType("SpendLimitLevel", {
  description: "Level that a spend limit comes from.",
  values: {
    ...LEVELS,
    OTHER: { description: "A level that this gateway does not know yet; `type` names it." },
  } satisfies Record<Level, { description: string }>,
});

export function levelOf({ type }: LimitSource): Level {
  const levels = Object.keys(LEVELS) as (keyof typeof LEVELS)[];
  return levels.find((level) => LEVELS[level].type === type) ?? "OTHER";
}

export const LimitStateEnum = builder.enumType("SpendLimitState", {
  description: "How spend stands to a limit.",
  values: {
    BELOW: { description: "Less than the limit is spent." },
    REACHED: { description: "The limit is spent or passed. A limit of 0 is always reached." },
    UNKNOWN: { description: "Upstream reads 0, which it also does while spend cannot be read." },
    UNLIMITED: { description: "No limit for this kind of period." },
  } satisfies Record<ReturnType<typeof limitStateOf>, { description: string }>,
});

const SpendReadingEnum = builder.enumType("SpendReading", {
  description: "What is known of the spend behind a limit.",
  values: {
    MEASURED: { description: "Upstream reads spend above 0." },
    NOTHING_SPENT: {
      description: "Upstream reads 0, and the cost reports have no spend of the person in the period either.",
    },
    UNAVAILABLE: {
      description:
        "Upstream reads 0 although the cost reports have spend in the period: it could not be read.",
    },
    UNKNOWN: {
      description: "Upstream reads 0: nothing was spent, or it could not be read. It is not a proof of room.",
    },
  },
});

const SpendLimitSource = builder.objectRef<LimitSource>("SpendLimitSource").implement({
  description: "The level that a spend limit comes from. Upstream decides which level applies.",
  fields: (t) => ({
    level: t.field({ type: LimitLevelEnum, description: "The level.", resolve: levelOf }),
    type: t.exposeString("type", { description: "Upstream's name of the level; new ones may appear." }),
    groupId: t.exposeString("groupId", {
      requires: ["limits", "own"], // a team lead reads of no group: it can be another team
      nullable: true,
      description: "Id of the group. Null: no group.",
    }),
    group: t.field({
      requires: ["limits", "own"],
      type: Group,
      nullable: true,
      description: "The group. Null: the limit is from no group.",
      ...ofGroups,
      resolve: ({ groupId }, _args, ctx) => (groupId === null ? null : groupOf(ctx, groupId)),
    }),
    seatTier: t.exposeString("seatTier", {
      nullable: true,
      description: "Seat tier, such as `enterprise_standard`; new ones may appear. Null: no seat tier.",
    }),
    service: t.exposeString("service", {
      nullable: true,
      description: "Service; its names are not published. Null: no service.",
    }),
    workspaceId: t.exposeString("workspaceId", {
      nullable: true,
      description: "Workspace. Not expected on Enterprise organizations. Null: no workspace.",
    }),
  }),
});

/** The period in which a limit can be compared with the cost reports: upstream says of months alone when they begin. */
function comparedRange(now: number) {
  return resolveRange({ period: "MONTH_TO_DATE" }, now);
}

/** A reading beside the cost of the same period. */
interface ComparisonShape {
  readonly reading: "MEASURED" | "NOTHING_SPENT" | "UNAVAILABLE" | "UNKNOWN";
  readonly cost: SpendAmounts | null;
}

async function comparisonOf(row: SpendLimitReading, ctx: Context): Promise<ComparisonShape> {
  const { period, userId } = row;
  const isCompared = period === "monthly" && userId !== null;
  const cost = isCompared ? await costOfUser(ctx, { range: comparedRange(ctx.now()) }).load(userId) : null;
  if (isMeasured(row)) return { reading: "MEASURED", cost };
  if (!isCompared) return { reading: "UNKNOWN", cost };
  const isSpent = cost !== null && compare(cost.net.cents, ZERO) > 0;
  return { reading: isSpent ? "UNAVAILABLE" : "NOTHING_SPENT", cost };
}

const SpendComparison = builder.objectRef<ComparisonShape>("SpendComparison").implement({
  description:
    "A reading of spend beside the cost reports of the same person and month. Clock, currency and basis differ, so the two do not reconcile.",
  fields: (t) => ({
    reading: t.expose("reading", {
      type: SpendReadingEnum,
      description:
        "What the reading and the cost reports say together. UNKNOWN for a reading of 0 in other periods than months, since upstream does not say when they begin.",
    }),
    cost: t.expose("cost", {
      ...spendOrOwn(Spend),
      description:
        "Cost of the person in the current month by the cost reports. Additive over people. Null: not a monthly limit, or no spend recorded.",
    }),
  }),
});

export const SpendLimit = builder.objectRef<SpendLimitReading>("SpendLimit").implement({
  description:
    "What one member may spend in one kind of period, and what is spent of it, as upstream reads it at `readAt`. Upstream resolves each kind of period by itself, so one person's can come from different levels. An organization-wide ceiling can stop a member earlier and is not in it.",
  fields: (t) => ({
    user: t.field({
      type: User,
      nullable: true,
      description: "The member. Null: the row is about no person; none such is known.",
      resolve: ({ userId }, _args, ctx): Person | null | Promise<Person> =>
        userId === null ? null : asReadable(ctx, { organization: "ENTERPRISE", userId }),
    }),
    actor: t.field({
      type: Actor,
      description: "The member as the reading shows them; without an address if the account is deleted.",
      resolve: ({ actor }) => ({ ...actor, organization: "ENTERPRISE" as const }),
    }),
    period: t.exposeString("period", {
      description: "Kind of period: `daily`, `weekly` or `monthly`; new ones may appear.",
    }),
    state: t.field({
      type: LimitStateEnum,
      description: "How spend stands to the limit.",
      resolve: limitStateOf,
    }),
    limit: t.expose("limit", {
      type: LimitAmount,
      nullable: true,
      description:
        "The limit. Null: no limit for this kind of period, which is the opposite of a limit of 0. Not additive.",
    }),
    spent: t.field({
      type: LimitAmount,
      nullable: true,
      description:
        "Spent since the period began; informational. Additive over people. Null: upstream reads 0, which it also does while spend cannot be read; see `reading` and `comparison`.",
      resolve: (row) => (isMeasured(row) ? row.reading : null),
    }),
    reading: t.field({
      type: SpendReadingEnum,
      description: "What the reading alone says of spend: MEASURED or UNKNOWN.",
      resolve: (row) => (isMeasured(row) ? "MEASURED" : "UNKNOWN"),
    }),
    remaining: t.field({
      type: LimitAmount,
      nullable: true,
      description:
        "What is left of the limit, at least 0. Not additive. Null: no limit, or upstream reads 0 and may not have read it.",
      resolve: remainingOf,
    }),
    share: t.field({
      type: "Decimal",
      nullable: true,
      description:
        "`spent` divided by `limit`, rounded at 12 decimals; above 1 if the limit is passed. Not additive. Null: as `remaining`, and for a limit of 0.",
      resolve: shareOf,
    }),
    source: t.expose("source", {
      type: SpendLimitSource,
      description: "The level that the limit comes from.",
    }),
    spendLimitId: t.exposeString("spendLimitId", {
      description: "Id of the configured limit, `spl_...`. Members who inherit it share it.",
    }),
    resetsAt: t.field({
      type: "DateTime",
      nullable: true,
      description:
        "When the period ends: months end at midnight UTC. Null: upstream does not say when other kinds of period end.",
      resolve: (row) => dateTime(resetOf(row, row.readAt)),
    }),
    readAt: t.field({
      type: "DateTime",
      description: "When upstream was asked.",
      resolve: ({ readAt }) => dateTime(readAt),
    }),
    comparison: t.field({
      ...spendOrOwn(SpendComparison),
      description:
        "The reading compared with the cost reports: whether a reading of 0 means that nothing was spent. One run of upstream pages for all people of a list. Null only beside an error.",
      sources: ["USER_COST"],
      range: (_args, ctx) => comparedRange(ctx.now()),
      requests: (_input, ctx) => costOfUser.requests(comparedRange(ctx.now()), ctx),
      resolve: (row, _args, ctx) => comparisonOf(row, ctx),
    }),
  }),
});
