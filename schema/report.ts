import { personByConsoleId } from "../src/analytics/join.ts";
import {
  type GatewayRow,
  planReport,
  type Report,
  type ReportPlan,
  rankReport,
  type Source,
  walkReport,
} from "../src/analytics/report.ts";
import type { Context } from "../src/context.ts";
import { dimensionKey } from "../src/domain/bucket.ts";
import type { Person } from "../src/domain/person.ts";
import type { DayRange } from "../src/domain/range.ts";
import type { BucketWidth, Dimension, Filter, FilterDimension } from "../src/domain/report.ts";
import { badInput } from "../src/errors.ts";
import { apiKeyById, workspaceById } from "../src/loaders/console.ts";
import { mapPages } from "../src/upstream/walk.ts";
import { ApiKey } from "./api-key.ts";
import { builder, dateTime } from "./builder.ts";
import { type Connection, connect, connectRanking, type Slice } from "./connection.ts";
import { FinalityEnum } from "./freshness.ts";
import { DateRange, type DateRangeInput, resolveRange } from "./range.ts";
import { User } from "./user.ts";
import { Workspace } from "./workspace.ts";

/** A row of a report with the range of the question, which its people inherit. */
export type ReportNode<Measure> = GatewayRow<Measure> & { readonly range: DayRange };

const BucketEnum = builder.enumType("Bucket", {
  description: "Length of a time bucket.",
  values: {
    NONE: { description: "No buckets: one row per group for the whole range, largest first." },
    DAY: { description: "UTC days." },
    HOUR: { description: "Hours." },
    MINUTE: { description: "Minutes; many upstream requests for more than a few hours." },
  } satisfies { [W in BucketWidth]: { description: string } },
});

export const SourceEnum = builder.enumType("Source", {
  description: "Which organization's reports answer. The two are never added together.",
  values: {
    AUTO: {
      description:
        "The Enterprise organization where there is a key for it and it knows the dimensions asked for, else the Console.",
    },
    ENTERPRISE: { description: "The Enterprise organization." },
    CONSOLE: { description: "The Console organization (Claude API)." },
  } satisfies { [S in Source | "AUTO"]: { description: string } },
});

/** The arguments of a report; `groupBy` and `filter` differ by report. */
export const reportArgs = builder.args((t) => ({
  range: t.field({
    type: DateRange,
    required: true,
    description: "UTC days, however many; asked of upstream month by month.",
  }),
  bucket: t.field({
    type: BucketEnum,
    defaultValue: "DAY",
    description: "Length of a bucket.",
  }),
  source: t.field({
    type: SourceEnum,
    defaultValue: "AUTO",
    description: "Which organization's reports answer.",
  }),
}));

/** What can be asked of any report. */
export interface ReportArgs extends Slice {
  readonly range: DateRangeInput;
  readonly bucket?: BucketWidth | null | undefined;
  readonly source?: Source | "AUTO" | null | undefined;
  readonly groupBy?: readonly Dimension[] | null | undefined;
  readonly filter?: { readonly [name: string]: readonly string[] | null | undefined } | null | undefined;
}

/** The names filters go by in the graph. */
const FILTERS = {
  users: "USER",
  products: "PRODUCT",
  models: "MODEL",
  contextWindows: "CONTEXT_WINDOW",
  inferenceGeos: "INFERENCE_GEO",
  speeds: "SPEED",
  serviceTiers: "SERVICE_TIER",
  workspaces: "WORKSPACE",
  apiKeys: "API_KEY",
  groups: "GROUP",
  slackChannels: "SLACK_CHANNEL",
  claudeTagCategories: "CLAUDE_TAG_CATEGORY",
  claudeTagUsers: "CLAUDE_TAG_USER",
} as const satisfies Record<string, FilterDimension>;

