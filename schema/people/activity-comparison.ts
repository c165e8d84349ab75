import type { UserActivityRow } from "../../src/domain/activity.ts";
import { rangeBefore } from "../../src/domain/comparison.ts";
import { isEmpty } from "../../src/domain/range.ts";
import { activityOfUser, partOfActivity } from "../../src/loaders/user-activity.ts";
import { rangeOfActivity, resolveActivityRange } from "../../src/planning/range-input.ts";
import {
  type ComparedUse,
  compareArg,
  comparisonType,
  count,
  requestsBefore,
} from "../engagement/comparison.ts";
import { personFigures, personOver, refuseOtherDays } from "./user.ts";

const UserComparison = comparisonType<UserActivityRow>(
  "UserActivityComparison",
  "Activity of a person compared with another period. Estimated counts are left out.",
  {
    chatMessages: count("Messages sent in chat. Additive.", ({ chat }) => chat.messages),
    coworkMessages: count("Messages sent in Cowork. Additive.", ({ cowork }) => cowork.messages),
    commits: count("Commits made with Claude Code. Additive.", ({ claudeCode }) => claudeCode.commits),
    pullRequests: count(
      "Pull requests made with Claude Code. Additive.",
      ({ claudeCode }) => claudeCode.pullRequests,
    ),
    linesAdded: count("Lines added with Claude Code. Additive.", ({ claudeCode }) => claudeCode.linesAdded),
    linesRemoved: count(
      "Lines removed with Claude Code. Additive.",
      ({ claudeCode }) => claudeCode.linesRemoved,
    ),
    webSearches: count("Web searches. Additive.", ({ webSearches }) => webSearches),
  },
);

personFigures((t, range) => ({
  activityComparison: t.field({
    requires: ["activity:read", "own", "peopleOfTeam"],
    type: UserComparison,
    nullable: true,
    description:
      "Activity of the person over the range, compared with another period. A range relative to now ends with the newest aggregated day. In a row of `users` the list's `filter` by groups or projects applies. Null: no activity over the range, or the person is not in the Enterprise organization. One run of upstream pages of the compared period for all rows of a list. NOT_COVERED, naming the first covered day, if it lies before that.",
    sources: ["USER_ACTIVITY"],
    args: { ...range, ...compareArg },
    range: rangeOfActivity,
    requests: ({ args, range, type }, ctx) => [
      ...(type === "UserSummary" ? [] : [activityOfUser.requests(range, ctx)]),
      ...requestsBefore(partOfActivity.endpoint, range, args.to, ctx),
    ],
    resolve: async (person, { range: own, to }, ctx): Promise<ComparedUse<UserActivityRow> | null> => {
      if (person.organization !== "ENTERPRISE") return null;
      const { range: after, filter, activity, userId } = personOver(person, own, ctx, resolveActivityRange);
      const range = rangeBefore(to, after);
      refuseOtherDays(person, range, ctx);
      const [now, before] = await Promise.all([
        activity ?? activityOfUser(ctx, { range: after }).load(userId),
        isEmpty(range) ? null : partOfActivity(ctx, { range, filter }).load(userId),
      ]);
      return now && { range, now, before: before?.rows[0] ?? null };
    },
  }),
}));
