import {
  closed,
  DATASET_ENTRIES,
  type DatasetEntry,
  earliestOf,
  latestOf,
  probeRequests,
  productsOf,
} from "../../src/analytics/datasets.ts";
import { organizationOfKey } from "../../src/analytics/organizations.ts";
import { CLOSED_REASONS, type ClosedReason, DATASETS } from "../../src/domain/dataset.ts";
import { organizationName } from "../../src/domain/organization.ts";
import { fieldsShowing } from "../../src/planning/sources.ts";
import { builder, dateTime } from "../framework/builder.ts";
import { DatasetEnum } from "../framework/freshness.ts";
import { BucketEnum } from "../framework/series.ts";
import { filterNamesOf } from "../money/report-filter.ts";

export const ClosedReasonEnum = builder.enumType("ClosedReason", {
  description: "Reasons why a dataset cannot be read.",
  values: Object.fromEntries(
    Object.entries(CLOSED_REASONS).map(([name, sentence]) => [
      name,
      { description: sentence.replace("{scope}", "it needs").replace(/^./, (first) => first.toUpperCase()) },
    ]),
  ) as { [R in ClosedReason]: { description: string } },
});

const DatasetInfo = builder.objectRef<DatasetEntry>("DatasetInfo").implement({
  description:
    "Queries that one dataset supports, and whether this gateway has access. Fields that take a request say so; one request answers for all datasets under the same right of a key, and is valid for an hour.",
  fields: (t) => ({
    dataset: t.field({
      type: DatasetEnum,
      description: "The dataset.",
      resolve: ({ endpoint }) => endpoint.dataset,
    }),
    description: t.string({
      description: "Content of the dataset.",
      resolve: ({ endpoint }) => DATASETS[endpoint.dataset].is,
    }),
    notIncluded: t.string({
      description: "Figures that a reader may expect in it but that it lacks.",
      resolve: ({ endpoint }) => DATASETS[endpoint.dataset].lacks,
    }),
    organization: t.string({
      description:
        "Organization of its figures, and of the key it needs, by the name that `organization` arguments take.",
      resolve: ({ endpoint }) => organizationName(organizationOfKey(endpoint.key)),
    }),
    scope: t.string({
      nullable: true,
      description: "The scope that an Enterprise key needs for it. Null: no scope is required.",
      resolve: ({ endpoint }) => endpoint.scope,
    }),
    fields: t.stringList({
      description: "The fields that show it, such as `Query.users`.",
      resolve: ({ endpoint }, _args, _ctx, { schema }) => [...fieldsShowing(schema, endpoint.dataset)],
    }),
    enabled: t.boolean({
      requests: (_input, ctx) => probeRequests(ctx),
      nullable: true,
      description:
        "True if upstream gives this gateway access. May take a request. Null with the reason UNAVAILABLE: upstream does not answer now, so it is unknown.",
      resolve: async (entry, _args, ctx) => {
        const why = await closed(ctx, entry);
        return why?.reason === "UNAVAILABLE" ? null : why === null;
      },
    }),
    reason: t.field({
      requests: (_input, ctx) => probeRequests(ctx),
      type: ClosedReasonEnum,
      nullable: true,
      description:
        "Reason why it cannot be read, from upstream's status. Sources differ in their statuses, so 401, 403 and 404 can stand for each other. May take a request. Null: it is enabled.",
      resolve: async (entry, _args, ctx) => (await closed(ctx, entry))?.reason ?? null,
    }),
    explanation: t.string({
      requests: (_input, ctx) => probeRequests(ctx),
      nullable: true,
      description: "The reason as a sentence, with what would give access. Null: it is enabled.",
      resolve: async (entry, _args, ctx) => {
        const why = await closed(ctx, entry);
        return why && sentence(why.why);
      },
    }),
    earliest: t.field({
      type: "Date",
      nullable: true,
      description: "The first UTC day that can be queried today. Null: it has no days.",
      resolve: (entry, _args, ctx) => earliestOf(entry, ctx.now()),
    }),
    latest: t.field({
      requests: (_input, ctx) => probeRequests(ctx),
      type: "Date",
      nullable: true,
      description:
        "The newest UTC day with data. For engagement datasets one request to upstream finds it. Null: it has no days, or is not enabled.",
      resolve: (entry, _args, ctx) => latestOf(ctx, entry),
    }),
    longestRange: t.int({
      nullable: true,
      description: "Maximum number of days of one query. Null: any number.",
      resolve: ({ endpoint: { coverage } }) => (coverage?.window === "none" ? coverage.maxDays : null),
    }),
    daysPerRequest: t.int({
      nullable: true,
      description:
        "Maximum number of days of one upstream request. Longer ranges take several, split at the first of each month if it is 31. Null: it has no days.",
      resolve: ({ endpoint: { coverage } }) => coverage?.maxDays ?? null,
    }),
    buckets: t.field({
      type: [BucketEnum],
      description:
        "Bucket lengths that it supports; WEEK and MONTH are composed of them. Empty: rows are not split by time.",
      resolve: ({ buckets }) => [...buckets],
    }),
    groupBy: t.stringList({
      description: "The dimensions it can be split by, as `groupBy` takes them.",
      resolve: ({ groupBy }) => [...groupBy],
    }),
    maxGroupBy: t.int({
      nullable: true,
      description:
        "Maximum number of dimensions at once, besides COST_TYPE and TOKEN_TYPE. Null: any number.",
      resolve: ({ report }) => report?.maxGroups ?? null,
    }),
    filters: t.stringList({
      description: "The lists of `filter` that it supports.",
      resolve: ({ report, filters }) => (report === null ? Object.keys(filters) : filterNamesOf(report)),
    }),
    exclusive: t.field({
      type: t.listRef(t.listRef("String")),
      description: "Pairs of dimensions that exclude one another, in `groupBy` and `filter` alike.",
      resolve: ({ report, endpoint }) => {
        if (endpoint.dataset === "USER_ACTIVITY") return [["projects", "groups"]];
        return report?.apart?.map((pair) => [...pair]) ?? [];
      },
    }),
    products: t.stringList({
      requests: (_input, ctx) => probeRequests(ctx),
      nullable: true,
      description:
        "The products the organization reports on the newest day, of engagement datasets: a block about another, such as `chatCowork` without `chat_cowork_unified`, is null because the organization does not have it. It uses the request of `latest`. Null: another dataset, or not enabled.",
      resolve: async (entry, _args, ctx) => {
        const products = await productsOf(ctx, entry);
        return products && [...products];
      },
    }),
    lag: t.string({
      description: "Delay of its figures, in words.",
      resolve: ({ endpoint }) => lagOf(endpoint),
    }),
    finalAfter: t.string({
      description: "When its figures become final, in words.",
      resolve: ({ endpoint }) => FINAL_AFTER[endpoint.subject],
    }),
    requestsLeft: t.int({
      nullable: true,
      description:
        "Upstream requests that can be sent now for it, within the limit per minute of its organization. Not additive over datasets: those of one key and kind share the limit, as replicas do. Null: the gateway has no key for it.",
      resolve: async ({ endpoint }, _args, { upstream }) =>
        upstream.has(endpoint.key) ? (await upstream.availability(endpoint, 0)).left : null,
    }),
    refreshedAt: t.field({
      type: "DateTime",
      nullable: true,
      description:
        "The newest export that upstream has answered from within the last hour. Null: none yet, or upstream does not state it.",
      resolve: ({ endpoint }, _args, ctx) =>
        dateTime(ctx.upstream.accessStatus(endpoint.dataset)?.refreshedAt ?? null),
    }),
  }),
});

const FINAL_AFTER = {
  activity: "30 days after the day.",
  money: "30 days after the day, and at least a week after its month has ended.",
  live: "Never: it is looked up as it is now.",
} as const;

function lagOf({ coverage, watermarked, dataset }: DatasetEntry["endpoint"]): string {
  if (coverage === null) return "None, but names and lists are cached for up to a day.";
  if (!coverage.today)
    return "About a day: a day is counted the next UTC morning and can change by a few percent afterwards.";
  if (watermarked) return "About four hours, at most a day.";
  return dataset === "CLAUDE_CODE" ? "About an hour." : "About five minutes.";
}

function sentence(text: string): string {
  return text.replace(/^./, (first) => first.toUpperCase());
}

builder.queryField("datasets", (t) =>
  t.field({
    authScopes: { "activity:read": true, operate: true },
    type: [DatasetInfo],
    description:
      "Every dataset behind this API: whether it is enabled and why not, its days, dimensions and limits, and what it lacks; enough to build a form of valid queries. At most eight upstream requests per hour, none without `enabled`, `reason`, `explanation`, `latest` or `products`.",
    resolve: () => Object.values(DATASET_ENTRIES),
  }),
);
