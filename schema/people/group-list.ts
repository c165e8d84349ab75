import { isGroupShown } from "../../src/loaders/groups.ts";
import { rangeOfActivity, resolveActivityRange } from "../../src/planning/range-input.ts";
import { rowsWanted } from "../../src/planning/rows.ts";
import { groups } from "../../src/upstream/endpoints/groups.ts";
import { mapPages, pagesOf } from "../../src/upstream/pages/iterate.ts";
import { requestsFor } from "../../src/upstream/plan.ts";
import { builder } from "../framework/builder.ts";
import { connect, forward } from "../framework/connection.ts";
import { enterpriseArg, ofEnterprise } from "../framework/organization.ts";
import { DateRange } from "../framework/range.ts";
import { type GroupOver, GroupSummary, groupNode } from "./group.ts";

const GroupSummaryConnection = builder.connectionObject(
  { type: GroupSummary, name: "GroupSummaryConnection", description: "Groups, in upstream's order." },
  { name: "GroupSummaryEdge", description: "A group and its cursor." },
);

builder.queryField("groups", (t) =>
  t.field({
    requires: ["activity:read"],
    type: GroupSummaryConnection,
    nullable: true,
    description:
      "RBAC groups of the Enterprise organization, with their figures over the range. Errors: NOT_CONFIGURED, CURSOR_*, UPSTREAM_*.",
    sources: ["GROUPS"],
    args: {
      range: t.arg({
        type: DateRange,
        required: true,
        defaultValue: { period: "LAST_30_DAYS" },
        description:
          "The UTC days that figures cover; ignored without figures. A range relative to now ends with the newest day that upstream can have aggregated; `range` states the days.",
      }),
      ...enterpriseArg,
      ...forward,
    },
    range: rangeOfActivity,
    ...ofEnterprise("groups"),
    requests: ({ args }) => requestsFor(groups, [{}], rowsWanted(args)),
    resolve: (_root, { range: rangeInput, ...slice }, ctx) => {
      const range = resolveActivityRange(rangeInput, ctx.now());
      const run = mapPages(pagesOf(ctx.upstream, groups, [{}]), async ({ rows }) => {
        const shown = await Promise.all(rows.map(({ groupId }) => isGroupShown(ctx, groupId)));
        return rows.filter((_, i) => shown[i]).map((group): GroupOver => ({ ...groupNode(group), range }));
      });
      const question = { field: "groups", range, dataset: "GROUPS" } as const;
      return connect(ctx, slice, question, run, ({ groupId }) => groupId);
    },
  }),
);
