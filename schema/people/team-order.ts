import { costReport } from "../../src/analytics/cost.ts";
import { rankedBy } from "../../src/analytics/ranking.ts";
import { activityOfTeam, codeOfTeam, spendOfTeam } from "../../src/analytics/team-figures.ts";
import type { Context } from "../../src/context.ts";
import type { Decimal } from "../../src/domain/decimal.ts";
import { placementKey } from "../../src/domain/team.ts";
import { permissionsOf } from "../../src/domain/viewer.ts";
import { GatewayError } from "../../src/errors.ts";
import { overCounted } from "../../src/loaders/activity/counted-range.ts";
import { isGranted, refusal } from "../../src/planning/permissions.ts";
import type { PlanInput, Requires } from "../../src/planning/plan.ts";
import { userActivity } from "../../src/upstream/endpoints/users.ts";
import type { FieldRequests } from "../../src/upstream/plan.ts";
import { builder } from "../framework/builder.ts";
import { OrderDirectionEnum } from "../framework/order.ts";
import type { TeamOver } from "./team.ts";
import { teamSpendRequests } from "./team-figures.ts";

/** A figure that teams can be ordered by. */
interface TeamMeasure {
  readonly description: string;
  /** An order tells of the figures it goes by. Left out: no more than the list. */
  readonly requires?: Requires;
  /** Null: none. Throws FORBIDDEN where the viewer does not see that of the team. */
  readonly of: (team: TeamOver, ctx: Context) => Promise<number | Decimal | null>;
  readonly requests: (input: PlanInput, ctx: Context) => FieldRequests | readonly FieldRequests[];
}

async function activeIn({ placement, range }: TeamOver, ctx: Context) {
  return overCounted(userActivity, range, true, ctx, (counted) =>
    activityOfTeam(ctx, { range: counted }).load(placementKey(placement)),
  );
}

/** Where the figures of an order come from. */
export const ORDER_SOURCES = ["USER_ACTIVITY", "CLAUDE_CODE", ...costReport.datasets] as const;

const MEASURES = {
  COST: {
    description: "Net cost.",
    requires: ["spend:read", "spendOfTeam"],
    of: async ({ placement, organization, range, overlap }, ctx) => {
      const spend = await spendOfTeam(ctx, { organization, range, overlap }).load(placementKey(placement));
      return spend?.net.cents ?? null;
    },
    requests: teamSpendRequests,
  },
  ACTIVE_USERS: {
    description: "Different people with activity.",
    of: async (team, ctx) => (await activeIn(team, ctx))?.people ?? null,
    requests: ({ range }, ctx) => activityOfTeam.requests(ctx, range),
  },
  CHAT_MESSAGES: {
    description: "Messages sent in chat.",
    of: async (team, ctx) => (await activeIn(team, ctx))?.activity.chat.messages ?? null,
    requests: ({ range }, ctx) => activityOfTeam.requests(ctx, range),
  },
  COMMITS: {
    description: "Commits of Claude Code records.",
    of: async ({ placement, range }, ctx) =>
      (await codeOfTeam(ctx, { range }).load(placementKey(placement)))?.commits ?? null,
    requests: ({ range }, ctx) => codeOfTeam.requests(ctx, range),
  },
} as const satisfies Record<string, TeamMeasure>;

const TeamOrderField = builder.enumType("TeamOrderField", {
  description: "Figures that teams can be ordered by, over the range of the list.",
  values: MEASURES,
});

export const TeamOrder = builder.inputType("TeamOrder", {
  description:
    "Sort order of teams. It takes the upstream requests of the figure for all teams, as the figure itself does. Teams without the figure come last; ties are ordered by id.",
  fields: (t) => ({
    field: t.field({ type: TeamOrderField, required: true, description: "Figure to order by." }),
    direction: t.field({ type: OrderDirectionEnum, description: "By default DESC." }),
  }),
});

export type TeamOrderInput = typeof TeamOrder.$inferInput;

/** The upstream requests that an order takes. */
export function orderRequests(
  order: TeamOrderInput | null | undefined,
  input: PlanInput,
  ctx: Context,
): readonly FieldRequests[] {
  return order ? [MEASURES[order.field].requests(input, ctx)].flat() : [];
}

/** Throws FORBIDDEN where the viewer sees none of the figures of an order. */
export function requireOrder({ viewer }: Context, { field }: TeamOrderInput): void {
  const { requires }: TeamMeasure = MEASURES[field];
  if (requires !== undefined && !isGranted(requires, permissionsOf(viewer)))
    throw refusal(viewer, requires, `\`orderBy: { field: ${field} }\``);
}

/** Teams by a figure. One that the viewer does not see counts as none. */
export async function orderedTeams(
  ctx: Context,
  teams: readonly TeamOver[],
  { field, direction }: TeamOrderInput,
) {
  const { of }: TeamMeasure = MEASURES[field];
  const measured = await Promise.all(
    teams.map(async (team) => ({ team, measure: await shownOrNull(of(team, ctx)) })),
  );
  const ranked = await rankedBy(
    measured,
    ({ measure }) => measure,
    ({ team }) => placementKey(team.placement),
    ctx.upstream.turn,
    direction !== "ASC",
  );
  return ranked.map(({ row, id }) => ({ row: row.team, id }));
}

async function shownOrNull<Figure>(figure: Promise<Figure | null>): Promise<Figure | null> {
  try {
    return await figure;
  } catch (fault) {
    if (fault instanceof GatewayError && fault.code === "FORBIDDEN") return null;
    throw fault;
  }
}
