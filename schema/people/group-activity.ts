import type { Context } from "../../src/context.ts";
import type { GroupActivity as GroupActivityShape } from "../../src/domain/activity.ts";
import type { ByGroup } from "../../src/domain/engagement.ts";
import type { DayRange } from "../../src/domain/range.ts";
import { isShownOf } from "../../src/domain/viewer.ts";
import { unseen } from "../../src/errors.ts";
import { overCounted } from "../../src/loaders/activity/counted-range.ts";
import { activityOfGroup } from "../../src/loaders/engagement-parts.ts";
import { isRelative, rangeOfActivity, resolveRange } from "../../src/planning/range-input.ts";
import { activityByGroup } from "../../src/upstream/endpoints/users.ts";
import { collect, pagesOf } from "../../src/upstream/pages/iterate.ts";
import { windowsOf } from "../../src/upstream/pages/windows.ts";
import { requestsFor, requestsOverDays } from "../../src/upstream/plan.ts";
import { UserActivity } from "../engagement/activity.ts";
import { GroupPart } from "../engagement/parts.ts";
import { builder } from "../framework/builder.ts";
import { enterpriseArg, ofEnterprise } from "../framework/organization.ts";
import { COUNTED_DAYS, DateRange } from "../framework/range.ts";
import { groupFigures, groupOver } from "./group.ts";

const GroupActivity = builder.objectRef<ByGroup<GroupActivityShape>>("GroupActivity").implement({
  description: "Activity of the members of one group over a range, added up.",
  interfaces: [GroupPart],
  fields: (t) => ({
    users: t.expose("people", {
      type: "Count",
      nullable: true,
      description:
        "Different members who were active. Recounted exactly over the range; not additive. Null: not measured.",
    }),
    activity: t.field({
      type: UserActivity,
      description: "Their activity, added up. Counts of different things are not additive over people.",
      resolve: (row) => row,
    }),
  }),
});

groupFigures((t, range) => ({
  activity: t.field({
    requires: ["activity:read"],
    type: GroupActivity,
    nullable: true,
    description:
      "Activity of the members over the range, aggregated by upstream; membership at the time counts. Null: no active members. One run of upstream pages for all groups of a list.",
    sources: ["USER_ACTIVITY"],
    args: range,
    range: rangeOfActivity,
    requests: ({ range }, ctx) => requestsOverDays(activityOfGroup.endpoint, range, ctx),
    resolve: async (group, { range: own }, ctx) => {
      const { groupId, range } = groupOver(group, own, ctx);
      const found = await activityOfGroup(ctx, { range, filter: {} }).load(groupId);
      const [row] = found?.rows ?? [];
      if (row !== undefined && !isShownOf(ctx.viewer, row.people)) throw unseen("Activity of so few people");
      return row ?? null;
    },
  }),
}));

function questionsOver(range: DayRange, { now }: Context) {
  return windowsOf(activityByGroup, range, now()).ranges.map((window) => ({ range: window }));
}

builder.queryField("activityByGroup", (t) =>
  t.field({
    requires: ["activity:read"],
    type: [GroupActivity],
    nullable: true,
    description:
      "Activity of the members of each RBAC group over the range, most active people first. People without a group are the row without one. Errors: BAD_USER_INPUT, NOT_COVERED, NOT_YET_AVAILABLE, UPSTREAM_*.",
    sources: ["USER_ACTIVITY"],
    args: {
      range: t.arg({
        type: DateRange,
        required: true,
        description: `UTC days, at most 366. ${COUNTED_DAYS}`,
      }),
      ...enterpriseArg,
    },
    ...ofEnterprise("activity of groups"),
    requests: ({ range }, ctx) => requestsFor(activityByGroup, questionsOver(range, ctx)),
    resolve: async (_root, { range: rangeInput }, ctx) => {
      const groups = async (range: DayRange) => {
        const { rows } = await collect(pagesOf(ctx.upstream, activityByGroup, questionsOver(range, ctx)));
        return rows
          .filter(({ people }) => isShownOf(ctx.viewer, people))
          .toSorted((a, b) => (b.people ?? 0) - (a.people ?? 0));
      };
      return overCounted(
        activityByGroup,
        resolveRange(rangeInput, ctx.now()),
        isRelative(rangeInput),
        ctx,
        groups,
      );
    },
  }),
);
