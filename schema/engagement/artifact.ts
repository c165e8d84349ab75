import type { GraphQLResolveInfo } from "graphql";
import type { Context } from "../../src/context.ts";
import type { ArtifactCell, ArtifactDimension } from "../../src/domain/artifact.ts";
import type { Person } from "../../src/domain/person.ts";
import type { DayRange } from "../../src/domain/range.ts";
import { isShownOf } from "../../src/domain/viewer.ts";
import { countedDays, mayBeUncounted } from "../../src/loaders/activity/aggregated-days.ts";
import { statedRange } from "../../src/loaders/activity/counted-range.ts";
import { newestDayRequests } from "../../src/loaders/activity/last-days.ts";
import type { Requires } from "../../src/planning/plan.ts";
import { isRelative, type RangeInput, resolveRange } from "../../src/planning/range-input.ts";
import { rowsWanted } from "../../src/planning/rows.ts";
import { artifactActivity } from "../../src/upstream/endpoints/artifacts.ts";
import { mapPages, pagesOf } from "../../src/upstream/pages/iterate.ts";
import { windowsOf } from "../../src/upstream/pages/windows.ts";
import { requestsFor } from "../../src/upstream/plan.ts";
import { builder } from "../framework/builder.ts";
import { connect, forward, type Slice } from "../framework/connection.ts";
import { enterpriseArg, ofEnterprise } from "../framework/organization.ts";
import { requirePermission } from "../framework/permission.ts";
import { COUNTED_DAYS, DateRange } from "../framework/range.ts";
import { splitBy, warnUngrouped } from "../framework/selection.ts";
import { Group, groupOf, ofGroups } from "../people/group.ts";
import { User } from "../people/user.ts";
import { sumField } from "./activity.ts";
import { EngagementFilter, type EngagementFilterInput, engagementFilterOf } from "./filter.ts";

const ArtifactDimensionEnum = builder.enumType("ArtifactDimension", {
  description: "Dimensions of artifacts besides day, type and sharing.",
  values: {
    PRODUCT: { description: "Product they were created in." },
    GROUP: {
      description:
        "RBAC group of the creator at the time. People in several groups count fully in each, so rows can add up to more than the total.",
    },
    USER: { description: "Creator.", requires: ["individuals"] },
  } satisfies { [D in ArtifactDimension]: { description: string; requires?: Requires } },
});

/** Artifacts of a list, with what its rows are grouped by. */
type ArtifactRow = ArtifactCell & { readonly groupedBy: readonly ArtifactDimension[] };

const ArtifactActivity = builder.objectRef<ArtifactRow>("ArtifactActivity").implement({
  description:
    "Artifacts of one type, shared or not, created on one UTC day, split by the other dimensions of the query. Claude Code and Cowork artifacts count as `text/html`, and only from 2026-08-17 on.",
  sources: ["ARTIFACT_ACTIVITY"],
  fields: (t) => ({
    date: t.expose("date", { type: "Date", description: "The day." }),
    artifactType: t.exposeString("type", {
      description: "MIME type, such as `text/markdown`, or `other`; new types may appear.",
    }),
    isShared: t.exposeBoolean("isShared", {
      description: "True if anyone other than the creator has ever been able to open them.",
    }),
    created: t.expose("created", sumField("Artifacts created.")),
    publishedCreated: t.expose(
      "publishedCreated",
      sumField("Artifacts of these that anyone with the link can open."),
    ),
    users: t.expose("users", {
      type: "Count",
      description:
        "Different people who created them. Exact; not additive over days, types or sharing; upstream does not count them over longer ranges.",
    }),
    product: t.exposeString(
      "product",
      splitBy("PRODUCT", "Product, such as `chat`; new names may appear. Null: not stated."),
    ),
    groupId: t.exposeString("groupId", splitBy("GROUP", "RBAC group. Null: people without a group.")),
    groupName: t.exposeString("groupName", splitBy("GROUP", "Its name. Null: the group is gone.")),
    group: t.field({
      type: Group,
      ...splitBy("GROUP", "The group. Null: people without a group."),
      ...ofGroups,
      resolve: ({ groupId }, _args, ctx) => (groupId === null ? null : groupOf(ctx, groupId)),
    }),
    user: t.field({
      requires: ["individuals"],
      type: User,
      ...splitBy("USER", "Creator. Null: upstream links the artifacts to no member."),
      resolve: ({ userId }): Person | null =>
        userId === null ? null : { organization: "ENTERPRISE", userId },
    }),
  }),
});

