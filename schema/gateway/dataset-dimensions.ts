import { isParent } from "../../src/analytics/children.ts";
import { probeRequests, productsOf } from "../../src/analytics/datasets.ts";
import { organizationOfKey } from "../../src/analytics/organizations.ts";
import { dimensionsKnown, peopleIn } from "../../src/analytics/report/sources.ts";
import type { Context } from "../../src/context.ts";
import { conditionsOf, type FieldCondition, fieldsWithout } from "../../src/planning/conditions.ts";
import type { DatasetEndpoint } from "../../src/upstream/dataset-endpoints.ts";
import { namesOfParent, type ReportNames } from "../../src/upstream/dimension-names.ts";
import { RECORD_FILTERS } from "../claude-code/record-filter.ts";
import { builder } from "../framework/builder.ts";
import { BucketEnum } from "../framework/series.ts";
import { filterNamesOf } from "../money/report-filter.ts";
import { DatasetInfo } from "./dataset.ts";

const FieldConditionType = builder.objectRef<FieldCondition>("FieldCondition").implement({
  description:
    "A condition under which a field of rows has a value. It is null otherwise, or BAD_USER_INPUT if its description says so.",
  fields: (t) => ({
    field: t.exposeString("field", { description: "The field, such as `CostBucket.model`." }),
    groupedBy: t.exposeString("groupedBy", {
      nullable: true,
      description: "The dimension that rows have to be grouped by. Null: any or none.",
    }),
    notGroupedBy: t.exposeStringList("notGroupedBy", {
      description: "The dimensions that rows must not be grouped by.",
    }),
    maxDays: t.exposeInt("maxDays", {
      nullable: true,
      description: "Maximum number of days of the query. Null: any number.",
    }),
  }),
});

/** The dimensions that a dataset can be split by. */
function dimensionsOf(ctx: Context, endpoint: DatasetEndpoint): readonly string[] {
  const report = reportFor(ctx, endpoint);
  return report === undefined ? (endpoint.groupBy ?? []) : dimensionsKnown(report);
}

/** The dimensions and filters of a report that the organization has. */
function reportFor(ctx: Context, { report, key }: DatasetEndpoint): ReportNames | undefined {
  return report && isParent({ ctx, kind: organizationOfKey(key) }) ? namesOfParent(report) : report;
}

builder.objectFields(DatasetInfo, (t) => ({
  buckets: t.field({
    type: [BucketEnum],
    description:
      "Bucket lengths that it supports; WEEK and MONTH are composed of them. Empty: rows are not split by time.",
    resolve: ({ buckets = [] }) => [...buckets],
  }),
  groupBy: t.stringList({
    description: "The dimensions it can be split by, as `groupBy` takes them.",
    resolve: (endpoint, _args, ctx) => [...dimensionsOf(ctx, endpoint)],
  }),
  maxGroupBy: t.int({
    nullable: true,
    description: "Maximum number of dimensions at once, besides COST_TYPE and TOKEN_TYPE. Null: any number.",
    resolve: ({ report }) => report?.maxGroups ?? null,
  }),
  filters: t.stringList({
    description: "The lists of `filter` that it supports.",
    resolve: (endpoint, _args, ctx) => {
      const { filters = {}, dataset } = endpoint;
      const report = reportFor(ctx, endpoint);
      if (dataset === "CLAUDE_CODE") return [...RECORD_FILTERS]; // upstream has none: the gateway selects records
      return report === undefined ? Object.keys(filters) : filterNamesOf(report);
    },
  }),
  exclusive: t.field({
    type: t.listRef(t.listRef("String")),
    description:
      "Pairs of dimensions that exclude one another: rows split by the first can be neither split by the second nor filtered on it. Of USER_ACTIVITY, pairs of filters.",
    resolve: ({ report, dataset }) => {
      if (dataset === "USER_ACTIVITY") return [["projects", "groups"]];
      const teams = report && peopleIn(report) === "USER" ? [["GROUP", "TEAM"]] : [];
      return [...(report?.apart ?? []), ...teams].map((pair) => [...pair]);
    },
  }),
  conditions: t.field({
    type: [FieldConditionType],
    description: "The fields of its rows that have a value in some queries only.",
    resolve: (endpoint, _args, ctx, { schema }) => [
      ...conditionsOf(schema, endpoint.dataset, dimensionsOf(ctx, endpoint)),
    ],
  }),
  lacks: t.stringList({
    description: "The fields of its rows that are always null, such as `CostBucket.list` of the Console.",
    resolve: ({ dataset }, _args, _ctx, { schema }) => [...fieldsWithout(schema, dataset)],
  }),
  products: t.stringList({
    requests: (_input, ctx) => probeRequests(ctx),
    nullable: true,
    description:
      "The products the organization reports on the newest day, of engagement datasets: a block about another, such as `chatCowork` without `chat_cowork_unified`, is null because the organization does not have it. It uses the request of `latest`. Null: another dataset, or not enabled.",
    resolve: async (endpoint, _args, ctx) => {
      const products = await productsOf(ctx, endpoint);
      return products && [...products];
    },
  }),
}));