/** The filter of one report; the lists are the same, the sources that know them are not. */
export function reportFilter(name: "CostFilter" | "UsageFilter") {
  return builder.inputType(name, {
    description:
      "Which usage to count: any value of each list, all of the lists. Sources differ in the lists they know; the error says which.",
    fields: (t) => ({
      users: t.stringList({ description: "People, by `user_...` id of the source's organization." }),
      products: t.stringList({ description: "Products, such as `chat` or `claude_code`." }),
      models: t.stringList({ description: "Models by name." }),
      contextWindows: t.stringList({ description: "Context-window price tiers, such as `0-200k`." }),
      inferenceGeos: t.stringList({
        description: "Inference regions, such as `us`; `not_available` for none.",
      }),
      speeds: t.stringList({ description: "`fast` or `standard`." }),
      serviceTiers: t.stringList({ description: "Service tiers, such as `standard` or `batch`." }),
      workspaces: t.stringList({ description: "Workspaces, by `wrkspc_...` id." }),
      apiKeys: t.stringList({ description: "API keys, by `apikey_...` id." }),
      slackChannels: t.stringList({ description: "Slack channels of Claude Tag usage, by id." }),
      claudeTagCategories: t.stringList({
        description: "Kinds of Claude Tag usage, such as `dm` or `engaged`.",
      }),
      claudeTagUsers: t.stringList({ description: "Slack users behind Claude Tag usage, by id." }),
      groups: t.stringList({ description: "RBAC groups by id; membership on the day of use counts." }),
    }),
  });
}

/** What an answer to a report says beside its rows. */
interface ReportAnswer<Measure> extends Connection<ReportNode<Measure>> {
  readonly plan: ReportPlan<Measure>;
}

/** The plan behind a connection of a report; the type of connections has no room for it. */
export function planOf<Measure>(answer: object): ReportPlan<Measure> {
  return (answer as ReportAnswer<Measure>).plan;
}

/** One report question, answered as a connection: a series by time, or a ranking where there are no buckets. */
export async function answerReport<Measure>(
  ctx: Context,
  report: Report<Measure>,
  field: string,
  { range: asked, bucket: width, source, groupBy, filter, first, after }: ReportArgs,
): Promise<ReportAnswer<Measure>> {
  const slice = { first, after };
  const bucket = width ?? "DAY";
  const question = {
    range: resolveRange(asked, ctx.now()),
    bucket,
    groupBy: [...new Set(groupBy ?? [])].sort(),
    filter: filterOf(filter),
  };
  const anySource = (source ?? "AUTO") === "AUTO";
  const sources = report.sources.filter((each) => anySource || each.source === source);
  const plan = planReport(ctx.upstream, { ...report, sources }, question, ctx.now());
  const { range } = plan.windows;
  const asQuestion = { field, range, dataset: plan.dataset, args: { ...question, range: null } };
  const node = (row: GatewayRow<Measure>): ReportNode<Measure> => ({ ...row, range });
  if (bucket !== "NONE") {
    const walk = mapPages(walkReport(ctx.upstream, plan), ({ rows }) => rows.map(node));
    return { ...(await connect(ctx, slice, asQuestion, walk, subjectOf)), plan };
  }
  const rank = async () => {
    const { ranked, sources: pages } = await rankReport(ctx.upstream, plan);
    return { ranked: ranked.map((each) => ({ ...each, row: node(each.row) })), sources: pages };
  };
  return { ...(await connectRanking(ctx, slice, asQuestion, rank)), plan };
}

function subjectOf(row: GatewayRow<unknown>): readonly unknown[] {
  return [row.from, dimensionKey(row), row.isRemainder];
}

/** The most values upstream takes in one list. */
const MAX_VALUES = 100;

function filterOf(filter: ReportArgs["filter"]): Filter {
  const lists = Object.entries(FILTERS).flatMap(([name, dimension]) => {
    const values = filter?.[name];
    if (values === null || values === undefined) return [];
    // Sent without an entry, a list would not be sent at all, and everything would be counted.
    if (values.length === 0 || values.length > MAX_VALUES)
      throw badInput(
        `\`filter.${name}\` has ${values.length} values; it takes 1 to ${MAX_VALUES}. Leave it out to count all.`,
      );
    return [[dimension, [...new Set(values)].sort()]];
  });
  return Object.fromEntries(lists);
}