const ArtifactConnection = builder.connectionObject(
  {
    type: ArtifactActivity,
    name: "ArtifactActivityConnection",
    description:
      "Artifacts created by day, type and sharing, oldest day first. Combinations without artifacts have no row.",
  },
  { name: "ArtifactActivityEdge", description: "Artifacts of one kind and day and its cursor." },
);

interface ArtifactArgs extends Slice {
  readonly range: RangeInput;
  readonly groupBy?: readonly ArtifactDimension[] | null | undefined;
  readonly filter?: EngagementFilterInput | null | undefined;
}

function particularsOf(ctx: Context, { groupBy, filter }: ArtifactArgs) {
  if (groupBy?.includes("USER")) requirePermission(ctx, "individuals", "`groupBy: [USER]`");
  return {
    groupBy: [...new Set(groupBy ?? [])].sort(),
    filter: engagementFilterOf(ctx, "artifacts", artifactActivity, filter),
  };
}

function questionsOf(particulars: ReturnType<typeof particularsOf>, days: readonly DayRange[]) {
  return days.map((day) => ({ range: day, ...particulars }));
}

builder.queryField("artifacts", (t) =>
  t.field({
    requires: ["activity:read"],
    type: ArtifactConnection,
    nullable: true,
    description: `Artifacts created, day by day; each day is one upstream request. ${COUNTED_DAYS} Errors: BAD_USER_INPUT, NOT_COVERED, NOT_YET_AVAILABLE, CURSOR_*, TOO_EXPENSIVE, UPSTREAM_*.`,
    sources: ["ARTIFACT_ACTIVITY", "ACTIVITY_SUMMARIES"],
    args: {
      range: t.arg({ type: DateRange, required: true, description: "UTC days." }),
      groupBy: t.arg({ type: [ArtifactDimensionEnum], description: "Further dimensions to split rows by." }),
      filter: t.arg({ type: EngagementFilter, description: "Artifacts to include." }),
      ...enterpriseArg,
      ...forward,
    },
    ...ofEnterprise("artifacts"),
    requests: ({ args, range }, ctx) => {
      const { ranges } = windowsOf(artifactActivity, range, ctx.now());
      const [newest] = ranges.slice(-1);
      return [
        ...(newest !== undefined && mayBeUncounted(newest, ctx) ? [newestDayRequests(ctx)] : []),
        requestsFor(artifactActivity, questionsOf(particularsOf(ctx, args), ranges), rowsWanted(args)),
      ];
    },
    resolve: (_root, args, ctx, info) => connectArtifacts(ctx, args, info),
  }),
);

/** The days to read: those of the range that upstream has counted. */
async function artifactDays(ctx: Context, rangeInput: RangeInput) {
  const canShorten = isRelative(rangeInput);
  const resolved = resolveRange(rangeInput, ctx.now());
  const { range, ranges } = windowsOf(
    artifactActivity,
    canShorten ? resolved : statedRange(resolved, ctx.now(), "ARTIFACT_ACTIVITY"),
    ctx.now(),
  );
  return { range, days: await countedDays(artifactActivity, ranges, canShorten, ctx) };
}

/** Answers with the artifacts of the counted days of the range. */
async function connectArtifacts(ctx: Context, args: ArtifactArgs, info: GraphQLResolveInfo) {
  const { first, after } = args;
  const particulars = particularsOf(ctx, args);
  const { filter, groupBy } = particulars;
  warnUngrouped(ctx, info, groupBy);
  const { range, days } = await artifactDays(ctx, args.range);
  const run = mapPages(pagesOf(ctx.upstream, artifactActivity, questionsOf(particulars, days)), ({ rows }) =>
    rows
      .filter(({ users }) => isShownOf(ctx.viewer, users))
      .map((row): ArtifactRow => ({ ...row, groupedBy: groupBy })),
  );
  // By the range requested, so that a cursor outlives the day that is aggregated meanwhile.
  const question = {
    field: "artifacts",
    range,
    dataset: "ARTIFACT_ACTIVITY",
    args: { filter, groupBy },
  } as const;
  const cells = await connect(ctx, { first, after }, question, run, (cell) => [
    cell.date,
    cell.type,
    cell.isShared,
    cell.product,
    cell.groupId,
    cell.userId,
  ]);
  return { ...cells, range: { from: range.from, until: days.at(-1)?.until ?? range.until } };
}
