import { probeRequests, productsOf } from "../../src/analytics/datasets.ts";
import { dimensionsKnown, peopleIn } from "../../src/analytics/report/sources.ts";
import { RECORD_FILTERS } from "../claude-code/record-filter.ts";
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
    resolve: ({ report, filters = {}, dataset }) => {
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
