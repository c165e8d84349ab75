import { probeRequests, productsOf } from "../../src/analytics/datasets.ts";
import { dimensionsKnown } from "../../src/analytics/report/sources.ts";
import { builder } from "../framework/builder.ts";
import { BucketEnum } from "../framework/series.ts";
import { filterNamesOf } from "../money/report-filter.ts";
import { DatasetInfo } from "./dataset.ts";

builder.objectFields(DatasetInfo, (t) => ({
  buckets: t.field({
    type: [BucketEnum],
    description:
      "Bucket lengths that it supports; WEEK and MONTH are composed of them. Empty: rows are not split by time.",
    resolve: ({ buckets = [] }) => [...buckets],
  }),
  groupBy: t.stringList({
    description: "The dimensions it can be split by, as `groupBy` takes them.",
    resolve: ({ report, groupBy = [] }) => (report === undefined ? [...groupBy] : dimensionsKnown(report)),
  }),
  maxGroupBy: t.int({
    nullable: true,
    description: "Maximum number of dimensions at once, besides COST_TYPE and TOKEN_TYPE. Null: any number.",
    resolve: ({ report }) => report?.maxGroups ?? null,
  }),
  filters: t.stringList({
    description: "The lists of `filter` that it supports.",
    resolve: ({ report, filters = {} }) =>
      report === undefined ? Object.keys(filters) : filterNamesOf(report),
  }),
  exclusive: t.field({
    type: t.listRef(t.listRef("String")),
    description: "Pairs of dimensions that exclude one another, in `groupBy` and `filter` alike.",
    resolve: ({ report, dataset }) => {
      if (dataset === "USER_ACTIVITY") return [["projects", "groups"]];
      return report?.apart?.map((pair) => [...pair]) ?? [];
    },
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