/** What every bucket says of who, what and when. */
export const Bucketed = builder.interfaceRef<ReportNode<unknown>>("ReportBucket").implement({
  description:
    "One group in one time bucket of a report. A dimension is null where the query did not group by it, or where the group has no value.",
  fields: (t) => ({
    from: t.field({
      type: "DateTime",
      description: "Start of the bucket.",
      resolve: (row) => dateTime(row.from),
    }),
    until: t.field({
      type: "DateTime",
      description: "End of the bucket, not included.",
      resolve: (row) => dateTime(row.until),
    }),
    isRemainder: t.exposeBoolean("isRemainder", {
      description:
        "Whether the row stands for all groups that upstream left out because it keeps only a bucket's hundred largest.",
    }),
    state: t.expose("state", { type: FinalityEnum, description: "Whether the figures can still change." }),
    product: t.exposeString("product", {
      nullable: true,
      description: "Product, such as `chat`; new names may appear. Group by PRODUCT.",
    }),
    model: t.exposeString("model", { nullable: true, description: "Model. Group by MODEL." }),
    contextWindow: t.exposeString("contextWindow", {
      nullable: true,
      description: "Context-window price tier. Group by CONTEXT_WINDOW.",
    }),
    inferenceGeo: t.exposeString("inferenceGeo", {
      nullable: true,
      description: "Inference region; null where unset. Group by INFERENCE_GEO.",
    }),
    speed: t.exposeString("speed", { nullable: true, description: "`fast` or `standard`. Group by SPEED." }),
    serviceTier: t.exposeString("serviceTier", {
      nullable: true,
      description: "Service tier. Group by SERVICE_TIER.",
    }),
    groupId: t.exposeString("groupId", {
      nullable: true,
      description: "RBAC group; people in several count fully in each. Group by GROUP.",
    }),
    slackChannelId: t.exposeString("slackChannelId", {
      nullable: true,
      description: "Slack channel; null outside Slack. Group by SLACK_CHANNEL.",
    }),
    claudeTagCategory: t.exposeString("claudeTagCategory", {
      nullable: true,
      description:
        "Kind of Claude Tag usage, such as `dm`; null outside Claude Tag. Group by CLAUDE_TAG_CATEGORY.",
    }),
    claudeTagUserId: t.exposeString("claudeTagUserId", {
      nullable: true,
      description: "Slack user behind Claude Tag usage, not a Claude user id. Group by CLAUDE_TAG_USER.",
    }),
    serviceAccountId: t.exposeString("serviceAccountId", {
      nullable: true,
      description: "Service account. Group by SERVICE_ACCOUNT.",
    }),
    user: t.field({
      type: User,
      nullable: true,
      description: "Person. Group by USER.",
      resolve: (row, _args, ctx) => personOf(row, ctx),
    }),
    workspace: t.field({
      type: Workspace,
      nullable: true,
      description: "Workspace. Group by WORKSPACE.",
      resolve: ({ workspaceId }, _args, ctx) =>
        workspaceId === null ? null : workspaceById(ctx, {}).load(workspaceId),
    }),
    apiKey: t.field({
      type: ApiKey,
      nullable: true,
      description: "API key. Group by API_KEY.",
      resolve: ({ apiKeyId }, _args, ctx) => (apiKeyId === null ? null : apiKeyById(ctx, {}).load(apiKeyId)),
    }),
  }),
});

function personOf(
  { user, accountId, range }: ReportNode<unknown>,
  ctx: Context,
): Person | Promise<Person> | null {
  if (user !== null) return { organization: "ENTERPRISE", ...user, range };
  return accountId === null ? null : personByConsoleId(ctx, accountId, range);
}
