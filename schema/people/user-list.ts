import type { Context } from "../../src/context.ts";
import type { UserActivityRow } from "../../src/domain/activity.ts";
import type { EngagementFilterValues as Filter } from "../../src/domain/engagement.ts";
import type { PersonOver } from "../../src/domain/person.ts";
import type { DayRange } from "../../src/domain/range.ts";
import { userActivity } from "../../src/upstream/endpoints/users.ts";
import { type EngagementFilterInput, engagementFilterOf, UserFilter } from "../engagement/filter.ts";
import { type EngagementArgs, engagement, engagementArgs, engagementRequests } from "../engagement/list.ts";
import { builder } from "../framework/builder.ts";
import { countedBy } from "../framework/measured-id.ts";
import { engagementOrder, type NodeOrder } from "../framework/order.ts";
import { enterpriseArg, ofEnterprise } from "../framework/organization.ts";
import { UserSummary } from "./user.ts";

/** Rows that stand for several people are not among them. */
function personOf(activity: UserActivityRow, range: DayRange, filter: Filter): PersonOver | null {
  const { userId } = activity;
  return userId === null
    ? null
    : { organization: "ENTERPRISE", userId, range, filter: countedBy(filter, ["users"]), activity };
}

const UserOrder = engagementOrder<PersonOver>(
  "User",
  { field: "EMAIL", description: "By email, or by pseudonym for callers who see pseudonyms." },
  {
    CHAT_MESSAGES: {
      description: "Messages sent in chat.",
      of: ({ activity }) => activity?.chat.messages ?? null,
    },
    COWORK_MESSAGES: {
      description: "Messages sent in Cowork.",
      of: ({ activity }) => activity?.cowork.messages ?? null,
    },
    CODE_SESSIONS: {
      description: "Sessions of Claude Code.",
      of: ({ activity }) => activity?.claudeCode.sessions ?? null,
    },
    COMMITS: {
      description: "Commits made with Claude Code.",
      of: ({ activity }) => activity?.claudeCode.commits ?? null,
    },
    PULL_REQUESTS: {
      description: "Pull requests made with Claude Code.",
      of: ({ activity }) => activity?.claudeCode.pullRequests ?? null,
    },
    LINES_ADDED: {
      description: "Lines added with Claude Code.",
      of: ({ activity }) => activity?.claudeCode.linesAdded ?? null,
    },
    WEB_SEARCHES: { description: "Web searches.", of: ({ activity }) => activity?.webSearches ?? null },
  },
);

interface UserArgs extends Omit<EngagementArgs<PersonOver>, "filter" | "order"> {
  readonly filter?: EngagementFilterInput | null | undefined;
  readonly orderBy?: typeof UserOrder.input.$inferInput | null | undefined;
}

function stated(args: UserArgs, ctx: Context): EngagementArgs<PersonOver> {
  const filter = engagementFilterOf(ctx, "users", userActivity, args.filter);
  const order = UserOrder.orderOf(args.orderBy, ctx);
  const isByEmail = order === undefined || order.measure === null;
  return { ...args, filter, order: isByEmail && ctx.viewer.identity !== "full" ? BY_PSEUDONYM : order };
}

/** The position of a person in an order by address reveals the address. */
const BY_PSEUDONYM: NodeOrder<PersonOver> = { field: "EMAIL", descending: false, measure: () => null };

const UserSummaryConnection = builder.connectionObject(
  {
    type: UserSummary,
    name: "UserSummaryConnection",
    description: "People, with their figures over a range.",
  },
  { name: "UserSummaryEdge", description: "A person and its cursor." },
);

export const userListArgs = {
  ...builder.args((t) => ({
    filter: t.field({ type: UserFilter, description: "Activity to include." }),
    orderBy: t.field({
      type: UserOrder.input,
      description: "Sort order; by default by email.",
    }),
  })),
  ...enterpriseArg,
  ...engagementArgs,
};

builder.queryField("users", (t) =>
  t.field({
    requires: ["people"],
    type: UserSummaryConnection,
    nullable: true,
    description:
      "People with activity in the range, by email by default, one row per person for any range. Errors: BAD_USER_INPUT, NOT_COVERED, NOT_YET_AVAILABLE, CURSOR_INVALID, CURSOR_EXPIRED, UPSTREAM_*.",
    sources: ["USER_ACTIVITY"],
    args: userListArgs,
    ...ofEnterprise("active people"),
    requests: ({ args }, ctx) => engagementRequests(ctx, userActivity, stated(args, ctx)),
    resolve: (_root, args, ctx) =>
      engagement(ctx, userActivity, "users", stated(args, ctx), personOf, ({ userId }) => userId),
  }),
);
